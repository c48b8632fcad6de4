import { show, withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";
import { equal } from "./equal.ts";

/** Anything with a length and elements, but text. */
export type ArrayLikeArg<T> = ArrayLike<T> & object;

/**
 * Makes sure that every element of `expected` equals some element of `actual`.
 *
 * @throws {AssertionError} If one has no equal; its message lists the missing.
 */
export function assertArrayIncludes<T>(
  actual: ArrayLikeArg<T>,
  expected: ArrayLikeArg<T>,
  msg?: string,
): void {
  const present = Array.from(actual);
  const missing = Array.from(expected).filter((element) =>
    !present.some((candidate) => equal(element, candidate))
  );
  if (missing.length === 0) return;
  throw new AssertionError(
    withReason(
      `Expected actual: "${show(actual)}" to include: "${show(expected)}"`,
      msg,
    ) + `\nmissing: ${show(missing)}`,
  );
}
