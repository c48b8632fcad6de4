/**
 * Messages become compressed frames (RFC 7692 §7.2.1).
 *
 * @module
 */
import type { Batch } from "../../framing/batch.ts";
import type { Compression } from "./deflate_offer.ts";
import {
  firstByteOf,
  type Frames,
  LONGEST_HEADER,
  writeHeader,
} from "./frame_writer.ts";
import { LENGTH_16, RSV1 } from "./opcode.ts";
import { takeWriteBuffer } from "./write_buffer.ts";
import { ZlibStream } from "./zlib_stream.ts";

/** Bytes. Shorter messages are sent as they are: what they could save is less than the headers of their packet. */
const SHORTEST = 64;
/** Bytes that end each flush and are not sent: an empty block. */
const TAIL = 4;

/** Compresses the messages of one connection. */
export class Deflater {
  readonly #compression: Compression;
  #zlib: ZlibStream | null = null;

  constructor(compression: Compression) {
    this.#compression = compression;
  }

  /** Frames messages as `writeFrames` does, compressed. */
  write(batch: Batch, from: number): Frames {
    const { bytes, bounds, count } = batch;
    const plain = firstByteOf(batch), compressed = plain | RSV1;
    let span = 0;
    for (let i = 2 * from; i < 2 * count; i += 2) {
      span += LONGEST_HEADER + mostOf(bounds[i + 1] - bounds[i]);
    }
    const buffer = takeWriteBuffer(span);
    const out = buffer.bytes;
    let at = 0, next = from;
    for (; next < count; next++) {
      const start = bounds[2 * next], end = bounds[2 * next + 1];
      const length = end - start, most = mostOf(length);
      if (at + LONGEST_HEADER + most > out.length) {
        if (at > 0) break;
        const big = new Uint8Array(most);
        const size = this.#compress(bytes, start, end, big, 0);
        buffer.payload += length;
        buffer.rest = big.subarray(0, size);
        at = writeHeader(buffer, 0, compressed, size);
        next++;
        break;
      }
      buffer.payload += length;
      if (length < SHORTEST) {
        at = writeHeader(buffer, at, plain, length);
        out.set(bytes.subarray(start, end), at);
        at += length;
        continue;
      }
      // Where the payload would be behind the longest header that it may need.
      const guess = at + headerSize(most);
      const size = this.#compress(bytes, start, end, out, guess);
      at = writeHeader(buffer, at, compressed, size);
      if (at < guess) out.copyWithin(at, guess, guess + size);
      at += size;
    }
    buffer.end = at;
    return { buffer, next };
  }

  /** Gives the memory back. Nothing may be called after this. */
  close(): void {
    this.#zlib?.close();
  }

  /** Compresses a message to `output` from `at` on. Returns how many bytes it has become. */
  #compress(
    input: Uint8Array,
    start: number,
    end: number,
    output: Uint8Array,
    at: number,
  ): number {
    const { windowBits, takeover } = this.#compression;
    const zlib = this.#zlib ??= new ZlibStream("compress", windowBits);
    const { made } = zlib.run(input, start, end, output, at);
    if (!takeover) zlib.reset();
    return made - TAIL;
  }
}

/** Bytes that a message of a length may become: zlib's own bound for its worst settings, and for the flush. */
function mostOf(length: number): number {
  return length + ((length + 7) >> 3) + ((length + 63) >> 6) + 64;
}

function headerSize(length: number): number {
  return length < LENGTH_16 ? 2 : length < 2 ** 16 ? 4 : LONGEST_HEADER;
}
