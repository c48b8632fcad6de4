/**
 * What a look at a server that is not yet one has found.
 *
 * @module
 */

/** `problem`: it cannot work so. `warning`: it works, and will surprise. */
export type Mark = "ok" | "warning" | "problem";

/** One thing that was looked at. */
export interface Finding {
  /** How bad it is. */
  readonly mark: Mark;
  /** What was looked at, in one or two words: `certificate`. */
  readonly subject: string;
  /** What is so, in one line. Parts of it may come from files and programs: to be escaped before it is shown. */
  readonly message: string;
  /** What to do, in one line; null where nothing is to be done, or the message says it. */
  readonly advice: string | null;
}

/** All is well. */
export function ok(subject: string, message: string): Finding {
  return { mark: "ok", subject, message, advice: null };
}

/** It works, and will surprise. */
export function warning(
  subject: string,
  message: string,
  advice: string | null = null,
): Finding {
  return { mark: "warning", subject, message, advice };
}

/** It cannot work so. */
export function problem(
  subject: string,
  message: string,
  advice: string | null = null,
): Finding {
  return { mark: "problem", subject, message, advice };
}

/** An error of this library as a problem: its message says what to do. */
export function failure(subject: string, error: unknown): Finding {
  return problem(subject, (error as Error).message);
}
