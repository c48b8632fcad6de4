/**
 * Whether a peer that is told goodbye says it too.
 *
 * @module
 */
import { LENGTH_16, MASKED, OPCODE } from "./opcode.ts";

/** Bytes of the longest header. */
const LONGEST = 14;

/**
 * Looks through the rest of a peer's stream for a close frame, and for nothing
 * else: what nobody reads any more is not unmasked, checked or kept.
 */
export class CloseFinder {
  /** Whether there was one, to its last byte: a connection that is closed with less is reset by the rest. */
  found = false;
  /** Payload bytes of the frame under way that are still to come. */
  #missing: number;
  /** A header that has not come as a whole. */
  readonly #header = new Uint8Array(LONGEST);
  #size = 0;
  #isClose = false;

  /** @param missing Payload bytes to come before the next header. */
  constructor(missing = 0) {
    this.#missing = missing;
  }

  /** Looks at the next bytes, in pieces of any size. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.found;) {
      if (this.#missing > 0) {
        const count = Math.min(this.#missing, bytes.length - at);
        this.#missing -= count;
        at += count;
        this.found = this.#isClose && this.#missing === 0;
      } else {
        this.#header[this.#size++] = bytes[at++];
        this.#look();
      }
    }
  }

  /** Goes on behind the header, if that is whole. */
  #look(): void {
    const header = this.#header;
    if (this.#size < 2) return;
    const short = header[1] & ~MASKED;
    const lengthSize = short < LENGTH_16 ? 0 : short === LENGTH_16 ? 2 : 8;
    const keySize = (header[1] & MASKED) === 0 ? 0 : 4;
    if (this.#size < 2 + lengthSize + keySize) return;
    let length = lengthSize === 0 ? short : 0;
    for (let i = 0; i < lengthSize; i++) length = length * 256 + header[2 + i];
    this.#isClose = (header[0] & 0x0f) === OPCODE.CLOSE;
    this.#missing = length;
    this.found = this.#isClose && length === 0;
    this.#size = 0;
  }
}
