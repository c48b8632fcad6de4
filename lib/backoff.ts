/**
 * How long to wait before trying again: to connect, or to start a program that has failed.
 *
 * @module
 */

/** The first wait is at most this, in milliseconds; each further one at most twice as long. */
const FIRST_MS = 500;
/** No wait is longer, in milliseconds. */
const LONGEST_MS = 30_000;

/**
 * Waits that grow and are random ("full jitter"): clients that lost one server
 * at one time do not come back at one time.
 */
export class Backoff {
  readonly #random: () => number;
  #attempts = 0;

  /** @param random A number from 0 up to 1. @default {Math.random} */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** The next wait, in milliseconds. */
  next(): number {
    const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#attempts++);
    return this.#random() * most;
  }

  /** Begins anew: the last connection was a good one. */
  reset(): void {
    this.#attempts = 0;
  }
}
