import { withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Makes sure that two numbers differ by no more than `tolerance`.
 *
 * @param tolerance The largest difference allowed; one ten-millionth of `expected` unless given.
 * @throws {AssertionError} If they differ by more.
 */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const delta = Math.abs(expected - actual);
  const limit = tolerance ??
    (isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  if (delta <= limit) return;
  throw new AssertionError(
    withReason(
      `Expected actual: "${actual}" to be close to "${expected}": delta "${delta}" is greater than "${limit}"`,
      msg,
    ),
  );
}
