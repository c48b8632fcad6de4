/**
 * When to connect again.
 *
 * @module
 */

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

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
