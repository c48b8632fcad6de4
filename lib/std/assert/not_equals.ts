import { show, withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";
import { equal } from "./equal.ts";

/**
 * Makes sure that two values are not equal, deeply.
 *
 * @throws {AssertionError} If they are.
 */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  throw new AssertionError(
    withReason(
      `Expected actual: ${show(actual)} not to be: ${show(expected)}`,
      msg,
    ),
  );
}
