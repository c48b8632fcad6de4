import { OptionError } from "../errors.ts";
import { PATH_SEPARATOR, PLATFORM } from "./platform.ts";
import { readVariable } from "./read_variable.ts";

/**
 * Finds a command the way a shell would: a name with a slash is a path, any
 * other is looked up in PATH. Done once at start, so that a misspelt command
 * is found before the first client.
 *
 * @param command What the user typed.
 * @returns The path to run: unchanged if it has a slash, else where PATH has it.
 * @throws {OptionError} If there is no such file, it cannot be executed, or PATH is not UTF-8; the message says what to do.
 *
 * @example
 * ```ts
 * import { resolveCommand } from "@websocketd/websocketd";
 * import { assertMatch } from "@std/assert";
 *
 * assertMatch(resolveCommand("sh"), /\/sh$/);
 * ```
 */
export function resolveCommand(command: string): string {
  if (command === "") {
    throw new OptionError("Cannot start an empty command: name a program");
  }
  if (
    /[/\\]/.test(command) && (PLATFORM === "windows" || command.includes("/"))
  ) {
    const problem = whyNotExecutable(command);
    if (problem !== null) {
      throw new OptionError(`Cannot start "${command}": ${problem}`);
    }
    return command;
  }
  const extensions = PLATFORM === "windows"
    ? ["", ...(Deno.env.get("PATHEXT") ?? ".COM;.EXE;.BAT;.CMD").split(";")]
    : [""];
  let problem: string | null = null;
  for (const directory of (readVariable("PATH") ?? "").split(PATH_SEPARATOR)) {
    for (const extension of extensions) {
      const path = `${
        directory === "" ? "." : directory
      }/${command}${extension}`;
      const found = whyNotExecutable(path);
      if (found === null) return path;
      if (found !== NO_SUCH_FILE) problem ??= `"${path}": ${found}`;
    }
  }
  if (problem !== null) {
    throw new OptionError(`Cannot start "${command}": ${problem}`);
  }
  const here = whyNotExecutable(`./${command}`);
  throw new OptionError(
    `Cannot start "${command}": no such program in PATH` +
      (here === NO_SUCH_FILE || here === DIRECTORY
        ? ""
        : ` (write ./${command} for the file in this directory)`),
  );
}

const NO_SUCH_FILE = "no such file";
const DIRECTORY = "it is a directory";

/**
 * Says why a path cannot be executed, or null if it can as far as the file
 * system tells.
 *
 * @param name How to call the file in what is said. Default: by its path.
 */
export function whyNotExecutable(path: string, name = path): string | null {
  let info: Deno.FileInfo;
  try {
    info = Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      return "permission denied";
    }
    return NO_SUCH_FILE;
  }
  if (info.isDirectory) return DIRECTORY;
  if (
    PLATFORM !== "windows" && info.mode !== null && (info.mode & 0o111) === 0
  ) {
    return `permission denied (chmod +x ${name})`;
  }
  return null;
}
