import { AssertionError } from "./assertion_error.ts";

/**
 * Makes sure that `expr` is truthy.
 *
 * @throws {AssertionError} If it is not.
 */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}
