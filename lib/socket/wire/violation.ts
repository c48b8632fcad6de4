/**
 * What a peer did against the protocol, as the close frame will say it.
 *
 * @module
 */

/** A reason to fail the connection. A value: peers that break rules are to be expected. */
export interface Violation {
  /** 1002, 1007 or 1009 (RFC 6455 §7.4.1). */
  readonly code: number;
  /** One sentence, as far as 123 bytes go. */
  readonly reason: string;
}

/** A frame, or an order of frames, that RFC 6455 forbids. */
export function protocolError(reason: string): Violation {
  return { code: 1002, reason };
}

/** Text that is not UTF-8. */
export function invalidData(reason: string): Violation {
  return { code: 1007, reason };
}

/** A message that is larger than this side takes. */
export function tooBig(reason: string): Violation {
  return { code: 1009, reason };
}
