import { type Child, type Program, startCommand } from "./command.ts";
import { type InlineProgram, startInline } from "./inline.ts";

/** What can be started for a client. */
export type AnyProgram = Program | InlineProgram;

/**
 * Starts a program, whichever kind it is.
 *
 * @param env Its whole environment.
 * @throws {SpawnError} If it cannot be started; a function always can.
 */
export function startProgram(
  program: AnyProgram,
  env: Readonly<Record<string, string>>,
): Child {
  return "run" in program
    ? startInline(program, env)
    : startCommand(program, env);
}
