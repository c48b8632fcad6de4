import { withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Makes sure that a text matches a pattern.
 *
 * @throws {AssertionError} Otherwise.
 */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (!expected.test(actual)) {
    throw new AssertionError(
      withReason(`Expected actual: "${actual}" to match: "${expected}"`, msg),
    );
  }
}
