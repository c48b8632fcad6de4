/**
 * Which program a WebSocket gets.
 *
 * @module
 */
import type { AnyProgram } from "../process/start_program.ts";
import { badHandshake } from "./handshake.ts";
import type { Refusal } from "./refuse.ts";
import type { RequestTarget } from "./request.ts";

/** A program, and what of the URL led to it. */
export interface LocatedProgram {
  /** What to start. */
  readonly program: AnyProgram;
  /** The program and its arguments, for the log. */
  readonly command: readonly string[];
  /** The part of the decoded path that names the program: `SCRIPT_NAME`. */
  readonly scriptName: string;
  /** The decoded path behind it: `PATH_INFO`. */
  readonly pathInfo: string;
}

/** Finds the program for a URL, or says why there is none. Never rejects. */
export type FindProgram = (
  target: RequestTarget,
) => LocatedProgram | Refusal | Promise<LocatedProgram | Refusal>;

/** One program for every URL, started as `program`, shown as `command`. */
export function everyPath(
  program: AnyProgram,
  command: readonly string[],
): FindProgram {
  return ({ path }) =>
    path === null
      ? badHandshake(
        'The path has a "." or ".." segment, a NUL or percent-encoding that is not UTF-8',
      )
      : { program, command, scriptName: "/", pathInfo: path };
}
