import { diff } from "./_diff.ts";
import { show, withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Makes sure that two values are the very same one, as `Object.is` tells.
 *
 * @throws {AssertionError} If they are not.
 */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  if (show(actual) === show(expected)) {
    throw new AssertionError(
      withReason(
        "Values have the same structure but are not reference-equal",
        msg,
      ) + `\n\n    ${show(actual)}\n`,
    );
  }
  throw new AssertionError(
    withReason("Values are not strictly equal", msg) + diff(actual, expected),
  );
}
