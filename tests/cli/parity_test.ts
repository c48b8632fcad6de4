/**
 * Debian's websocketd and ours read the same command lines. None of the lines
 * gets as far as serving.
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { readCommandLine } from "../../lib/cli/command_line.ts";

const ORIGINAL = "/usr/bin/websocketd";
const ignore = !isThere(ORIGINAL);
if (ignore) {
  console.log(`${ORIGINAL} is not installed: not compared with the original`);
}

interface Outcome {
  readonly code: number;
  /** First line of what is printed on each stream; undefined if nothing is. */
  readonly stdout?: string;
  readonly stderr?: string;
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

async function original(args: readonly string[]): Promise<Outcome> {
  const { code, stdout, stderr } = await new Deno.Command(ORIGINAL, {
    args: [...args],
    stdin: "null",
    signal: AbortSignal.timeout(5000),
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: firstLine(decoder.decode(stdout)),
    stderr: firstLine(decoder.decode(stderr)),
  };
}

function ours(args: readonly string[]): Outcome {
  const { answer } = readCommandLine(args, "websocketd");
  assert(answer !== undefined, "would serve");
  return {
    code: answer.code,
    stdout: firstLine(answer.stdout),
    stderr: firstLine(answer.stderr),
  };
}

function firstLine(text: string): string | undefined {
  return text === "" ? undefined : text.split("\n")[0];
}

/** Lines where exit code, streams and first line are the same. */
for (
  const line of [
    "",
    "--nosuch",
    "-nosuch=1 cat",
    "--nosuch --help",
    "---x",
    "---",
    "-=3",
    "--=3",
    "--port",
    "--port=",
    "--port=abc cat",
    "--port abc cat",
    "--port=99999999999999999999",
    "--port=08",
    "--port=1__0",
    "--port=1.5",
    "--port=-5 no-such-program",
    "--port=0x8ff no-such-program",
    "-port 0o17 no-such-program",
    "--maxforks=-0b1 no-such-program",
    "--closems=-1",
    "--closems=+5",
    "--closems=18446744073709551616",
    "--binary=maybe cat",
    "--binary= cat",
    "--binary=T no-such-program",
    "--binary=True no-such-program",
    "--sameorigin no-such-program",
    "--binary no-such-program true",
    "--port=1 --port=2 no-such-program",
    "--origin= no-such-program",
    "--passenv= no-such-program",
    "--address=[::1] --address x no-such-program",
    "--header no-such-program no-such-other",
    "--header=a --header=b no-such-program",
    "--header -- no-such-program",
    "-- no-such-program",
    "-- --version",
    "no-such-program --version",
    "no-such-program --nosuch",
    "-",
    "- --nosuch",
    "/",
    "/etc/passwd",
    "./no-such-program",
  ]
) {
  Deno.test({
    name: `the original and ours answer alike: ${line || "(nothing)"}`,
    ignore,
    async fn(): Promise<void> {
      const args = line === "" ? [] : line.split(" ");
      assertEquals(ours(args), await original(args));
    },
  });
}

/** Lines where the first line differs after its beginning. */
for (
  const [line, stream, beginning] of [
    ["--version", "stdout", "websocketd "],
    ["--version=1 cat", "stdout", "websocketd "],
    ["--license", "stdout", "websocketd "],
    ["--version --binary=F", "stdout", "websocketd "],
    ["--loglevel=warn cat", "stdout", "Incorrect loglevel flag 'warn'. Use "],
    ["--loglevel= cat", "stdout", "Incorrect loglevel flag ''. Use "],
    ["--loglevel=ACCESS cat", "stdout", "Incorrect loglevel flag 'ACCESS'. "],
    ["--version=false", "stderr", "Please specify COMMAND"],
    ["--port=80", "stderr", "Please specify COMMAND"],
    ["--header --version", "stderr", "Please specify COMMAND"],
    ["--", "stderr", "Please specify COMMAND"],
  ] as const
) {
  Deno.test({
    name: `the original and ours begin their answer alike: ${line}`,
    ignore,
    async fn(): Promise<void> {
      const theirs = await original(line.split(" "));
      const mine = ours(line.split(" "));
      assert(theirs[stream]?.startsWith(beginning), theirs[stream]);
      assert(mine[stream]?.startsWith(beginning), mine[stream]);
      assertEquals(
        { ...mine, [stream]: "" },
        { ...theirs, [stream]: "" },
      );
    },
  });
}

/** Where ours does better on purpose. */
for (
  const [line, why, theirs, mine] of [
    [
      "--help",
      "what is asked for goes to stdout",
      { code: 0, stdout: false, stderr: true },
      { code: 0, stdout: true, stderr: false },
    ],
    [
      "--version --loglevel=x",
      "as in later versions of the original",
      { code: 1, stdout: true, stderr: true },
      { code: 0, stdout: true, stderr: false },
    ],
  ] as const
) {
  Deno.test({
    name: `the original and ours differ: ${line}: ${why}`,
    ignore,
    async fn(): Promise<void> {
      const args = line.split(" ");
      assertEquals(streams(await original(args)), theirs);
      assertEquals(streams(ours(args)), mine);
    },
  });
}

function streams({ code, stdout, stderr }: Outcome): unknown {
  return {
    code,
    stdout: stdout !== undefined,
    stderr: stderr !== undefined,
  };
}

Deno.test({
  name: "the original and ours read the same numbers, whatever is typed",
  ignore,
  async fn(): Promise<void> {
    const unit = fc.constantFrom(..."0011789_xXbBoOaf+-");
    const words = fc.string({ unit, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(words, words, async (int, uint) => {
        const args = [`--maxforks=${int}`, `-closems=${uint}`, "no-such-one"];
        assertEquals(ours(args), await original(args));
      }),
      { numRuns: 60 },
    );
  },
});
