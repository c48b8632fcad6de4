/**
 * `deno task test:executable`: runs the tests that start the program from the
 * command line against a file that has been made of it.
 *
 * @module
 */
import { ROOT } from "./run_deno.ts";

/** What a test imports that starts the program. */
const STARTS = /\/(?:server|executable|connect_process)\.ts"/;

if (import.meta.main) {
  const file = Deno.env.get("WEBSOCKETD_BIN");
  if (file === undefined) {
    console.error(
      "Cannot test: say which file, as in WEBSOCKETD_BIN=dist/websocketd",
    );
    Deno.exit(2);
  }
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", ...await testFiles(`${ROOT}tests`), ...Deno.args],
    cwd: ROOT,
  }).spawn().status;
  Deno.exit(code);
}

/** The tests under a directory that start the program. */
async function testFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await testFiles(path));
    else if (name.endsWith("_test.ts")) {
      const imports = (await Deno.readTextFile(path)).match(/from ".*"/g) ?? [];
      const isMet = imports.some((one) =>
        STARTS.test(one) && !one.includes("/lib/")
      );
      if (isMet) found.push(path);
    }
  }
  return found.sort();
}
