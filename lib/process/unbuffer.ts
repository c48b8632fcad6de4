/**
 * Programs that see a pipe instead of a terminal keep what they print until a
 * few KiB have come together; that is the first thing new users trip over.
 *
 * @module
 */
import { OptionError } from "../errors.ts";
import type { Program } from "./command.ts";
import { resolveCommand } from "./resolve_command.ts";

/** Ways to make programs print at once. */
export type Unbuffer = "env" | "stdbuf" | "off";

/**
 * A program as it has to be started so that it prints at once.
 *
 * `env` changes nothing but the environment (see {@linkcode unbufferEnv});
 * `stdbuf` starts it through GNU stdbuf, which helps programs that use the C
 * library's stdio.
 *
 * @throws {OptionError} If `stdbuf` is asked for and not installed.
 */
export function unbuffered(program: Program, unbuffer: Unbuffer): Program {
  if (unbuffer !== "stdbuf") return program;
  let stdbuf: string;
  try {
    stdbuf = resolveCommand("stdbuf");
  } catch (cause) {
    throw new OptionError(
      "Cannot use --unbuffer=stdbuf: there is no stdbuf in PATH (install GNU coreutils, or use --unbuffer=env)",
      { cause },
    );
  }
  return {
    ...program,
    command: stdbuf,
    args: ["-oL", "-eL", "--", program.command, ...program.args ?? []],
  };
}

/** Variables that make interpreters print at once and change nothing else. */
export function unbufferEnv(unbuffer: Unbuffer): Record<string, string> {
  return unbuffer === "env" ? { PYTHONUNBUFFERED: "1" } : {};
}
