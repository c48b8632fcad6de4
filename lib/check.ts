/**
 * Checking values of which nothing is known: callers may write JavaScript.
 *
 * @module
 */
import { OptionError } from "./errors.ts";

/** Looks at a value. Returns what is wrong, or null. */
export type Check = (value: unknown) => Wrong | null;

/** What is wrong with a value. */
export interface Wrong {
  readonly value: unknown;
  /** What to write instead. */
  readonly instead: string;
}

/** For every option the flag that sets it, or null, and what its value must be. */
export type Checks<Options> = {
  readonly [Name in keyof Required<Options>]: readonly [
    flag: string | null,
    check: Check,
  ];
};

/** Timers of 2^31 ms and more fire at once; this is 23 days, and leaves room for what is added to it. */
const LONGEST_MS = 2_000_000_000;
/** Milliseconds that a timer can wait. */
export const DURATION: Check = fits(
  isDuration,
  `milliseconds, from 0 to ${LONGEST_MS}`,
);
/** A number of things, where 0 means any number. */
export const COUNT: Check = fits(isWhole, "a whole number, 0 for unlimited");
/** Yes or no. */
export const SWITCH: Check = fits(
  (value) => typeof value === "boolean",
  "true or false",
);

/**
 * Checks each option by itself. One that is undefined is right.
 *
 * @throws {OptionError} If a value cannot be used; the message names option and flag, and says what to write instead.
 */
export function checkAll<Options extends object>(
  options: Options,
  checks: Checks<Options>,
): void {
  for (
    const [name, [flag, check]] of Object.entries<
      Checks<Options>[keyof Options]
    >(checks)
  ) {
    const value: unknown = options[name as keyof Options];
    const wrong = value === undefined ? null : check(value);
    if (wrong === null) continue;
    throw new OptionError(
      `Cannot use ${
        Deno.inspect(wrong.value, { strAbbreviateSize: 100 })
      } for ${name}${
        flag === null ? "" : ` (${flag})`
      }: write ${wrong.instead}`,
    );
  }
}

/** A value that has to be of one kind. */
export function fits(is: (value: unknown) => boolean, instead: string): Check {
  return (value) => is(value) ? null : { value, instead };
}

/** A list whose entries all have to be of one kind; the first that is not is the wrong one. */
export function each(is: (entry: unknown) => boolean, instead: string): Check {
  return (value) => {
    if (!Array.isArray(value)) return { value, instead };
    const at = value.findIndex((entry) => !is(entry));
    return at === -1 ? null : { value: value[at], instead };
  };
}

/** One of some words. */
export function oneOf(...words: readonly string[]): Check {
  return fits(
    (value) => words.some((word) => word === value),
    `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`,
  );
}

/** Whether this is a text. */
export function isString(value: unknown): value is string {
  return typeof value === "string";
}

/** Whether this is a whole number that is exact. */
export function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isDuration(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value <= LONGEST_MS;
}
