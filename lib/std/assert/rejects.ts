import { withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";
import { assertIsError } from "./is_error.ts";

/**
 * Makes sure that the promise a function returns is rejected, and resolves to what it was rejected with.
 *
 * @throws {AssertionError} If the promise is fulfilled, or the function throws before it returns one. As a rejection, never synchronously.
 */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/**
 * Makes sure that the promise a function returns is rejected with an error of a class, and resolves to that error.
 *
 * @param msgIncludes Text that the error's message must contain.
 * @throws {AssertionError} If the promise is fulfilled or rejected with something else, or the function throws before it returns one. As a rejection, never synchronously.
 */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  // deno-lint-ignore no-explicit-any -- a class is accepted whatever its constructor takes
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: (abstract new (...args: unknown[]) => Error) | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const ErrorClass = typeof classOrMsg === "string" ? undefined : classOrMsg;
  const reason = typeof classOrMsg === "string" ? classOrMsg : msg;
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    throw new AssertionError(
      withReason("Function throws when expected to reject", reason),
      { cause: error },
    );
  }
  try {
    await promise;
  } catch (error) {
    if (ErrorClass !== undefined) {
      assertIsError(error, ErrorClass, msgIncludes, reason);
    }
    return error;
  }
  throw new AssertionError(withReason("Expected function to reject", reason));
}
