import { withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Makes sure that a text contains another.
 *
 * @throws {AssertionError} If it does not.
 */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(
    withReason(`Expected actual: "${actual}" to contain: "${expected}"`, msg),
  );
}
