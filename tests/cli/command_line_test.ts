import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  type Answer,
  readCommandLine,
  type Reading,
} from "../../lib/cli/command_line.ts";
import { longHelp, shortHelp, versionText } from "../../lib/cli/help.ts";

function read(line: string): Reading {
  return readCommandLine(line === "" ? [] : line.split(" "), "websocketd");
}

function answerTo(line: string): Answer {
  const { answer } = read(line);
  assert(answer !== undefined, `${line} would serve`);
  return answer;
}

const HELP = shortHelp("websocketd");

for (
  const [line, answer] of [
    ["", {
      code: 1,
      stdout: "Command line arguments are missing.\n",
      stderr: HELP,
    }],
    ["--help", { code: 0, stdout: longHelp("websocketd"), stderr: "" }],
    ["--version nosuch", { code: 0, stdout: versionText(), stderr: "" }],
    // As in the newest original; 0.4.1 judges the log level first.
    ["--version --loglevel=x", {
      code: 0,
      stdout: versionText(),
      stderr: "",
    }],
    ["--license --version", { code: 0, stdout: versionText(), stderr: "" }],
    ["--loglevel=x", {
      code: 1,
      stdout:
        "Incorrect loglevel flag 'x'. Use one of: debug, trace, access, info, error, fatal, none.\n",
      stderr: HELP,
    }],
    ["--binary --raw cat", {
      code: 1,
      stdout: "",
      stderr: "Cannot use --binary with --raw: choose one\n",
    }],
    ["---", {
      code: 2,
      stdout: "",
      stderr:
        `bad flag syntax: ---\nA flag is one or two dashes and a name, such as --port=8080\n${HELP}`,
    }],
  ] as [string, Answer][]
) {
  Deno.test(`readCommandLine() answers "${line}" with code ${answer.code}`, () => {
    assertEquals(answerTo(line), answer);
  });
}

Deno.test("readCommandLine() begins with the original's words when there is no such COMMAND", () => {
  const { code, stdout, stderr } = answerTo("no-such-program x");
  assertEquals([code, stdout], [1, ""]);
  assert(
    stderr.startsWith(
      "Unable to locate specified COMMAND 'no-such-program' in OS path.\n",
    ),
    stderr,
  );
  assert(stderr.endsWith(HELP), stderr);
});

Deno.test("readCommandLine() says the same of a directory", () => {
  assertStringIncludes(answerTo("/").stderr, "specified COMMAND '/'");
});

Deno.test("readCommandLine() plans for the program that PATH has", () => {
  const { plan, hints } = read("--port=0 cat -");
  assert(plan !== undefined);
  assert(plan.options.command?.endsWith("/cat"), plan.options.command);
  assertEquals(plan.options.args, ["-"]);
  assertEquals(hints, []);
});

Deno.test("readCommandLine() hints at a boolean that seems to be given a word", () => {
  const { plan, hints } = read("--binary true cat");
  assertEquals(plan?.options.framing, "chunks");
  assertEquals(plan?.options.args, ["cat"]);
  assertEquals(hints, [
    'Hint: --binary takes no word of its own, so COMMAND is "true" here; write --binary=true if that is not meant',
  ]);
  assertEquals(read("--binary cat true").hints, []);
  assertEquals(read("--binary -- true").hints, []);
});
