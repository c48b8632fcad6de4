import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CHECK_FLAGS } from "../../lib/cli/check/check_flags.ts";
import { readCommandLine } from "../../lib/cli/command_line.ts";
import { CONNECT_FLAGS } from "../../lib/cli/connect/connect_flags.ts";
import { FLAG_GROUPS, FLAGS, flagUsage } from "../../lib/cli/flags.ts";
import { manPage } from "../../lib/cli/man/man_page.ts";
import { mdocText, mdocWord } from "../../lib/cli/man/mdoc.ts";
import { isMissing } from "../examples/example.ts";

interface Shown {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Gives the page to a program, as a file. */
async function show(command: string, ...args: string[]): Promise<Shown> {
  const file = await Deno.makeTempFile({ suffix: ".1" });
  try {
    await Deno.writeTextFile(file, manPage());
    const { code, stdout, stderr } = await new Deno.Command(command, {
      args: [...args, file],
      env: { LC_ALL: "C.UTF-8", MANWIDTH: "80", MAN_KEEP_FORMATTING: "" },
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("--man prints the manual page", () => {
  const { answer } = readCommandLine(["--man"], "websocketd");
  assertEquals(answer, { code: 0, stdout: manPage(), stderr: "" });
});

Deno.test({
  name: "mandoc finds nothing to warn of in the manual page",
  ignore: isMissing("mandoc"),
  async fn(): Promise<void> {
    const { code, stdout } = await show("mandoc", "-Tlint", "-Wwarning");
    assertEquals([code, stdout], [0, ""]);
  },
});

Deno.test({
  name:
    "man shows the manual page without a warning, every flag as it is typed",
  ignore: isMissing("man"),
  async fn(): Promise<void> {
    const { code, stdout, stderr } = await show(
      "man",
      "--warnings",
      "-E",
      "UTF-8",
      "-l",
    );
    assertEquals([code, stderr], [0, ""]);
    for (const line of stdout.split("\n")) assert(line.length <= 80, line);
    for (const flag of FLAGS) {
      assertStringIncludes(stdout, `\n     ${flagUsage(flag)}`);
    }
    for (const { name } of [...CHECK_FLAGS, ...CONNECT_FLAGS]) {
      assertStringIncludes(stdout, `--${name}`);
    }
    for (const group of FLAG_GROUPS) {
      assertStringIncludes(stdout, `\n   ${group}\n`);
    }
    assertStringIncludes(stdout, "websocketd --address='*' --origin=https");
  },
});

Deno.test("mdocText() begins each sentence on a line, and no line with a command", () => {
  assertEquals(mdocText("One. Two: 3? '*' x"), [
    "One.",
    "Two:",
    "3?",
    "\\(aq*\\(aq x",
  ]);
  assertEquals(mdocText(". x"), ["\\&.", "x"]);
  assertEquals(mdocText("a\\b ~ `"), ["a\\eb \\(ti \\(ga"]);
});

Deno.test("mdocText() lets no word be broken that is to be typed", () => {
  assertEquals(mdocText("use --a-b in A_B or prose"), [
    "use \\%\\-\\-a\\-b in \\%A_B or prose",
  ]);
});

Deno.test("mdocWord() keeps words together, and takes none for a command", () => {
  assertEquals(mdocWord("'NAME: VALUE'"), '"\\(aqNAME: VALUE\\(aq"');
  assertEquals(mdocWord("Ar"), "\\&Ar");
  assertEquals(mdocWord("N"), "\\&N");
  assertEquals(mdocWord("PORT"), "PORT");
});
