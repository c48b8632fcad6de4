import { assertEquals, assertThrows } from "@std/assert";
import { SpawnError } from "../../lib/errors.ts";
import {
  type Child,
  type Program,
  startCommand,
} from "../../lib/process/command.ts";
import { Scratch } from "../helpers/scratch.ts";

const ignore = Deno.build.os === "windows";

/** Runs a program to its end and returns what it printed. */
async function outputOf(child: Child): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for (let chunk; (chunk = await child.stdout.read()) !== null;) {
    text += decoder.decode(chunk, { stream: true });
  }
  await child.exited;
  await child.stdin.abort();
  await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
  return text;
}

function problem(program: Program): string {
  return assertThrows(
    () => startCommand(program, { UNIQUE_ID: "1" }),
    SpawnError,
  )
    .message;
}

Deno.test({
  name:
    "startCommand gives a program its arguments, its directory, the environment it is given and nothing else",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const cwd = Deno.realPathSync(scratch.path);
    const child = startCommand({
      command: "/bin/sh",
      args: ["-c", 'echo "$1"; pwd; /usr/bin/env', "sh", "a b"],
      cwd,
    }, { UNIQUE_ID: "1", PATH: "/x" });
    const lines = (await outputOf(child)).trim().split("\n");
    assertEquals(lines.slice(0, 2), ["a b", cwd]);
    const names = lines.slice(2).map((line) => line.split("=")[0]);
    // A shell adds its own.
    const added = new Set(["PWD", "OLDPWD", "SHLVL", "_"]);
    assertEquals(names.filter((name) => !added.has(name)).sort(), [
      "PATH",
      "UNIQUE_ID",
    ]);
  },
});

Deno.test({
  name: "startCommand tells how a program ended",
  ignore,
  async fn(): Promise<void> {
    const child = startCommand({ command: "/bin/sh", args: ["-c", "exit 3"] }, {
      UNIQUE_ID: "1",
    });
    assertEquals(child.exit, null);
    await outputOf(child);
    assertEquals(child.exit, { code: 3, signal: null });
  },
});

Deno.test({
  name:
    "startCommand says that the server's own directory is gone, not that the program is",
  ignore,
  fn(): void {
    const before = Deno.cwd();
    const gone = Deno.makeTempDirSync();
    Deno.chdir(gone);
    Deno.removeSync(gone);
    try {
      assertEquals(
        problem({ command: "/bin/sh" }),
        'Cannot start "/bin/sh": the server\'s working directory has been deleted; start the server again, in one that stays',
      );
    } finally {
      Deno.chdir(before);
    }
  },
});

Deno.test({
  name: "startCommand says why a program cannot be started, and what to do",
  ignore,
  fn(): void {
    using scratch = new Scratch();
    const { path } = scratch;
    const noInterpreter = scratch.script("a", "#! /nope -x\n");
    const windows = scratch.script("b", "#!/bin/sh\r\necho\r\n");
    Deno.writeTextFileSync(scratch.file("c"), "#!/bin/sh\n");
    assertEquals(
      problem({ command: `${path}/none` }),
      `Cannot start "${path}/none": no such file`,
    );
    assertEquals(
      problem({ command: noInterpreter }),
      `Cannot start "${path}/a": its interpreter "/nope" does not exist`,
    );
    assertEquals(
      problem({ command: windows }),
      `Cannot start "${path}/b": its first line ends with a carriage return (save it with Unix line ends, or run dos2unix)`,
    );
    assertEquals(
      problem({ command: `${path}/c` }),
      `Cannot start "${path}/c": permission denied (chmod +x ${path}/c)`,
    );
    const denied = scratch.script("d", `#!${path} -x\n`);
    assertEquals(
      problem({ command: denied }),
      `Cannot start "${path}/d": its interpreter "${path}" cannot be executed: it is a directory`,
    );
    assertEquals(
      problem({ command: "/bin/sh", cwd: `${path}/none` }),
      `Cannot start "/bin/sh": its working directory "${path}/none" does not exist`,
    );
    assertEquals(
      problem({ command: "/bin/sh", args: ["x".repeat(200_000)] }),
      'Cannot start "/bin/sh": its arguments and environment are too long for the system',
    );
  },
});
