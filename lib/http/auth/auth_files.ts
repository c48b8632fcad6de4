import { resolveCommand } from "../../process/resolve_command.ts";

/**
 * The files that entries of `auth` name: passwords, tokens, and the programs
 * that decide. Nobody should read them.
 *
 * @param auth Entries that may be wrong: those name nothing.
 * @returns Their paths, as they were given; of a program that was found in PATH, where it is.
 */
export function authFiles(auth: readonly string[]): string[] {
  return auth.flatMap((entry) => {
    const [, kind, value] = /^(basic|token|exec):(.+)$/s.exec(entry) ?? [];
    if (kind === undefined) return [];
    return kind === "exec" ? programFile(value) : [value];
  });
}

/** None if there is no such program, which is for others to tell. */
function programFile(command: string): string[] {
  try {
    return [resolveCommand(command)];
  } catch {
    return [];
  }
}
