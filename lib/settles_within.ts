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
  const { promise: timeout, resolve } = Promise.withResolvers<false>();
  const giveUp = () => resolve(false);
  const timer = setTimeout(giveUp, ms);
  void orUntil?.then(giveUp, giveUp);
  const settled = promise.then(() => true, () => true);
  const isSettled = await Promise.race([settled, timeout]);
  clearTimeout(timer);
  return isSettled;
}
