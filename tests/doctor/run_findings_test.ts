import { assert, assertEquals } from "@std/assert";
import type { Options } from "../../lib/options.ts";
import { inspectRun, type RunOptions } from "../../lib/doctor/run_findings.ts";
import type { Finding } from "../../lib/doctor/finding.ts";
import { isMissing } from "../examples/example.ts";
import { eventually } from "../helpers/deadline.ts";
import { allGone, isRunning } from "../helpers/processes.ts";
import { Scratch } from "../helpers/scratch.ts";
import { assertAllOk, assertFound } from "./found.ts";

/** How long each wait may be where output is sure to come, on a machine however busy. */
const LONG = { send: "hello", patienceMs: 30_000 };
/** Where nothing is to be waited for. */
const SHORT = { send: "hello", patienceMs: 300, terminalMs: 300 };
/** Where a run on a terminal decides, and is waited for on a machine however busy. */
const COMPARED = { send: "hello", patienceMs: 700, terminalMs: 30_000 };
/** A shell that says which one it is. */
const PIDS = 'echo $$ >>"$0.pids"\n';

/** Runs a shell script with these lines as the program. */
async function run(
  script: string,
  how: RunOptions,
  options: Options = {},
): Promise<Finding[]> {
  using scratch = new Scratch();
  const path = scratch.script("program", `#!/bin/sh\n${PIDS}${script}\n`);
  const findings = await inspectRun(path, "sh", options, how);
  const pids = scratch.lines("program.pids").map(Number);
  assert(pids.length > 0);
  for (const pid of pids) assert(!isRunning(pid), `${pid} runs on`);
  return findings;
}

Deno.test("inspectRun() finds that a program prints at once and ends with its input", async () => {
  const findings = await run("echo ready; cat", { ...LONG, patienceMs: 2000 });
  assertAllOk(findings);
  assertFound(findings, "ok", "output", /it prints after \d+ ms/);
  assertFound(findings, "ok", "ending", /ends when its input does/);
});

Deno.test("inspectRun() sends a line to a program that prints nothing by itself", async () => {
  const findings = await run('read line; echo "$line"; cat', COMPARED);
  assertFound(findings, "ok", "output", /answers a line after \d+ ms/);
});

Deno.test("inspectRun() sends nothing if it is told so", async () => {
  const findings = await run('read line && echo "$line"', {
    send: null,
    patienceMs: 300,
  });
  assertFound(findings, "warning", "output", /prints nothing|ended with exit/);
});

Deno.test({
  name: "inspectRun() sends the line in the framing of the server",
  async fn(): Promise<void> {
    for (
      const [framing, wanted] of [
        ["nul", "hello\0"],
        ["raw", "hello"],
        ["length32", "\0\0\0\x05hello"],
        ["tagged", "hello\n"],
      ] as const
    ) {
      using scratch = new Scratch();
      const path = scratch.script(
        "program",
        `#!/bin/sh\nhead -c ${wanted.length} >"$0.input"; printf '\\0\\0\\0\\0'\n`,
      );
      await inspectRun(path, "sh", { framing }, { ...SHORT, send: "hello" });
      assertEquals(scratch.read("program.input"), wanted, framing);
    }
  },
});

Deno.test({
  name:
    "inspectRun() finds that a program keeps its output, and that stdbuf is the cure",
  ignore: isMissing("script") || isMissing("stdbuf") || isMissing("sed"),
  async fn(): Promise<void> {
    const findings = await run("exec sed s/hello/bye/", COMPARED);
    assertFound(
      findings,
      "warning",
      "buffering",
      /prints at once on a terminal.*--unbuffer=stdbuf, which helps here, or a program in it/,
    );
  },
});

Deno.test({
  name: "inspectRun() finds no buffering when stdbuf is used",
  ignore: isMissing("script") || isMissing("stdbuf") || isMissing("sed"),
  async fn(): Promise<void> {
    const findings = await run(
      "exec sed s/hello/bye/",
      COMPARED,
      { unbuffer: "stdbuf" },
    );
    assertAllOk(findings);
  },
});

Deno.test({
  name:
    "inspectRun() finds buffering that stdbuf does not cure, and names the language's own",
  ignore: isMissing("script") || isMissing("stdbuf") || isMissing("perl"),
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const path = scratch.script(
      "program",
      "#!/usr/bin/env perl\nwhile (<STDIN>) { print $_ }\n",
    );
    const findings = await inspectRun(path, "perl", {}, COMPARED);
    assertFound(
      findings,
      "warning",
      "buffering",
      /\$\| = 1; .*--unbuffer=stdbuf does not help here/,
    );
  },
});

