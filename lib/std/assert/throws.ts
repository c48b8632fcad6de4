import { withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";
import { assertIsError } from "./is_error.ts";

/**
 * Makes sure that a function throws, and returns what it threw.
 *
 * @throws {AssertionError} If it returns.
 */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/**
 * Makes sure that a function throws an error of a class, and returns that error.
 *
 * @param msgIncludes Text that the error's message must contain.
 * @throws {AssertionError} If it returns, or throws something else.
 */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  // deno-lint-ignore no-explicit-any -- a class is accepted whatever its constructor takes
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  classOrMsg?: (abstract new (...args: unknown[]) => Error) | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const ErrorClass = typeof classOrMsg === "string" ? undefined : classOrMsg;
  const reason = typeof classOrMsg === "string" ? classOrMsg : msg;
  try {
    fn();
  } catch (error) {
    if (ErrorClass !== undefined) {
      assertIsError(error, ErrorClass, msgIncludes, reason);
    }
    return error;
  }
  throw new AssertionError(withReason("Expected function to throw", reason));
}
