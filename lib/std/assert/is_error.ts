import { show, withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Makes sure that `error` is an `Error`, of a class and with a message if they are given.
 *
 * @param ErrorClass The class it must be an instance of.
 * @param msgMatches Text that its message must contain, or a pattern it must match.
 * @throws {AssertionError} If it is not such an error.
 */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  // deno-lint-ignore no-explicit-any -- a class is accepted whatever its constructor takes
  ErrorClass?: abstract new (...args: any[]) => E,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError(
      withReason(
        'Expected "error" to be an Error object',
        msg,
      ) + ` It was ${show(error)}`,
    );
  }
  if (ErrorClass !== undefined && !(error instanceof ErrorClass)) {
    throw new AssertionError(
      withReason(
        `Expected error to be instance of "${ErrorClass.name}", but was "${error.constructor?.name}"`,
        msg,
      ) + `\n\n${error.stack}`,
      { cause: error },
    );
  }
  if (msgMatches === undefined) return;
  const matches = typeof msgMatches === "string"
    ? error.message.includes(msgMatches)
    : msgMatches.test(error.message);
  if (matches) return;
  throw new AssertionError(
    withReason(
      `Expected error message to ${
        typeof msgMatches === "string" ? "include" : "match"
      } ${show(msgMatches)}, but got ${show(error.message)}`,
      msg,
    ),
    { cause: error },
  );
}
