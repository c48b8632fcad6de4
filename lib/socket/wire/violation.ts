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

/** A payload that is not what it says it is. */
export function invalidData(reason: string): Violation {
  return { code: 1007, reason };
}

/** The payload of a text message that is none. */
export function notUtf8(): Violation {
  return invalidData("a text message is not UTF-8");
}

/** A message that is larger than this side takes. */
export function tooBig(reason: string): Violation {
  return { code: 1009, reason };
}

/** The same, when it is a matter of bytes. */
export function overLimit(size: number, limit: number): Violation {
  return tooBig(
    `message of ${size} bytes is over the limit of ${limit} (--maxframesize)`,
  );
}
