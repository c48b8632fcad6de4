/**
 * The first two bytes of a frame (RFC 6455 §5.2).
 *
 * @module
 */

/** What a frame is. All others are reserved. */
export const OPCODE = {
  CONTINUATION: 0x0,
  TEXT: 0x1,
  BINARY: 0x2,
  CLOSE: 0x8,
  PING: 0x9,
  PONG: 0xa,
} as const;

/** In the first byte: the last frame of its message. */
export const FIN = 0x80;
/** In the first byte: the message is compressed (RFC 7692 §6). */
export const RSV1 = 0x40;
/** In the first byte: RSV1, RSV2 and RSV3. */
export const RESERVED = 0x70;
/** In the second byte: the payload is masked. */
export const MASKED = 0x80;
/** In the second byte: the length is in the next 2 bytes. */
export const LENGTH_16 = 126;
/** In the second byte: the length is in the next 8 bytes. */
export const LENGTH_64 = 127;
/** Payload bytes that a control frame may have (§5.5). */
export const CONTROL_LIMIT = 125;
