import { withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Makes sure that a value is neither null nor undefined.
 *
 * @throws {AssertionError} If it is one of the two.
 */
export function assertExists<T>(
  actual: T,
  msg?: string,
): asserts actual is NonNullable<T> {
  if (actual !== undefined && actual !== null) return;
  throw new AssertionError(
    withReason(`Expected actual: "${actual}" to not be null or undefined`, msg),
  );
}
