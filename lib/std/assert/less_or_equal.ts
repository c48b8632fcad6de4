import { show, withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Makes sure that `actual` is less than or equal to `expected`.
 *
 * @throws {AssertionError} If it is not.
 */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (actual <= expected) return;
  throw new AssertionError(
    withReason(`Expect ${show(actual)} <= ${show(expected)}`, msg),
  );
}
