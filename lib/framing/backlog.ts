const NO_BYTES = new Uint8Array(0);
const SPARE = 4; // Memory held over memory needed, at most, before it is given back.
const SMALLEST = 128; // Bytes; smaller arrays are not worth a second allocation.
const SMALL = 1024; // Bytes; such an array is kept whatever is needed of it.

/**
 * Output that belongs to no finished message yet, with the newest chunk right
 * behind it, in one array.
 *
 * Chunks are not copied as long as nothing waits in front of them. Appending
 * costs O(1) for each byte, however long a message is and however small the
 * chunks are. What is held follows what is needed: an array of more than 1 KiB
 * that is more than four times too big is let go with the next chunk.
 */
export class Backlog {
  /** Holds the unfinished bytes and the newest chunk; ends where they end. Changed by the next `add`. */
  bytes: Uint8Array = NO_BYTES;
  /** Where in `bytes` the first unfinished byte is. */
  start = 0;
  readonly #limit: number;
  #own: Uint8Array = NO_BYTES;

  /** @param limit Unfinished bytes that the caller will keep at most; more than this and one chunk is never reserved. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Number of bytes that are not yet part of a finished message. */
  get size(): number {
    return this.bytes.length - this.start;
  }

  /**
   * Puts a chunk behind the unfinished bytes. Those may move: read `bytes` and
   * `start` again.
   *
   * @param headroom Bytes in front of the chunk, in its memory, that may be overwritten: unfinished bytes that fit move there, and the chunk stays.
   */
  add(chunk: Uint8Array, headroom = 0): void {
    const size = this.size;
    const needed = size + chunk.length;
    if (this.#own.length > SPARE * needed + SMALL) this.#move(size);
    // The runtime hands out each chunk in a 64 KiB array of its own, even when
    // it read 3 bytes. Copied, a small chunk does not keep that array alive.
    const isRoomy = chunk.buffer.byteLength > SPARE * chunk.length + SMALLEST;
    if (size <= headroom && !isRoomy) {
      const unfinished = this.bytes.subarray(this.start);
      this.bytes = size === 0
        ? chunk
        : new Uint8Array(chunk.buffer, chunk.byteOffset - size, needed);
      this.bytes.set(unfinished);
      this.start = 0;
      return;
    }
    if (this.#own.length < needed) {
      const wanted = Math.min(1.5 * needed, this.#limit + chunk.length);
      this.#move(Math.max(needed, Math.floor(wanted), SMALLEST));
    } else if (this.start + needed > this.#own.length) {
      this.#own.copyWithin(0, this.start, this.start + size);
      this.start = 0;
    }
    const end = this.start + size;
    this.#own.set(chunk, end);
    // A view that ends here: a search beyond would look through what earlier
    // chunks left behind, and make many small chunks cost O(n²).
    this.bytes = this.#own.subarray(0, end + chunk.length);
  }

  /** Says that everything before index `start` of `bytes` is finished. `bytes` stays readable until the next `add`. */
  keep(start: number): void {
    this.start = start;
    if (this.bytes.buffer === this.#own.buffer) return;
    // The rest is in the caller's chunk, which may change before the next one.
    const rest = this.bytes.subarray(start);
    if (this.#own.length < rest.length) {
      this.#own = new Uint8Array(Math.max(rest.length, SMALLEST));
    }
    this.#own.set(rest);
    this.bytes = this.#own.subarray(0, rest.length);
    this.start = 0;
  }

  /** Forgets everything and lets go of the memory. */
  clear(): void {
    this.bytes = NO_BYTES;
    this.#own = NO_BYTES;
    this.start = 0;
  }

  #move(capacity: number): void {
    const unfinished = this.bytes.subarray(this.start);
    this.#own = capacity === 0 ? NO_BYTES : new Uint8Array(capacity);
    this.#own.set(unfinished);
    this.bytes = this.#own.subarray(0, unfinished.length);
    this.start = 0;
  }
}
