import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { FLAGS, flagUsage } from "../../lib/cli/flags.ts";
import { flagsMarkdown } from "../../lib/cli/flags_markdown.ts";
import {
  licenseText,
  longHelp,
  shortHelp,
  versionText,
} from "../../lib/cli/help.ts";
import { LICENSE_TEXT } from "../../lib/cli/license.ts";

Deno.test("the help explains every flag of the table, in 80 columns", () => {
  const help = longHelp("websocketd");
  for (const flag of FLAGS) {
    assertStringIncludes(help, `\n  ${flagUsage(flag)} `);
  }
  for (const line of help.split("\n")) {
    assert(line.length <= 80, line);
    assertEquals(line, line.trimEnd());
  }
});

Deno.test("the help shows the program as it was started", () => {
  assertStringIncludes(longHelp("./w"), "\n  ./w [options] COMMAND");
  assertStringIncludes(shortHelp("./w"), "\n    ./w --help\n");
});

Deno.test("the short help begins with an empty line, as the original's", () => {
  assert(shortHelp("websocketd").startsWith("\nUsage:\n\n  Export a single"));
});

Deno.test("the version names Deno and the platform", () => {
  assert(
    /^websocketd \S+ \(deno \d+\.\d+\.\d+ \S+\)\n$/.test(versionText()),
    versionText(),
  );
});

Deno.test("the license is that of the file LICENSE, behind the version", async () => {
  const file = await Deno.readTextFile(
    new URL("../../LICENSE", import.meta.url),
  );
  assertEquals(LICENSE_TEXT, file);
  assertEquals(licenseText(), `${versionText()}\n${file}`);
});

Deno.test("flagsMarkdown() is formatted as deno fmt does, with a row for every flag", async () => {
  const markdown = flagsMarkdown();
  for (const flag of FLAGS) {
    assertStringIncludes(markdown, `| \`${flagUsage(flag)}\``);
  }
  const formatter = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext=md", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = ReadableStream.from([markdown])
    .pipeThrough(new TextEncoderStream());
  await input.pipeTo(formatter.stdin);
  const { stdout } = await formatter.output();
  assertEquals(markdown, new TextDecoder().decode(stdout));
});
