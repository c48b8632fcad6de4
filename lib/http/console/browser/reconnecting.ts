/**
 * When to connect again.
 *
 * @module
 */

/** Endings that another try may cure: the server stops, restarts, is busy, or the connection was lost. Any other would come again. */
const PASSING: ReadonlySet<number> = new Set([1001, 1006, 1012, 1013, 1014]);

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Whether to connect again after a close code: never when the program has ended or a message was refused. */
export function isPassing(code: number): boolean {
  return PASSING.has(code);
}

/**
 * How long to wait before another try, in milliseconds: a random part of a
 * time that doubles, so that many clients of one server do not come at once.
 *
 * @param attempt Tries since the last connection that lasted, from 0.
 * @param random From 0 up to 1.
 */
export function delayMs(attempt: number, random: number): number {
  return Math.round(random * Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt));
}
