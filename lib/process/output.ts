/**
 * One output stream of a program, read chunk by chunk.
 *
 * @module
 */

/** What a fresh reader waits with: hundreds of idle programs must cost little, and a pending read holds its buffer. */
const SMALLEST = 512;
/** A Linux pipe holds 64 KiB; a larger read never returns more. */
const LARGEST = 65536;

/**
 * Reads a stream into one buffer that grows while the program prints fast and
 * shrinks when it becomes quiet.
 */
export class Output {
  readonly #reader: ReadableStreamBYOBReader;
  #buffer: ArrayBuffer = new ArrayBuffer(SMALLEST);
  #bytes = 0;
  #waiting = false;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader({ mode: "byob" });
  }

  /** Bytes read so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a read is waiting for the program to print something. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /**
   * The next chunk, or null at the end of the stream. The chunk is valid until
   * the next call. Never rejects: a stream that cannot be read has ended.
   */
  async read(): Promise<Uint8Array | null> {
    this.#waiting = true;
    try {
      const { value, done } = await this.#reader.read(
        new Uint8Array(this.#buffer),
      );
      if (done || value === undefined) return null;
      this.#bytes += value.byteLength;
      this.#buffer = fit(value);
      return value;
    } catch {
      return null;
    } finally {
      this.#waiting = false;
    }
  }

  /** Stops reading for good; a pending read ends with null. Never rejects. */
  async cancel(): Promise<void> {
    try {
      await this.#reader.cancel();
    } catch {
      // Already at its end, or broken: nothing is left to cancel.
    }
  }
}

/** The memory for the next read: the same again, or another size if this one was too small or far too large. */
function fit(chunk: Uint8Array): ArrayBuffer {
  const buffer = chunk.buffer as ArrayBuffer;
  const size = buffer.byteLength;
  if (chunk.byteLength === size && size < LARGEST) {
    return new ArrayBuffer(Math.min(LARGEST, size * 8));
  }
  if (chunk.byteLength * 32 < size && size > SMALLEST) {
    return new ArrayBuffer(Math.max(SMALLEST, size / 8));
  }
  return buffer;
}
