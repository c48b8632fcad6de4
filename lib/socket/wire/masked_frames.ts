/**
 * Messages become frames of a client: each masked with a key of its own that
 * nobody can foresee (RFC 6455 §5.3).
 *
 * @module
 */
import type { Batch } from "../../framing/batch.ts";
import { copyBytes } from "../../framing/payloads.ts";
import {
  firstByteOf,
  type Frames,
  LONGEST_HEADER,
  writeHeader,
} from "./frame_writer.ts";
import { FIN, LENGTH_16, MASKED } from "./opcode.ts";
import { unmask } from "./unmask.ts";
import { takeWriteBuffer, type WriteBuffer } from "./write_buffer.ts";

/** Bytes of a masking key. */
const KEY = 4;
/** Bytes. A longer payload is written behind its header, from a masked copy: it would not fit beside others. */
const LONG = 1 << 17;

const keys = new Int32Array(256);
let nextKey = keys.length;

/**
 * Frames the messages of a batch from number `from` on: all of them into one
 * contiguous piece, unless that were over 256 KiB or one is over 128 KiB. The
 * batch itself is left as it is.
 */
export function writeMaskedFrames(batch: Batch, from: number): Frames {
  const { bytes, bounds, count } = batch;
  const longest = LONGEST_HEADER + KEY;
  const span = bounds[2 * count - 1] - bounds[2 * from];
  const buffer = takeWriteBuffer(span + longest * (count - from));
  const words = wordsOf(buffer.bytes);
  const room = buffer.bytes.length - longest;
  const first = firstByteOf(batch);
  let at = 0, payload = 0, next = from;
  while (next < count && buffer.rest === null) {
    const start = bounds[2 * next], end = bounds[2 * next + 1];
    const length = end - start, isLong = length > LONG;
    if (at + (isLong ? 0 : length) > room) break;
    const key = randomKey();
    at = writeMaskedHeader(buffer, at, { first, length, key });
    if (isLong) {
      buffer.rest = maskedCopy(bytes.subarray(start, end), key);
    } else {
      copyBytes(bytes, start, end, buffer.bytes, at);
      unmask(buffer.bytes, words, at, at + length, key);
      at += length;
    }
    payload += length;
    next++;
  }
  buffer.end = at;
  buffer.payload = payload;
  return { buffer, next };
}

/** A control frame of a client. */
export function maskedControlFrame(
  opcode: number,
  body: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const key = randomKey();
  const frame = new Uint8Array(2 + KEY + body.length);
  frame[0] = FIN | opcode;
  frame[1] = MASKED | body.length;
  writeKey(frame, 2, key);
  frame.set(maskedCopy(body, key), 2 + KEY);
  return frame;
}

/** What some bytes of the frames of a batch hold. */
export interface Measured {
  /** Messages that are in them whole. */
  readonly messages: number;
  /** Payload bytes, those of a message that is cut included. */
  readonly payload: number;
}

/** Says what is in the first `written` bytes of the frames of a batch. */
export function measureMaskedFrames(batch: Batch, written: number): Measured {
  const { bounds, count } = batch;
  let payload = 0;
  for (let messages = 0; messages < count; messages++) {
    const length = bounds[2 * messages + 1] - bounds[2 * messages];
    written -= KEY +
      (length < LENGTH_16 ? 2 : length < 2 ** 16 ? 4 : LONGEST_HEADER);
    payload += Math.max(0, Math.min(length, written));
    written -= length;
    if (written < 0) return { messages, payload };
  }
  return { messages: count, payload };
}

interface MaskedHeader {
  readonly first: number;
  readonly length: number;
  readonly key: number;
}

function writeMaskedHeader(
  buffer: WriteBuffer,
  at: number,
  { first, length, key }: MaskedHeader,
): number {
  const end = writeHeader(buffer, at, first, length);
  buffer.bytes[at + 1] |= MASKED;
  writeKey(buffer.bytes, end, key);
  return end + KEY;
}

/** The lowest byte first, as `unmask` takes it. */
function writeKey(bytes: Uint8Array, at: number, key: number): void {
  for (let i = 0; i < KEY; i++) bytes[at + i] = key >>> 8 * i;
}

function maskedCopy(payload: Uint8Array, key: number): Uint8Array {
  const whole = new Uint8Array(4 * Math.ceil(payload.length / 4));
  whole.set(payload);
  unmask(whole, wordsOf(whole), 0, payload.length, key);
  return whole.subarray(0, payload.length);
}

function wordsOf({ buffer }: Uint8Array): Int32Array {
  return new Int32Array(buffer as ArrayBuffer);
}

/** From the system's generator, many at a time: a call for each frame would cost more than the frame. */
function randomKey(): number {
  if (nextKey === keys.length) {
    crypto.getRandomValues(keys);
    nextKey = 0;
  }
  return keys[nextKey++];
}
