/**
 * The memory of one connection's input.
 *
 * @module
 */
import { freeMemory } from "./free_memory.ts";

/** What a quiet connection waits with: hundreds of them must cost little, and a pending read holds its buffer. */
const SMALLEST = 512;
/** The kernel rarely has more at once; larger reads made nothing faster. */
const LARGEST = 1 << 16;
/** Reserved at once for one big message. Untouched pages cost nothing, but no address space is endless. */
const RESERVE = 1 << 26; // 64 MiB

const NO_BYTES = new Uint8Array(0);
const NO_WORDS = new Int32Array(0);

/**
 * One array that bytes are read to and that messages are taken apart in. It
 * grows while the connection is busy, shrinks when that is quiet, and for a
 * big message becomes as large as that, so that it is never copied. Pages of a
 * fresh array that nobody has written to take no memory.
 */
export class ReadBuffer {
  /** Bytes read, up to `end`; behind that is room. */
  bytes: Uint8Array = NO_BYTES;
  /** The same memory, four bytes each. */
  words: Int32Array = NO_WORDS;
  /** Where the bytes read so far end. */
  end = 0;
  readonly #largest: number;
  /** Size of the room that was last handed out, and how much of it was filled. */
  #room = 0;
  #filled = 0;

  /** @param limit Bytes that a message may have. With a copy of what is read at once, for a program, all is never more than that and 64 KiB. */
  constructor(limit: number) {
    this.#largest = Math.min(LARGEST, (limit + LARGEST) >> 1);
  }

  /** Says that `count` bytes have been read into the room. */
  fill(count: number): void {
    this.end += count;
    this.#filled = count;
  }

  /**
   * Moves what is still needed to the front and returns the room behind it.
   *
   * @param from Where in `bytes` that begins.
   * @param wanted Bytes to come that must be in memory together with it.
   * @param most Bytes to come that may ever be.
   * @throws {RangeError} If there is no memory.
   */
  room(from: number, wanted: number, most: number): Uint8Array {
    const kept = this.end - from;
    const capacity = this.#capacity(kept, wanted, most);
    const before = this.bytes;
    if (capacity !== before.length) {
      const buffer = new ArrayBuffer(wholeWords(capacity));
      this.bytes = new Uint8Array(buffer, 0, capacity);
      this.words = new Int32Array(buffer);
      if (kept > 0) this.bytes.set(before.subarray(from, this.end));
      freeMemory(before);
    } else if (from > 0 && kept > 0) {
      before.copyWithin(0, from, this.end);
    }
    this.end = kept;
    this.#room = capacity - kept;
    this.#filled = 0;
    return kept === 0 ? this.bytes : this.bytes.subarray(kept);
  }

  /** Gives the memory back at once. Nobody may look at it any more. */
  release(): void {
    const before = this.bytes;
    this.bytes = NO_BYTES;
    this.words = NO_WORDS;
    this.end = 0;
    freeMemory(before);
  }

  /** Whether the connection has been quiet, and everything that it holds should be small. */
  get isSmall(): boolean {
    return this.bytes.length <= SMALLEST;
  }

  #capacity(kept: number, wanted: number, most: number): number {
    const size = this.bytes.length;
    if (kept + wanted <= this.#largest) {
      let fitting = this.#fitting(size);
      while (fitting < kept + wanted) fitting *= 2;
      return Math.min(fitting, this.#largest);
    }
    if (size - kept >= Math.min(wanted, LARGEST)) return size;
    // What is left of a message that was announced, or of the limit.
    return Math.min(kept + most, Math.max(RESERVE, 2 * kept));
  }

  /** The size that suits how much came last. */
  #fitting(size: number): number {
    if (size === 0) return SMALLEST;
    if (this.#filled === this.#room) return 8 * size;
    return 32 * this.#filled < size ? Math.max(SMALLEST, size / 8) : size;
  }
}

function wholeWords(bytes: number): number {
  return 4 * Math.ceil(bytes / 4);
}
