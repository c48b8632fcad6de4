import { diff } from "./_diff.ts";
import { withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";
import { equal } from "./equal.ts";

/**
 * Makes sure that two values are equal, deeply.
 *
 * @throws {AssertionError} If they are not; its message shows the difference.
 */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  throw new AssertionError(
    withReason("Values are not equal", msg) + diff(actual, expected),
  );
}
