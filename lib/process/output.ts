/**
 * One output stream of a program, read chunk by chunk.
 *
 * @module
 */
import type { PipeReader } from "./pipes.ts";

/** What a fresh reader waits with: hundreds of idle programs must cost little, and a read that waits holds its buffer. */
const SMALLEST = 512;
/** A Linux pipe holds 64 KiB; a larger read never returns more. */
const LARGEST = 65536;
/** Left free in front of chunks of that size, for what is unfinished of the one before: most lines are shorter. */
const HEADROOM = 4096;

/**
 * Reads a pipe into one buffer that grows while the program prints fast and
 * shrinks when it becomes quiet.
 */
export class Output {
  readonly #pipe: PipeReader;
  #buffer = new ArrayBuffer(SMALLEST);
  #bytes = 0;
  #waiting = false;
  #ended = false;

  constructor(pipe: PipeReader) {
    this.#pipe = pipe;
  }

  /** Bytes read so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a read is waiting for the program to print something. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** Whether the end has been read. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * The next chunk, or null at the end of the stream. The chunk is valid until
   * the next call, and what lies in front of it in its memory may be
   * overwritten. Never rejects: a stream that cannot be read has ended.
   */
  async read(): Promise<Uint8Array | null> {
    this.#waiting = true;
    let chunk: Uint8Array<ArrayBuffer> | null;
    try {
      chunk = await this.#pipe.read(roomIn(this.#buffer));
    } catch {
      chunk = null;
    }
    this.#waiting = false;
    if (chunk === null) {
      this.#ended = true;
      return null;
    }
    this.#bytes += chunk.byteLength;
    this.#buffer = fit(chunk);
    return chunk;
  }

  /** Stops reading for good; a read that waits ends with null. Never rejects. */
  cancel(): Promise<void> {
    return this.#pipe.cancel();
  }
}

function roomIn(buffer: ArrayBuffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer, buffer.byteLength > LARGEST ? HEADROOM : 0);
}

/** The memory for the next read: the same again, or another size if this one was too small or far too large. */
function fit({ buffer, byteLength }: Uint8Array<ArrayBuffer>): ArrayBuffer {
  const size = Math.min(LARGEST, buffer.byteLength);
  if (byteLength === size && size < LARGEST) {
    const larger = size * 8;
    return new ArrayBuffer(larger < LARGEST ? larger : LARGEST + HEADROOM);
  }
  if (byteLength * 32 < size && size > SMALLEST) {
    return new ArrayBuffer(Math.max(SMALLEST, size / 8));
  }
  return buffer;
}