Deno.test({
  name:
    "inspectRun() finds that Python buffers with --unbuffer=off, and does not with env",
  ignore: isMissing("script") || isMissing("python3"),
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const path = scratch.script(
      "program",
      "#!/usr/bin/env python3\nimport sys\nfor line in sys.stdin: print(line)\n",
    );
    const off = await inspectRun(
      path,
      "python3",
      { unbuffer: "off" },
      COMPARED,
    );
    assertFound(off, "warning", "buffering", /at once on a terminal/);
    const env = await inspectRun(path, "python3", {}, COMPARED);
    assertFound(env, "ok", "output", /answers a line/);
  },
});

Deno.test({
  name:
    "inspectRun() finds that a program answers only when its input has ended",
  ignore: isMissing("script"),
  async fn(): Promise<void> {
    const findings = await run("exec sort", SHORT);
    assertFound(findings, "warning", "output", /only when its input has ended/);
    assertFound(findings, "ok", "ending", /ends when its input does/);
  },
});

Deno.test("inspectRun() finds that a program is silent", async () => {
  const findings = await run("exec cat >/dev/null", SHORT);
  assertFound(
    findings,
    "warning",
    "output",
    /prints nothing within \d+ s, also/,
  );
});

Deno.test("inspectRun() finds that a program speaks on stderr only", async () => {
  const findings = await run("echo hidden >&2; cat >/dev/null", {
    send: null,
    patienceMs: 1500,
  });
  assertFound(
    findings,
    "warning",
    "output",
    /only on stderr \("hidden"\).*--passstderr/,
  );
});

Deno.test("inspectRun() tells the exit status, and what was said on stderr", async () => {
  const findings = await run("echo lost key >&2; exit 3", LONG);
  assertFound(findings, "warning", "exit", /exit 3; it said "lost key"/);
});

Deno.test("inspectRun() takes exit 127 for a program that is not found in it", async () => {
  const findings = await run("nosuchprogram", LONG);
  assertFound(findings, "problem", "exit", /exit 127.*nosuchprogram/);
});

Deno.test("inspectRun() finds nothing wrong with a program that prints and ends", async () => {
  const findings = await run("echo 1; exit 0", LONG);
  assertAllOk(findings);
  assertFound(findings, "ok", "exit", /by itself with exit 0/);
});

Deno.test("inspectRun() tells which signal ends a program that does not read", async () => {
  const findings = await run("echo 1; while :; do sleep 1; done", {
    ...SHORT,
    patienceMs: 1000,
  });
  assertFound(findings, "ok", "ending", /ends on SIGINT/);
});

Deno.test("inspectRun() tells of a program that has to be killed", async () => {
  const findings = await run(
    "trap '' INT TERM; echo 1; while :; do sleep 1; done",
    SHORT,
  );
  assertFound(findings, "warning", "ending", /has to be killed.*--closems/);
});

Deno.test("inspectRun() tells of programs left behind, and leaves none", async () => {
  const findings = await run(
    '(trap "" HUP; echo $$ >/dev/null; exec sleep 300) >/dev/null 2>&1 &\necho $! >>"$0.pids"; echo 1',
    LONG,
  );
  assertFound(findings, "warning", "ending", /leaves other programs running/);
});

Deno.test("inspectRun() tells of a line without end that waits to be read", async () => {
  const findings = await run('printf "name? "; read name', {
    send: null,
    patienceMs: 2000,
  });
  assertFound(findings, "warning", "output", /"name\? " has no newline/);
});

Deno.test("inspectRun() says why a program cannot be started", async () => {
  const findings = await inspectRun("/nosuch/program", "program", {}, SHORT);
  assertFound(findings, "problem", "run", /Cannot start "\/nosuch\/program"/);
});

Deno.test("inspectRun() gives the program the environment that a client's has", async () => {
  using scratch = new Scratch();
  const path = scratch.script("program", '#!/bin/sh\nenv >"$0.env"\n');
  await inspectRun(path, "sh", {}, LONG);
  const env = scratch.read("program.env");
  for (const name of ["REMOTE_ADDR=127.0.0.1", "PYTHONUNBUFFERED=1", "PATH="]) {
    assert(env.includes(name), `${name} in ${env}`);
  }
  assert(!env.includes("HOME="), env);
});

Deno.test("inspectRun() kills the program at once when it is aborted", async () => {
  using scratch = new Scratch();
  const path = scratch.script(
    "program",
    `#!/bin/sh\n${PIDS}trap '' INT TERM; while :; do sleep 1; done\n`,
  );
  const abort = new AbortController();
  const running = inspectRun(path, "sh", { closeMs: 1_000_000 }, {
    ...LONG,
    signal: abort.signal,
  });
  const [pid] = await eventually(
    () => scratch.lines("program.pids")[0] && scratch.lines("program.pids"),
    "the program to start",
  );
  abort.abort();
  await running;
  await allGone([Number(pid)], 0);
});
