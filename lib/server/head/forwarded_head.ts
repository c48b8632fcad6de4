/**
 * A request's head as it is handed on.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Head } from "./head.ts";

/** What one connection is about, as opposed to one request (RFC 9110 §7.6.1, §7.8). */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "upgrade",
]);

/**
 * The head with the lines it came in, so that whoever answers ends the
 * connection behind that, and cannot switch it to another protocol.
 */
export function forwardedHead({ raw }: Head): Uint8Array<ArrayBuffer> {
  const [requestLine, ...lines] = Buffer.from(raw).toString("latin1")
    .replace(/^\r\n/, "").slice(0, -"\r\n\r\n".length).split("\r\n");
  const kept = lines.filter((line) =>
    !OF_CONNECTION.has(line.slice(0, line.indexOf(":")).toLowerCase())
  );
  const head = [requestLine, ...kept, "Connection: close", "", ""];
  return new Uint8Array(Buffer.from(head.join("\r\n"), "latin1"));
}
