/**
 * Messages become frames.
 *
 * @module
 */
import type { Batch } from "../../framing/batch.ts";
import { FIN, LENGTH_16, LENGTH_64, OPCODE } from "./opcode.ts";
import { takeWriteBuffer, type WriteBuffer } from "./write_buffer.ts";

/** Bytes of the longest header, as a server writes it: without a masking key. */
const LONGEST_HEADER = 10;
/** Bytes. Longer payloads are copied by `set`, which needs a view of each; see tests/bench/wire_bench.ts. */
const SHORT = 400;
/** Bytes. A longer payload is written from where it lies, behind its header: a second write costs less than the copy. */
const LONG = 1 << 17;

/**
 * Frames the messages of a batch from number `from` on: all of them into one
 * contiguous piece, unless that were over 256 KiB or one is over 128 KiB.
 *
 * @returns What to write, to be given back when it has been written. `next` is
 * the number of the first message that is not in it.
 */
export function writeFrames(
  batch: Batch,
  from: number,
): { readonly buffer: WriteBuffer; readonly next: number } {
  const { bounds, count } = batch;
  const span = bounds[2 * count - 1] - bounds[2 * from];
  const header = span < 2 ** 16 ? 4 : LONGEST_HEADER;
  const buffer = takeWriteBuffer(
    span + header * (count - from) + LONGEST_HEADER,
  );
  return { buffer, next: fill(buffer, batch, from) };
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
  const first = FIN | (batch.type === "text" ? OPCODE.TEXT : OPCODE.BINARY);
  const room = out.length - LONGEST_HEADER;
  let at = 0, payload = 0, next = from;
  for (; next < count; next++) {
    let start = bounds[2 * next];
    const end = bounds[2 * next + 1], length = end - start;
    if (at + (length > LONG ? 0 : length) > room) break;
    payload += length;
    out[at] = first;
    if (length < LENGTH_16) {
      out[at + 1] = length;
      at += 2;
    } else if (length < 2 ** 16) {
      out[at + 1] = LENGTH_16;
      to.setUint16(at + 2, length);
      at += 4;
    } else {
      out[at + 1] = LENGTH_64;
      to.setUint32(at + 2, 0);
      to.setUint32(at + 6, length);
      at += 10;
    }
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
