/**
 * Waiting with an end: no test hangs, and each says what it waited for.
 *
 * @module
 */

/** How long a test waits for something that should happen at once, in milliseconds. Long, as test machines are busy. */
const PATIENCE_MS = 30_000;

/**
 * The value of a promise, or an error that says what did not happen in time.
 *
 * @param what What is waited for, as in "the client to be closed".
 */
export async function within<T>(
  promise: Promise<T>,
  what: string,
  ms: number = PATIENCE_MS,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`Waited ${ms} ms in vain for ${what}`)),
    ms,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Looks again and again until a look finds something: neither undefined nor
 * false. For states that nothing tells about, such as a process that is gone.
 */
export async function eventually<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  what: string | (() => string),
  ms: number = PATIENCE_MS,
): Promise<T> {
  const until = performance.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > until) {
      throw new Error(
        `Waited ${ms} ms in vain for ${
          typeof what === "string" ? what : what()
        }`,
      );
    }
    await pause(10);
  }
}

/** Time that passes because time is what a test is about: a client that does not read for so long. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
