import { startTimer } from "./shared_timer.ts";

/** Turns of the microtask queue in which a promise settles whose outcome is known already, through a few functions that await it. */
const TURNS = 4;

/**
 * Whether a promise settles within some time, and before another one does.
 * Leaves no timer behind. Never rejects.
 *
 * @param ms How long to wait, in milliseconds.
 * @param orUntil Ends the waiting early.
 */
export async function settlesWithin(
  promise: Promise<unknown>,
  ms: number,
  orUntil?: Promise<unknown>,
): Promise<boolean> {
  let isSettled = false;
  const settled = promise.then(() => isSettled = true, () => isSettled = true);
  // Most have been waited for when nothing was left to wait for: they need no timer.
  for (let turn = 0; turn < TURNS && !isSettled; turn++) await null;
  if (isSettled) return true;
  const { promise: timeout, resolve } = Promise.withResolvers<false>();
  const giveUp = () => resolve(false);
  const stop = startTimer(ms, giveUp);
  void orUntil?.then(giveUp, giveUp);
  await Promise.race([settled, timeout]);
  stop();
  return isSettled;
}
