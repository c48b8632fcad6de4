import { show, withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Makes sure that two values are not the very same one, as `Object.is` tells.
 *
 * @throws {AssertionError} If they are.
 */
export function assertNotStrictEquals<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (!Object.is(actual, expected)) return;
  throw new AssertionError(
    withReason('Expected "actual" to not be strictly equal to', msg) +
      ` ${show(actual)}\n`,
  );
}
