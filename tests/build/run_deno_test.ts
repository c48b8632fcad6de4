import { assertEquals } from "@std/assert";
import { runDeno } from "../../.build/run_deno.ts";
import { Scratch } from "../helpers/scratch.ts";

Deno.test({
  name:
    "deno task compile finds its files in a directory whose name has a space, a percent sign and more than ASCII",
  ignore: Deno.build.os === "windows",
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const project = scratch.file("my 100% café");
    await Deno.mkdir(`${project}/.build`, { recursive: true });
    await Deno.copyFile(
      new URL("../../.build/run_deno.ts", import.meta.url),
      `${project}/.build/run_deno.ts`,
    );
    const main = `${project}/.build/main.ts`;
    await Deno.writeTextFile(
      main,
      'import { ROOT } from "./run_deno.ts"; console.log(ROOT);',
    );
    const { stdout, stderr } = await runDeno(["run", "-A", main]);
    assertEquals(stdout, `${project}/\n`, stderr);
  },
});
