/**
 * Timers that are started all the time and seldom fire.
 *
 * @module
 */

/** One who waits. */
interface Waiting {
  /** When its time is up, by `performance.now()`. */
  readonly at: number;
  readonly then: () => void;
}

/**
 * Calls back after some time, as `setTimeout` does, never earlier. All that
 * wait for equally long share one timer of the runtime, which is set anew only
 * when it fires or nobody is left: a server starts six timers for each session,
 * and each of the runtime's costs 4 µs. To be used with few different times.
 *
 * @param ms How long to wait, in milliseconds.
 * @returns What stops it; harmless later, and leaves no timer behind.
 */
export function startTimer(ms: number, then: () => void): () => void {
  const queue = queues.get(ms) ?? new Queue(ms);
  return queue.add(then);
}

/** Those that somebody waits in, by how long. */
const queues = new Map<number, Queue>();

class Queue {
  readonly #ms: number;
  /** In the order of their times, as all wait for equally long. */
  readonly #waiting = new Set<Waiting>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  add(then: () => void): () => void {
    const waiting = { at: performance.now() + this.#ms, then };
    if (this.#waiting.size === 0) this.#begin(this.#ms);
    this.#waiting.add(waiting);
    return () => {
      if (this.#waiting.delete(waiting)) this.#endIfEmpty();
    };
  }

  #begin(ms: number): void {
    queues.set(this.#ms, this);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fire(), ms);
  }

  #endIfEmpty(): void {
    if (this.#waiting.size > 0) return;
    clearTimeout(this.#timer);
    if (queues.get(this.#ms) === this) queues.delete(this.#ms);
  }

  #fire(): void {
    const now = performance.now();
    const due: Waiting[] = [];
    for (const waiting of this.#waiting) {
      if (waiting.at > now) break;
      due.push(waiting);
    }
    for (const waiting of due) {
      // One may stop another.
      if (!this.#waiting.delete(waiting)) continue;
      try {
        waiting.then();
      } catch (error) {
        // As an error in a timer of its own would be: the others are called all the same.
        reportError(error);
      }
    }
    const [next] = this.#waiting;
    if (next === undefined) this.#endIfEmpty();
    else this.#begin(Math.ceil(next.at - now));
  }
}
