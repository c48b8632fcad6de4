import { assert } from "@std/assert";
import { bundle } from "../../.build/bundle.ts";
import { writePortable } from "../../.build/portable.ts";
import { ROOT } from "../../.build/run_deno.ts";
import { Scratch } from "../helpers/scratch.ts";

/**
 * Some tests that start the program from the command line, and are quickly
 * done. `deno task test:executable` runs all of them.
 */
const SUITE = [
  "tests/cli/main_test.ts",
  "tests/e2e/access_test.ts",
  "tests/e2e/connect_test.ts",
  "tests/e2e/web_test.ts",
];
const FILTER = "/^(main\\.ts|connect)/";

Deno.test({
  name:
    "the portable file, away from the sources, passes tests of the command line",
  ignore: Deno.build.os === "windows",
  async fn(): Promise<void> {
    using scratch = new Scratch();
    await Deno.mkdir(scratch.file("bundle"));
    const portable = scratch.file("websocketd");
    await writePortable(await bundle(scratch.file("bundle")), portable);
    // Nothing is left of what it was made from.
    await Deno.remove(scratch.file("bundle"), { recursive: true });
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      {
        args: ["test", "-A", "--quiet", `--filter=${FILTER}`, ...SUITE],
        cwd: ROOT,
        env: {
          NO_COLOR: "1",
          WEBSOCKETD_BIN: portable,
          XDG_CACHE_HOME: scratch.file("cache"),
        },
      },
    ).output();
    const said = new TextDecoder().decode(stdout) +
      new TextDecoder().decode(stderr);
    assert(success, said);
    const [, passed] = /^ok \| (\d+) passed/m.exec(said)!;
    assert(Number(passed) >= 20, said);
  },
});
