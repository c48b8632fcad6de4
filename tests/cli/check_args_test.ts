import { assertEquals, assertThrows } from "@std/assert";
import { readCheckArgs } from "../../lib/cli/check/check_args.ts";
import { CHECK_FLAGS } from "../../lib/cli/check/check_flags.ts";
import { checkHelp } from "../../lib/cli/check/check_help.ts";
import { findFlag, FLAGS } from "../../lib/cli/flags.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";

const DEFAULTS = {
  help: false,
  run: true,
  send: "hello",
  format: "text",
} as const;

for (
  const [line, wanted] of [
    ["cat", { server: ["cat"] }],
    ["--no-run cat", { run: false, server: ["cat"] }],
    ["--no-run=false cat", { server: ["cat"] }],
    ["--port 80 --no-run cat -n", {
      run: false,
      server: ["--port", "80", "cat", "-n"],
    }],
    ["--binary --send=x cat", { send: "x", server: ["--binary", "cat"] }],
    ["-send x cat", { send: "x", server: ["cat"] }],
    ["--send= cat", { send: null, server: ["cat"] }],
    ["--format=json cat", { format: "json", server: ["cat"] }],
    ["cat --no-run", { server: ["cat", "--no-run"] }],
    ["-- cat --no-run", { server: ["--", "cat", "--no-run"] }],
    ["- --no-run", { server: ["-", "--no-run"] }],
    // A value that looks like a flag of check is one of the server's.
    ["--origin --no-run cat", { server: ["--origin", "--no-run", "cat"] }],
    ["--nosuch --no-run cat", { run: false, server: ["--nosuch", "cat"] }],
    ["--share --no-run cat", { run: false, server: ["--share", "cat"] }],
    ["--port", { server: ["--port"] }],
    ["--help --format=xml", { help: true, server: [] }],
  ] as const
) {
  Deno.test(`readCheckArgs() reads check ${line}`, () => {
    assertEquals(readCheckArgs(line.split(" ")), {
      ...DEFAULTS,
      ...wanted,
      server: [...wanted.server],
    });
  });
}

for (
  const [line, message] of [
    ["--format=xml cat", "Use one of: text, json."],
    ["--no-run=maybe cat", "Write --no-run or --no-run=false"],
    ["--send", "Write --send=LINE"],
  ]
) {
  Deno.test(`readCheckArgs() refuses check ${line}`, () => {
    const error = assertThrows(
      () => readCheckArgs(line.split(" ")),
      UsageError,
      message,
    );
    assertEquals(error.code, 2);
  });
}

Deno.test("no flag of check is one of the server's, but for help", () => {
  const names = CHECK_FLAGS.map(({ name }) => name);
  assertEquals(names.filter((name) => findFlag(name) !== undefined), ["help"]);
  assertEquals(FLAGS.length > 0, true);
});

Deno.test("check --help explains every flag, in 80 columns", () => {
  const help = checkHelp("websocketd");
  for (const { name } of CHECK_FLAGS) {
    assertEquals(help.includes(`\n  --${name}`), true, name);
  }
  for (const line of help.split("\n")) {
    assertEquals(line.length <= 80, true, line);
    assertEquals(line, line.trimEnd());
  }
});
