/** `check` as a user starts it. */
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventually, within } from "../helpers/deadline.ts";
import { allGone } from "../helpers/processes.ts";
import { Scratch } from "../helpers/scratch.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

interface Checked {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function start(
  words: readonly string[],
  env: Record<string, string> = {},
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", MAIN, ...words],
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs `main.ts check …` to its end. */
async function check(
  words: readonly string[],
  env?: Record<string, string>,
): Promise<Checked> {
  const { code, stdout, stderr } = await start(["check", ...words], env)
    .output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

Deno.test("check ends with 0 when nothing is wrong, and says what it looked at", async () => {
  const { code, stdout, stderr } = await check(["--port=0", "echo", "hi"]);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^ok {7}program: "[^"]*\/echo"/);
  assertMatch(stdout, /\nok {7}exit: .*exit 0\n/);
  assertMatch(stdout, /\nno problems, no warnings\n$/);
});

Deno.test("check ends with 0 when there are warnings only", async () => {
  const { code, stdout } = await check([
    "--no-run",
    "--port=0",
    "--origin=*",
    "cat",
  ]);
  assertEquals(code, 0);
  assertMatch(stdout, /\nno problems, 1 warning\n$/);
});

Deno.test("check ends with 1 when there is a problem, and looks at all the rest", async () => {
  const { code, stdout } = await check([
    "--port=0",
    "--staticdir=/nosuch",
    "nosuchprogram",
  ]);
  assertEquals(code, 1);
  assertMatch(stdout, /^problem {2}program: .*no such program in PATH/);
  assertMatch(stdout, /\nproblem {2}--staticdir: "\/nosuch" is not there/);
  assertMatch(stdout, /\nok {7}port: /);
  assertMatch(stdout, /\n2 problems, no warnings\n$/);
});

Deno.test("check does not start the program with --no-run", async () => {
  using scratch = new Scratch();
  const path = scratch.script("program", '#!/bin/sh\necho 1 >"$0.ran"\n');
  assertEquals((await check(["--no-run", "--port=0", path])).code, 0);
  assertEquals(scratch.read("program.ran"), "");
  assertEquals((await check(["--port=0", path])).code, 0);
  assertEquals(scratch.read("program.ran"), "1\n");
});

Deno.test("check --format=json prints an object a line and nothing else", async () => {
  const { stdout } = await check(["--format=json", "--port=0", "echo", "hi"]);
  const found = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert(found.length >= 3);
  for (const finding of found) {
    assertEquals(Object.keys(finding), [
      "mark",
      "subject",
      "message",
      "advice",
    ]);
  }
});

for (
  const [words, code, message] of [
    [["--prot=80", "cat"], 2, /Did you mean --port=80\?/],
    [["--format=xml", "cat"], 2, /Use one of: text, json/],
    [["--port=abc", "cat"], 2, /invalid value "abc"/],
    [["--engine=fast", "cat"], 1, /Incorrect engine flag 'fast'/],
    [["--ssl", "cat"], 1, /--sslcert and --sslkey/],
    [["--metrics=metrics", "cat"], 1, /Cannot use "metrics" for metrics/],
    [["--port=80"], 1, /Please specify COMMAND/],
  ] as const
) {
  Deno.test(`check ${words.join(" ")} ends as the server does`, async () => {
    const { code: is, stdout, stderr } = await check(words);
    assertEquals([is, stdout], [code, ""]);
    assertMatch(stderr, message);
  });
}

Deno.test("check tells of a port that is none", async () => {
  const { code, stdout } = await check(["--no-run", "--port=99999", "cat"]);
  assertEquals(code, 1);
  assertMatch(stdout, /^problem {2}port: .*99999.*0 to 65535/);
});

Deno.test("check tells of a boolean flag that would take the program for its value", async () => {
  const { stdout } = await check([
    "--no-run",
    "--port=0",
    "--binary",
    "true",
    "cat",
  ]);
  assertMatch(stdout, /^warning {2}command: --binary takes no word/);
});

Deno.test("check --help goes to stdout", async () => {
  const { code, stdout } = await check(["--help"]);
  assertEquals(code, 0);
  assertMatch(stdout, /^Usage:\n\n.* check \[options\] COMMAND/);
});

Deno.test("check kills the program when it is ended itself", async () => {
  using scratch = new Scratch();
  const path = scratch.script(
    "program",
    `#!/bin/sh
echo $$ >"$0.pid"
trap '' INT TERM
while :; do sleep 1; done
`,
  );
  const process = start(["check", "--port=0", "--closems=100000", path]);
  const [pid] = await eventually(
    () => scratch.lines("program.pid")[0] && scratch.lines("program.pid"),
    "the program to start",
  );
  process.kill("SIGTERM");
  const { code } = await within(process.output(), "check to end");
  assertEquals(code, 143);
  await allGone([Number(pid)], 0);
});

Deno.test("check says how a program of that name is served", async () => {
  using scratch = new Scratch();
  scratch.script("check", "#!/bin/sh\n");
  const PATH = `${scratch.path}:${Deno.env.get("PATH")}`;
  const { stderr } = await check(["--no-run", "--port=0", "cat"], { PATH });
  assertMatch(stderr, /^Hint: this checks .*\/check to serve the program/);
});

Deno.test("check alone is a program, as in the original", async () => {
  const { code, stderr } = await check([]);
  assertEquals(code, 1);
  assertMatch(stderr, /Unable to locate specified COMMAND 'check'/);
  assertMatch(stderr, /Hint: write check --help/);
});
