/**
 * The client's side of the opening handshake (RFC 6455 §4.1).
 *
 * @module
 */
import { acceptKey } from "../socket/wire/accept_key.ts";
import { VERSION } from "../version.ts";
import type { HeaderLine } from "./header_lines.ts";
import type { ResponseHead } from "./response_head.ts";
import type { Target } from "./target.ts";

/** What a handshake asks for. */
export interface HandshakeRequest {
  /** Sent as they are; one of the same name as one of ours takes its place. */
  readonly headers: readonly HeaderLine[];
  /** Names of subprotocols, the best first. */
  readonly subprotocols: readonly string[];
}

/** A key for `Sec-WebSocket-Key`: 16 random bytes. */
export function randomHandshakeKey(): string {
  return crypto.getRandomValues(new Uint8Array(16)).toBase64();
}

/** The head of the request, with the empty line at its end. */
export function requestHead(
  target: Target,
  key: string,
  { headers, subprotocols }: HandshakeRequest,
): string {
  const given = new Set(headers.map(([name]) => name.toLowerCase()));
  const usual: HeaderLine[] = [
    ["Host", target.host],
    ["User-Agent", `websocketd/${VERSION}`],
  ];
  if (target.authorization !== null) {
    usual.push(["Authorization", target.authorization]);
  }
  const lines: HeaderLine[] = [
    ...usual.filter(([name]) => !given.has(name.toLowerCase())),
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Version", "13"],
    ["Sec-WebSocket-Key", key],
    ...headers,
  ];
  if (subprotocols.length > 0) {
    lines.push(["Sec-WebSocket-Protocol", subprotocols.join(", ")]);
  }
  return [
    `GET ${target.path} HTTP/1.1`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
    "\r\n",
  ].join("\r\n");
}

/** What is wrong with an answer of status 101, or null. */
export function whyNotUpgraded(
  { headers }: ResponseHead,
  key: string,
  subprotocols: readonly string[],
): string | null {
  const has = (name: string, token: string): boolean =>
    (headers.get(name) ?? "").toLowerCase().split(",")
      .some((part) => part.trim() === token);
  if (!has("upgrade", "websocket")) return "it upgrades to something else";
  if (!has("connection", "upgrade")) return "its Connection header is missing";
  if (headers.get("sec-websocket-accept") !== acceptKey(key)) {
    return "its Sec-WebSocket-Accept is not the answer to our key";
  }
  if ((headers.get("sec-websocket-extensions") ?? "") !== "") {
    return "it uses an extension that was not offered";
  }
  const subprotocol = headers.get("sec-websocket-protocol");
  return subprotocol === undefined || subprotocols.includes(subprotocol)
    ? null
    : "it chose a subprotocol that was not offered (--subprotocol)";
}
