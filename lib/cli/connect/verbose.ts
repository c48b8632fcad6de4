/**
 * What happens to a client, in lines for stderr.
 *
 * @module
 */
import type { ClientEvent } from "../../mod.ts";
import { escapeJson } from "../escape.ts";
import { redactUrl } from "../redact.ts";

/** Headers that identify somebody. People show such output to others. */
const SECRET_HEADER = /^((?:proxy-)?authorization|cookie|set-cookie):.*/i;
/** Subprotocols that do: tokens, for want of a header that a page could set, and what a lost session is resumed with. */
const SECRET_PROTOCOL = /(?<=[:,]\s*(?:bearer|resume)\.)[^,\s]+/gi;

/**
 * Lines about an event: `>` before what is sent, `<` before what is received,
 * `*` before all else. Values of headers that hold secrets are left out.
 */
export function verboseLines(event: ClientEvent): string[] {
  switch (event.type) {
    case "connecting":
      return [`* Connecting to ${event.to}`];
    case "request":
      return headLines(event.head).map((line) => `> ${line}`);
    case "response":
      return headLines(event.head).map((line) => `< ${line}`);
    case "state":
      return [`* readyState ${event.readyState}`];
    case "frame":
      return [frameLine(event.frame)];
    case "buffered":
      return [
        event.bytes === 0
          ? "* bufferedAmount 0"
          : `* bufferedAmount ${event.bytes}: stdin waits for the server`,
      ];
    case "input-ended":
      return ["* stdin has ended"];
    case "retry":
      return [];
  }
}

/** What of it somebody at a prompt wants to know in any case. */
export function promptLines(event: ClientEvent): string[] {
  return event.type === "state" && event.readyState === "OPEN"
    ? ["Connected; Ctrl-D ends"]
    : [];
}

/** A line about another attempt, for everybody. */
export function retryLine(
  { message, inMs, wasOpen }: Extract<ClientEvent, { type: "retry" }>,
): string {
  return `${escapeJson(message)}; connecting again in ${
    (inMs / 1000).toFixed(1)
  } s${wasOpen ? "; what was sent last may not have arrived" : ""}`;
}

function headLines(head: string): string[] {
  return head.trimEnd().split("\r\n").map((line, index) =>
    escapeJson(
      index === 0
        ? line.replace(/(?<=^GET )\S+/, redactUrl)
        : withoutSecrets(line),
    )
  );
}

function withoutSecrets(line: string): string {
  return /^sec-websocket-protocol:/i.test(line)
    ? line.replaceAll(SECRET_PROTOCOL, "***")
    : line.replace(SECRET_HEADER, "$1: ***");
}

function frameLine(
  { type, direction, bytes, code, reason, rttMs }: Extract<
    ClientEvent,
    { type: "frame" }
  >["frame"],
): string {
  const mark = direction === "sent" ? ">" : "<";
  if (type === "close") {
    return `${mark} close ${code} ${escapeJson(reason ?? "")}`.trimEnd();
  }
  const time = rttMs === undefined ? "" : ` after ${rttMs.toFixed(1)} ms`;
  return `${mark} ${type} ${bytes} bytes${time}`;
}
