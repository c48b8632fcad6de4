import { withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Makes sure that a text does not match a pattern.
 *
 * @throws {AssertionError} Otherwise.
 */
export function assertNotMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (expected.test(actual)) {
    throw new AssertionError(
      withReason(
        `Expected actual: "${actual}" to not match: "${expected}"`,
        msg,
      ),
    );
  }
}
