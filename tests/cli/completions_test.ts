/** The completions, in the shells themselves. */
import { assert, assertEquals } from "@std/assert";
import { readCommandLine } from "../../lib/cli/command_line.ts";
import { completionScript } from "../../lib/cli/completions/completion_script.ts";
import {
  COMPLETED_COMMANDS,
  shortHelp,
} from "../../lib/cli/completions/flag_value.ts";
import { COMPLETION_SHELLS, FLAGS } from "../../lib/cli/flags.ts";
import { isMissing } from "../examples/example.ts";
import { Scratch } from "../helpers/scratch.ts";

/** Runs a script in a shell, in the scratch directory. */
async function runIn(
  scratch: Scratch,
  command: string,
  args: readonly string[],
): Promise<string[]> {
  const { stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd: scratch.path,
    env: { HOME: scratch.path, LC_ALL: "C.UTF-8", TERM: "dumb" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  assertEquals(text.decode(stderr), "", command);
  return text.decode(stdout).split("\n").filter((line) => line !== "");
}

/** A directory with files to be found, and the completions. */
function prepare(shell: typeof COMPLETION_SHELLS[number]): Scratch {
  const scratch = new Scratch();
  Deno.mkdirSync(scratch.file("programs"));
  scratch.script("programme", "#!/bin/sh\n");
  Deno.writeTextFileSync(scratch.file("cert.pem"), "");
  Deno.writeTextFileSync(
    scratch.file("_websocketd"),
    completionScript(shell),
  );
  return scratch;
}

/** What bash offers for words, cut as it cuts them. */
async function bash(...words: string[]): Promise<string[]> {
  using scratch = prepare("bash");
  return await runIn(scratch, "bash", [
    "--norc",
    "-c",
    'source ./_websocketd; COMP_WORDS=(websocketd "$@"); COMP_CWORD=$#; _websocketd; printf "%s\\n" "${COMPREPLY[@]}"',
    "bash",
    ...words,
  ]);
}

/** What fish offers for a line, without descriptions. */
async function fish(line: string): Promise<string[]> {
  using scratch = prepare("fish");
  const lines = await runIn(scratch, "fish", [
    "--no-config",
    "-c",
    'source ./_websocketd; complete -C "$argv[1]"',
    `websocketd ${line}`,
  ]);
  return lines.map((one) => one.split("\t")[0]);
}

/** An interactive zsh in a terminal of its own, in which the line is typed and the tab key struck. */
const ZSH = `
zmodload zsh/zpty
zpty inner zsh -f -i
zpty -w inner 'fpath=($PWD $fpath); autoload -U compinit; compinit -u -D; unset zle_bracketed_paste'
zpty -w inner 'finish() { print -r -- $BUFFER >|line }; zle -N finish; bindkey "^X" finish; bindkey "^I" complete-word; print >ready'
while [[ ! -e ready ]]; do zpty -r -t inner output; sleep 0.02; done
zpty -n -w inner "$1"$'\\t\\x18'
while [[ ! -s line ]]; do zpty -r -t inner output; sleep 0.02; done
zpty -d inner
`;

/** What zsh makes of a line, without the program's name. */
async function zsh(line: string): Promise<string> {
  using scratch = prepare("zsh");
  await runIn(scratch, "zsh", ["-f", "-c", ZSH, "zsh", `websocketd ${line}`]);
  return scratch.lines("line")[0].replace(/^websocketd /, "").trimEnd();
}

for (const shell of COMPLETION_SHELLS) {
  Deno.test(`--completions=${shell} prints a script`, () => {
    const words = [`--completions=${shell}`];
    const { answer } = readCommandLine(words, "websocketd");
    const stdout = completionScript(shell);
    assertEquals(answer, { code: 0, stdout, stderr: "" });
    for (const { name } of FLAGS) assert(stdout.includes(name), name);
  });

  Deno.test({
    name: `the completions for ${shell} can be read by it`,
    ignore: isMissing(shell),
    async fn(): Promise<void> {
      using scratch = prepare(shell);
      assertEquals(await runIn(scratch, shell, ["-n", "_websocketd"]), []);
    },
  });
}

Deno.test("--completions of another shell is refused", () => {
  const { answer } = readCommandLine(["--completions=csh"], "websocketd");
  assertEquals(answer?.code, 1);
  assert(answer?.stderr.includes("Use one of: bash, zsh, fish."));
});

Deno.test("shortHelp() is short, and not empty", () => {
  for (const flag of COMPLETED_COMMANDS.flatMap(({ flags }) => flags)) {
    const { length } = shortHelp(flag);
    assert(length > 3 && length <= 70, flag.name);
  }
});

Deno.test({
  name: "shellcheck finds nothing wrong with the completions for bash",
  ignore: isMissing("shellcheck"),
  async fn(): Promise<void> {
    using scratch = prepare("bash");
    const args = ["-s", "bash", "_websocketd"];
    assertEquals(await runIn(scratch, "shellcheck", args), []);
  },
});

for (
  const [words, wanted] of [
    [["--fram"], ["--framing="]],
    [["-fram"], []],
    [["--framing", "=", "ra"], ["raw"]],
    [["--framing", "ra"], ["raw"]],
    [
      ["--framing", "="],
      FLAGS.find((flag) => flag.name === "framing")!
        .choices,
    ],
    [["--auth", "=", "bas"], ["basic:"]],
    [["--auth", "=", "basic", ":", "cer"], ["cert.pem"]],
    [["--dir", "=", "prog"], ["programs"]],
    [["--sslcert", "ce"], ["cert.pem"]],
    [["--port", "80", "--bin"], ["--binary"]],
    [["--port", "=", "80", "--bin"], ["--binary"]],
    [["check", "--no"], ["--no-run"]],
    [["check", "--bin"], ["--binary"]],
    [["check", "--format", "="], ["text", "json"]],
    [["connect", "--rec"], ["--reconnect"]],
    [["connect", "--no"], []],
    [["connect", "-H", "a", "--onc"], ["--once"]],
    [["connect", "x", "--cacert", "ce"], ["cert.pem"]],
    [["./prog"], ["./programs", "./programme"]],
    [["cat", "cer"], ["cert.pem"]],
    [["cat", "--bin"], []],
    [["--", "--bin"], []],
  ] as const
) {
  Deno.test({
    name: `bash completes websocketd ${words.join(" ")}`,
    ignore: isMissing("bash"),
    async fn(): Promise<void> {
      assertEquals((await bash(...words)).sort(), [...wanted].sort());
    },
  });
}

Deno.test({
  name: "bash offers programs and commands where the program is wanted",
  ignore: isMissing("bash"),
  async fn(): Promise<void> {
    const offered = await bash("--binary", "sor");
    assert(offered.includes("sort"), offered.join());
    assert((await bash("che")).includes("check"));
    assert(!(await bash("--binary", "che")).includes("check"));
    assert((await bash("prog")).includes("programme"));
  },
});

for (
  const [line, wanted] of [
    ["--fram", ["--framing"]],
    ["--framing=ra", ["--framing=raw"]],
    ["--framing ra", ["raw"]],
    ["--dir prog", ["programs/"]],
    ["--sslcert ce", ["cert.pem"]],
    ["--port 80 --bin", ["--binary"]],
    ["check --no-", ["--no-run"]],
    ["check --bin", ["--binary"]],
    ["check --format=", ["--format=json", "--format=text"]],
    ["connect --rec", ["--reconnect"]],
    ["connect x --onc", ["--once"]],
    ["./prog", ["./programme", "./programs/"]],
    ["cat cer", ["cert.pem"]],
    ["cat --devcon", []],
  ] as const
) {
  Deno.test({
    name: `fish completes websocketd ${line}`,
    ignore: isMissing("fish"),
    async fn(): Promise<void> {
      assertEquals((await fish(line)).sort(), [...wanted]);
    },
  });
}

Deno.test({
  name: "fish offers programs and commands where the program is wanted",
  ignore: isMissing("fish"),
  async fn(): Promise<void> {
    assert((await fish("--binary sor")).includes("sort"));
    assert((await fish("che")).includes("check"));
    assert(!(await fish("--binary che")).includes("check"));
  },
});

for (
  const [line, wanted] of [
    ["--fram", "--framing="],
    ["--framing=ra", "--framing=raw"],
    ["--framing ra", "--framing raw"],
    ["--dir=prog", "--dir=programs/"],
    ["--sslcert ce", "--sslcert cert.pem"],
    ["--port 80 --bin", "--port 80 --binary"],
    ["check --no-", "check --no-run"],
    ["check --bin", "check --binary"],
    ["check --format=te", "check --format=text"],
    ["connect --rec", "connect --reconnect"],
    ["connect ws://x --onc", "connect ws://x --once"],
    ["connec", "connect"],
    ["./programm", "./programme"],
    ["cat cer", "cat cert.pem"],
    ["cat --devcon", "cat --devcon"],
  ] as const
) {
  Deno.test({
    name: `zsh completes websocketd ${line}`,
    ignore: isMissing("zsh"),
    async fn(): Promise<void> {
      assertEquals(await zsh(line), wanted);
    },
  });
}
