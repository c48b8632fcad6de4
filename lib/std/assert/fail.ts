import { withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Fails the test.
 *
 * @throws {AssertionError} Always.
 */
export function fail(msg?: string): never {
  throw new AssertionError(withReason("Failed assertion", msg));
}
