import { delayMs } from "./reconnecting.ts";

/** A connection that lasted this long was a good one: waiting starts over, in milliseconds. */
const LASTED_MS = 5000;

/** Tries to connect again, each after a wait. */
export class Retries {
  /** Tries since the last connection that lasted. */
  count = 0;
  #timer: number | null = null;

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
    if (lastedMs > LASTED_MS) this.count = 0;
    const ms = delayMs(this.count++, Math.random());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      connect();
    }, ms);
    return ms;
  }

  /** Tries no more. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
