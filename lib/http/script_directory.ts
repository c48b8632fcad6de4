/**
 * Programs for WebSockets, found by the path of the URL.
 *
 * @module
 */
import { whyNotStartable } from "../process/command.ts";
import { type Unbuffer, unbuffered } from "../process/unbuffer.ts";
import type { FindProgram } from "./program.ts";
import type { Refusal } from "./refuse.ts";
import { openRoot, pathSegments, walk } from "./safe_path.ts";

/** How the programs of a directory are started. */
export interface ScriptDirectoryOptions {
  /** Their working directory. Default: the server's. */
  readonly cwd?: string;
  /** What makes them print at once. @default {"off"} */
  readonly unbuffer?: Unbuffer;
}

/**
 * Serves every program below a directory: the path of the URL leads down to the
 * first file, which is the program (`SCRIPT_NAME`), and the rest is for the
 * program to read (`PATH_INFO`). Where there is no file, and for paths that
 * would lead out of the directory: 404. A file that cannot be started: 500.
 *
 * @throws {OptionError} If there is no such directory, or `unbuffer` needs a program that is missing.
 */
export function scriptDirectory(
  dir: string,
  { cwd, unbuffer = "off" }: ScriptDirectoryOptions = {},
): FindProgram {
  const root = openRoot(dir, "--dir");
  unbuffered({ command: root }, unbuffer);
  return async ({ rawPath }) => {
    const segments = pathSegments(rawPath);
    const found = segments === null ? null : await walk(root, segments);
    if (segments === null || !found?.info.isFile) return NOT_FOUND;
    const scriptName = `/${segments.slice(0, found.used).join("/")}`;
    const problem = whyNotStartable(found.path, scriptName.slice(1));
    if (problem !== null) return notStartable(scriptName, problem);
    return {
      program: unbuffered({ command: found.path, cwd }, unbuffer),
      command: [found.path],
      scriptName,
      pathInfo: segments.slice(found.used).map((name) => `/${name}`).join(""),
    };
  };
}

const NOT_FOUND: Refusal = {
  status: 404,
  reason: "program",
  message: "404 no program at this path: the directory (--dir) has none there",
};

/** A file is where the client asks for a program, and the system would not start it. */
export function notStartable(scriptName: string, problem: string): Refusal {
  return {
    status: 500,
    reason: "program",
    message: `Cannot start ${JSON.stringify(scriptName)}: ${problem}`,
  };
}
