import { Backoff } from "../../../backoff.ts";

/** A connection that lasted this long was a good one: waiting starts over, in milliseconds. */
const LASTED_MS = 5000;

/** Tries to connect again, each after a wait. */
export class Retries {
  readonly #backoff = new Backoff();
  #count = 0;
  #timer: number | null = null;

  /** Tries since the last connection that lasted. */
  get count(): number {
    return this.#count;
  }

  /** Whether a try is about to come. */
  get isWaiting(): boolean {
    return this.#timer !== null;
  }

  /**
   * Waits for the next try.
   *
   * @param lastedMs How long the connection was open that was lost.
   * @returns The time until then, in milliseconds.
   */
  wait(connect: () => void, lastedMs: number): number {
    if (lastedMs > LASTED_MS) this.reset();
    this.#count++;
    const ms = this.#backoff.next();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      connect();
    }, ms);
    return ms;
  }

  /** Begins anew: somebody has connected by hand. */
  reset(): void {
    this.#count = 0;
    this.#backoff.reset();
  }

  /** Tries no more. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
