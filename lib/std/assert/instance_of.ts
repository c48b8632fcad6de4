import { withReason } from "./_message.ts";
import { AssertionError } from "./assertion_error.ts";

/** Any class, abstract ones too. */
// deno-lint-ignore no-explicit-any -- a class is accepted whatever its constructor takes
export type AnyConstructor = abstract new (...args: any[]) => any;

/** What a class makes. */
export type GetConstructorType<T extends AnyConstructor> = InstanceType<T>;

/**
 * Makes sure that `actual` is an instance of a class.
 *
 * @throws {AssertionError} If it is not; its message names what it is.
 */
export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is GetConstructorType<T> {
  if (actual instanceof expectedType) return;
  throw new AssertionError(
    withReason(
      `Expected object to be an instance of "${
        expectedType.name || "anonymous class"
      }" but was ${nameOf(actual)}`,
      msg,
    ),
  );
}

function nameOf(value: unknown): string {
  if (value === null) return '"null"';
  if (typeof value !== "object") return `"${typeof value}"`;
  return value.constructor?.name
    ? `an instance of "${value.constructor.name}"`
    : '"Object"';
}
