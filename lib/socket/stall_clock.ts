/**
 * How long one side of a session makes the other wait.
 *
 * @module
 */

/** Waits shorter than this, in milliseconds, hold nobody back: a turn of a busy event loop takes as long. */
export const STALL_MS = 20;

/** Waits that were no moments. */
export interface Stalls {
  readonly count: number;
  /** How long they took together, in milliseconds. */
  readonly ms: number;
  /** Whether one is under way; it is counted already. */
  readonly isStalled?: boolean;
}

/**
 * Measures waits. Those that overlap are one, from the first beginning to the
 * last end. It costs two looks at the clock for each, 0.1 µs apiece: made
 * around a write, not around a message.
 */
export class StallClock {
  #count = 0;
  #ms = 0;
  #waiting = 0;
  #since = 0;

  /** Begins a wait. */
  begin(now: number = performance.now()): void {
    if (this.#waiting++ === 0) this.#since = now;
  }

  /** Ends a wait that was begun. */
  end(now: number = performance.now()): void {
    if (--this.#waiting > 0) return;
    const ms = now - this.#since;
    if (ms < STALL_MS) return;
    this.#count++;
    this.#ms += ms;
  }

  /** What has been measured so far, with the wait that is under way. */
  read(now: number = performance.now()): Stalls {
    const count = this.#count, ms = this.#ms;
    const waitMs = now - this.#since;
    return this.#waiting > 0 && waitMs >= STALL_MS
      ? { count: count + 1, ms: ms + waitMs, isStalled: true }
      : { count, ms, isStalled: false };
  }
}
