/**
 * Frames as a client writes them, right or wrong, and what a server's bytes
 * say. Written apart from the codec it tests.
 *
 * @module
 */

/** What there is to decide about a frame. */
export interface FrameParts {
  readonly opcode: number;
  readonly payload?: Uint8Array | string;
  /** @default {true} */
  readonly fin?: boolean;
  /** RSV1 to RSV3 as a number from 0 to 7. */
  readonly rsv?: number;
  /** Masking key, or null for none. @default {[0x37, 0xfa, 0x21, 0x3d]} */
  readonly key?: readonly number[] | null;
  /** Bytes that carry the length: 0, 2 or 8. Default: as few as can. */
  readonly lengthBytes?: 0 | 2 | 8;
  /** What the header says instead of the payload's length. */
  readonly announced?: number | bigint;
}

const KEY = [0x37, 0xfa, 0x21, 0x3d];

/** UTF-8 of a string. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Bytes from hexadecimal digits; spaces do not count. */
export function hex(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    digits.replaceAll(" ", "").match(/../g) ?? [],
    (pair) => parseInt(pair, 16),
  );
}

/** One array of several. */
export function concat(
  parts: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A frame, of a client unless `key` is null. */
export function frame(parts: FrameParts): Uint8Array<ArrayBuffer> {
  const { opcode, fin = true, rsv = 0, key = KEY, announced } = parts;
  const payload = typeof parts.payload === "string"
    ? utf8(parts.payload)
    : parts.payload ?? new Uint8Array(0);
  const length = announced ?? payload.length;
  const lengthBytes = parts.lengthBytes ??
    (length < 126 ? 0 : length < 65536 ? 2 : 8);
  const header = new DataView(new ArrayBuffer(2 + lengthBytes));
  header.setUint8(0, (fin ? 0x80 : 0) | rsv << 4 | opcode);
  const mask = key === null ? 0 : 0x80;
  if (lengthBytes === 0) header.setUint8(1, mask | Number(length));
  else header.setUint8(1, mask | (lengthBytes === 2 ? 126 : 127));
  if (lengthBytes === 2) header.setUint16(2, Number(length));
  if (lengthBytes === 8) header.setBigUint64(2, BigInt(length));
  return concat([
    new Uint8Array(header.buffer),
    Uint8Array.from(key ?? []),
    key === null ? payload : payload.map((byte, i) => byte ^ key[i % 4]),
  ]);
}

/** A text frame. */
export function text(
  payload: string | Uint8Array,
  parts: Partial<FrameParts> = {},
): Uint8Array<ArrayBuffer> {
  return frame({ opcode: 1, payload, ...parts });
}

/** A binary frame. */
export function binary(
  payload: string | Uint8Array,
  parts: Partial<FrameParts> = {},
): Uint8Array<ArrayBuffer> {
  return frame({ opcode: 2, payload, ...parts });
}

/** A frame that continues a message. */
export function more(
  payload: string | Uint8Array,
  fin = false,
): Uint8Array<ArrayBuffer> {
  return frame({ opcode: 0, payload, fin });
}

/** A ping. */
export function ping(
  payload: string | Uint8Array = "",
): Uint8Array<ArrayBuffer> {
  return frame({ opcode: 9, payload });
}

/** A pong. */
export function pong(
  payload: string | Uint8Array = "",
): Uint8Array<ArrayBuffer> {
  return frame({ opcode: 10, payload });
}

/** A close frame with a code and a reason. */
export function close(
  code: number,
  reason: string | Uint8Array = "",
): Uint8Array<ArrayBuffer> {
  return frame({
    opcode: 8,
    payload: concat([
      Uint8Array.of(code >> 8, code),
      typeof reason === "string" ? utf8(reason) : reason,
    ]),
  });
}

/** One message in several frames of at most so many payload bytes. */
export function fragments(
  opcode: number,
  payload: Uint8Array,
  size: number,
): Uint8Array<ArrayBuffer>[] {
  const frames: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < payload.length || at === 0; at += size) {
    frames.push(frame({
      opcode: at === 0 ? opcode : 0,
      payload: payload.subarray(at, at + size),
      fin: at + size >= payload.length,
    }));
  }
  return frames;
}

/** What the first frame in some bytes of a server is, and how many bytes it has; null if it is not all there. */
export function parseFrame(
  bytes: Uint8Array,
): {
  readonly first: number;
  readonly payload: Uint8Array;
  readonly size: number;
} | null {
  if (bytes.length < 2) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const short = bytes[1];
  if (short > 127) throw new Error("A server's frame is masked");
  const header = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < header) return null;
  const length = short < 126
    ? short
    : short === 126
    ? view.getUint16(2)
    : Number(view.getBigUint64(2));
  if (header === 4 && length < 126 || header === 10 && length < 65536) {
    throw new Error("A server's length is not in its shortest form");
  }
  if (bytes.length < header + length) return null;
  return {
    first: bytes[0],
    payload: bytes.subarray(header, header + length),
    size: header + length,
  };
}
