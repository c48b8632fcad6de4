/**
 * Messages become frames.
 *
 * @module
 */
import type { Batch } from "../../framing/batch.ts";
import { FIN, LENGTH_16, LENGTH_64, OPCODE } from "./opcode.ts";
import { takeWriteBuffer, type WriteBuffer } from "./write_buffer.ts";

/** Bytes of the longest header of a server: without a masking key. */
export const LONGEST_HEADER = 10;
/** Bytes. Longer payloads are copied by `set`, which needs a view of each; see tests/bench/wire_bench.ts. */
const SHORT = 400;
/** Bytes. A longer payload is written from where it lies, behind its header: a second write costs less than the copy. */
const LONG = 1 << 17;

/** The frames of some messages. */
export interface Frames {
  /** To be given back when it has been written. */
  readonly buffer: WriteBuffer;
  /** Number of the first message that is not in it. */
  readonly next: number;
}

/**
 * Frames the messages of a batch from number `from` on: all of them into one
 * contiguous piece, unless that were over 256 KiB or one is over 128 KiB.
 */
export function writeFrames(batch: Batch, from: number): Frames {
  const { bounds, count } = batch;
  const span = bounds[2 * count - 1] - bounds[2 * from];
  const header = span < 2 ** 16 ? 4 : LONGEST_HEADER;
  const buffer = takeWriteBuffer(
    span + header * (count - from) + LONGEST_HEADER,
  );
  return { buffer, next: fill(buffer, batch, from) };
}

/** Writes a header. Returns the index behind it. */
export function writeHeader(
  { bytes, view }: Pick<WriteBuffer, "bytes" | "view">,
  at: number,
  first: number,
  length: number,
): number {
  bytes[at] = first;
  if (length < LENGTH_16) {
    bytes[at + 1] = length;
    return at + 2;
  }
  if (length < 2 ** 16) {
    bytes[at + 1] = LENGTH_16;
    view.setUint16(at + 2, length);
    return at + 4;
  }
  bytes[at + 1] = LENGTH_64;
  view.setUint32(at + 2, 0);
  view.setUint32(at + 6, length);
  return at + LONGEST_HEADER;
}

/** The first byte of a message in one frame. */
export function firstByteOf(batch: Batch): number {
  return FIN | (batch.type === "text" ? OPCODE.TEXT : OPCODE.BINARY);
}

/** A control frame. */
export function controlFrame(
  opcode: number,
  body: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(2 + body.length);
  frame[0] = FIN | opcode;
  frame[1] = body.length;
  frame.set(body, 2);
  return frame;
}

function fill(buffer: WriteBuffer, batch: Batch, from: number): number {
  const { bytes, bounds, count } = batch;
  const { bytes: out, view: to } = buffer;
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const first = firstByteOf(batch);
  const room = out.length - LONGEST_HEADER;
  let at = 0, payload = 0, next = from;
  for (; next < count; next++) {
    let start = bounds[2 * next];
    const end = bounds[2 * next + 1], length = end - start;
    if (at + (length > LONG ? 0 : length) > room) break;
    payload += length;
    at = writeHeader(buffer, at, first, length);
    if (length >= 8 && length < SHORT) {
      // Eight bytes at a time, and the last eight once more from the end.
      const last = end - 8, lastAt = at + length - 8;
      while (start < last) {
        to.setBigInt64(at, source.getBigInt64(start, true), true);
        start += 8;
        at += 8;
      }
      to.setBigInt64(lastAt, source.getBigInt64(last, true), true);
      at = lastAt + 8;
    } else if (length < 8) {
      while (start < end) out[at++] = bytes[start++];
    } else if (length <= LONG) {
      out.set(bytes.subarray(start, end), at);
      at += length;
    } else {
      buffer.rest = bytes.subarray(start, end);
      next++;
      break;
    }
  }
  buffer.end = at;
  buffer.payload = payload;
  return next;
}
