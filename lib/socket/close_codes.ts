/**
 * What a client is told when a session ends (RFC 6455 §7.4).
 *
 * @module
 */

/** The close codes this server sends, besides 4000 + n for exit status n and 4500 + s for signal s. */
export const CLOSE = {
  /** The program ended with status 0. */
  NORMAL: 1000,
  /** The server stops. */
  GOING_AWAY: 1001,
  /** The client sent a text message to a binary framing, or the other way round. */
  UNSUPPORTED_DATA: 1003,
  /** Never sent: a close frame said no code. */
  NO_STATUS: 1005,
  /** Never sent: the connection was lost without a close frame. */
  ABNORMAL: 1006,
  /** A limit other than size: time, idleness. */
  POLICY: 1008,
  /** A message over the size limit. */
  TOO_BIG: 1009,
  /** The program could not be started, or its output could not be sent. */
  INTERNAL: 1011,
  /** Too busy: the program reads more slowly than the client sends, and the client cannot be held back. */
  TRY_AGAIN: 1013,
  /** Added to the exit status of a program that failed. */
  EXIT: 4000,
  /** Added to the number of the signal that killed the program. */
  SIGNAL: 4500,
} as const;

/** How a WebSocket ended. */
export interface Close {
  readonly code: number;
  readonly reason: string;
  /** Who began it: a client that vanished counts as the client. */
  readonly by: "client" | "server";
}

/** Cuts a reason to the 123 bytes of UTF-8 that a close frame has room for (RFC 6455 §5.5), never inside a character. */
export function fitReason(reason: string): string {
  const bytes = new TextEncoder().encode(reason);
  if (bytes.byteLength <= 123) return reason;
  // Room for the ellipsis, which is three bytes; then back to a character's first byte.
  let end = 120;
  while ((bytes[end] & 0xc0) === 0x80) end--;
  return new TextDecoder().decode(bytes.subarray(0, end)) + "…";
}
