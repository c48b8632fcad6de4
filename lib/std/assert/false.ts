import { AssertionError } from "./assertion_error.ts";

/** Every value that counts as false, but `NaN`, which has no type of its own. */
export type Falsy = false | 0 | 0n | "" | null | undefined;

/**
 * Makes sure that `expr` is falsy.
 *
 * @throws {AssertionError} If it is not.
 */
export function assertFalse(expr: unknown, msg = ""): asserts expr is Falsy {
  if (expr) throw new AssertionError(msg);
}
