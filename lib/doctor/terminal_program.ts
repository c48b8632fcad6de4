import type { Program } from "../process/command.ts";
import { PLATFORM } from "../process/platform.ts";
import { resolveCommand } from "../process/resolve_command.ts";

/**
 * The same program with a terminal for its stdout, as people try it by hand:
 * through `script` of util-linux. stdin stays a pipe, so that neither an echo nor
 * a prompt comes between. Null where there is no such `script`.
 *
 * The environment has to have `SHELL=/bin/sh`.
 */
export function terminalProgram(
  { command, args = [], cwd }: Program,
): Program | null {
  // Those of macOS and the BSDs know other options.
  if (PLATFORM !== "linux") return null;
  let script: string;
  try {
    script = resolveCommand("script");
  } catch {
    return null;
  }
  const words = [command, ...args].map(quote).join(" ");
  // `script` copies its own stdin to the terminal: the program's stdin goes by it, as number 3.
  return {
    command: "/bin/sh",
    args: [
      "-c",
      'exec "$0" -qefc "$1" /dev/null 3<&0 </dev/null',
      script,
      `exec ${words} <&3 3<&- 2>/dev/null`,
    ],
    cwd,
  };
}

/** A word for a shell that takes nothing in it for its own. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
