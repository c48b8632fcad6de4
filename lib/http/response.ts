/**
 * Answers of this server in its own words, and the headers its user adds.
 *
 * @module
 */
import { OptionError } from "../errors.ts";

/**
 * Headers to add to answers. Each is written like a header line: `Name: value`.
 * Refusals of a WebSocket carry none of them.
 *
 * @example
 * ```ts
 * import { handler } from "@websocketd/websocketd";
 *
 * handler({ command: "cat", headerWs: ["Server: mine"] });
 * ```
 */
export interface HeaderOptions {
  /** Added to the 101 answer of WebSocket handshakes and to plain HTTP answers. @default {[]} */
  readonly header?: readonly string[];
  /** Added to the 101 answer of WebSocket handshakes only. @default {[]} */
  readonly headerWs?: readonly string[];
  /** Added to plain HTTP answers only. @default {[]} */
  readonly headerHttp?: readonly string[];
}

/** A header's name and value. */
export type HeaderLine = readonly [name: string, value: string];

/** What the answer itself depends on: another value would break the connection. */
const OWN: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "sec-websocket-accept",
  "sec-websocket-extensions",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Reads header lines. Without a colon the value is empty; line breaks in a
 * value become spaces; characters are sent as UTF-8.
 *
 * @throws {OptionError} If a name is none (RFC 9110 §5.1) or is the server's own business, or a value has characters that a header cannot carry.
 */
export function parseHeaderLines(lines: readonly string[]): HeaderLine[] {
  return lines.map((line) => {
    const colon = line.indexOf(":");
    const name = (colon === -1 ? line : line.slice(0, colon)).trim();
    const value = colon === -1 ? "" : line.slice(colon + 1);
    if (OWN.has(name.toLowerCase())) {
      throw new OptionError(
        `Cannot use ${
          JSON.stringify(line)
        } as a header: the server sets ${name} itself`,
      );
    }
    const header: HeaderLine = [
      name,
      asBytes(value.replace(/[\r\n]+/g, " ").trim()),
    ];
    try {
      new Headers([header as [string, string]]);
    } catch (cause) {
      throw new OptionError(
        `Cannot use ${
          JSON.stringify(line)
        } as a header: write --header='Name: value', the name of letters, digits and dashes`,
        { cause },
      );
    }
    return header;
  });
}

/** Adds headers. One of the server's own with the same name gives way; several of the user's with one name are all sent. */
export function addHeaders(
  headers: Headers,
  lines: readonly HeaderLine[],
): void {
  for (const [name] of lines) headers.delete(name);
  for (const [name, value] of lines) headers.append(name, value);
}

/** An answer that is one sentence of text. */
export function textResponse(
  status: number,
  sentence: string,
  lines: readonly HeaderLine[] = [],
): Response {
  const headers = new Headers({
    "content-type": "text/plain; charset=utf-8",
    "x-content-type-options": "nosniff",
  });
  addHeaders(headers, lines);
  return new Response(`${sentence}\n`, { status, headers });
}

/** The UTF-8 of a text as the runtime wants it: one character for each byte. */
function asBytes(text: string): string {
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) {
    bytes += String.fromCharCode(byte);
  }
  return bytes;
}
