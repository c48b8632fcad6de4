import { withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/**
 * Marks a place that is never reached.
 *
 * @throws {AssertionError} Always.
 */
export function unreachable(reason?: string): never {
  throw new AssertionError(withReason("Unreachable", reason));
}
