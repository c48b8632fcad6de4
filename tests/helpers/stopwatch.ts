/**
 * Time as a test may measure it: a busy machine makes everything late, and that
 * is nobody's fault.
 *
 * @module
 */

/** How much of its time a machine is taken to have been busy that does not tell. */
const UNKNOWN = 3 / 4;

/** Measures how long something takes. Starts when it is made. */
export class Stopwatch {
  readonly #began = performance.now();
  readonly #stalled = stalledMs();

  /** Time that has passed, in milliseconds. For "no earlier than". */
  get wallMs(): number {
    return performance.now() - this.#began;
  }

  /** How much of it was no fault of what is measured: somebody on this machine waited for a processor or a disk (`/proc/pressure`). */
  get busyMs(): number {
    const now = stalledMs();
    return this.#stalled === null || now === null
      ? this.wallMs * UNKNOWN
      : Math.min(this.wallMs, now - this.#stalled);
  }

  /** What is left of it. For "no later than": strict on a machine at rest, while one that is busy all the time shows nothing. */
  get ms(): number {
    return this.wallMs - this.busyMs;
  }
}

/** How long processes of this machine have been held up since it was started, in milliseconds; null if it does not tell. */
function stalledMs(): number | null {
  try {
    return totalMs("cpu") + totalMs("io");
  } catch {
    return null;
  }
}

function totalMs(resource: string): number {
  const text = Deno.readTextFileSync(`/proc/pressure/${resource}`);
  return Number(/^some .*total=(\d+)/m.exec(text)![1]) / 1000;
}
