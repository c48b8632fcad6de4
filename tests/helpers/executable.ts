/**
 * The program under test when it is started from the command line:
 * `WEBSOCKETD_BIN=dist/websocketd deno task test:executable` runs the same
 * tests against a file that has been made of it.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../", import.meta.url);
const file = Deno.env.get("WEBSOCKETD_BIN") ?? "";

/** Whether the sources are tested, and not a file. */
export const IS_SOURCE: boolean = file === "";

/** The words that start it, before its flags. */
export const EXECUTABLE: readonly [string, ...string[]] = IS_SOURCE
  ? [
    Deno.execPath(),
    "run",
    "-A",
    "--quiet",
    fileURLToPath(new URL("main.ts", ROOT)),
  ]
  : [fileURLToPath(new URL(file, ROOT))];

/** The program with these flags, ready to be started. */
export function executable(
  args: readonly string[],
  options: Omit<Deno.CommandOptions, "args"> = {},
): Deno.Command {
  const [program, ...words] = EXECUTABLE;
  return new Deno.Command(program, { ...options, args: [...words, ...args] });
}
