import { assertEquals } from "@std/assert";
import { inspectCommand } from "../../lib/doctor/command_findings.ts";
import { isMissing } from "../examples/example.ts";
import { Scratch } from "../helpers/scratch.ts";
import { assertAllOk, assertFound } from "./found.ts";

Deno.test("inspectCommand() finds a program in PATH", () => {
  const { findings, path } = inspectCommand("cat", {});
  assertAllOk(findings);
  assertEquals(path?.endsWith("/cat"), true);
});

Deno.test("inspectCommand() says that there is no such program", () => {
  const { findings, path } = inspectCommand("nosuchprogram", {});
  assertFound(findings, "problem", "program", /no such program in PATH/);
  assertEquals(path, null);
});

Deno.test("inspectCommand() says that a script of the interpreter is not there", () => {
  const { findings, path } = inspectCommand("sh", { args: ["./nosuch.sh"] });
  assertFound(
    findings,
    "problem",
    "program",
    /sh cannot read "\.\/nosuch\.sh"/,
  );
  assertEquals(path, null);
});

Deno.test("inspectCommand() takes no option of an interpreter for a script", () => {
  assertAllOk(inspectCommand("sh", { args: ["-c", "./nosuch.sh"] }).findings);
});

Deno.test("inspectCommand() finds a script for a shell in the program's directory", () => {
  using scratch = new Scratch();
  scratch.script("count.sh", "echo 1\n");
  const options = { args: ["count.sh"], cwd: scratch.path };
  assertAllOk(inspectCommand("sh", options).findings);
});

Deno.test("inspectCommand() says that a shell cannot read lines that end with CR LF", () => {
  using scratch = new Scratch();
  const script = scratch.script("count.sh", "echo 1\r\n");
  const { findings } = inspectCommand("sh", { args: [script] });
  assertFound(findings, "problem", "program", /carriage return.*sed -i/);
});

Deno.test("inspectCommand() says which of two programs of a name is meant", () => {
  using scratch = new Scratch();
  scratch.script("cat", "#!/bin/sh\n");
  const before = Deno.cwd();
  try {
    Deno.chdir(scratch.path);
    const { findings } = inspectCommand("cat", {});
    assertFound(findings, "warning", "program", /write \.\/cat if that/);
  } finally {
    Deno.chdir(before);
  }
});

Deno.test({
  name: "inspectCommand() finds stdbuf for --unbuffer=stdbuf",
  ignore: isMissing("stdbuf"),
  fn(): void {
    const { findings } = inspectCommand("cat", { unbuffer: "stdbuf" });
    assertFound(findings, "ok", "unbuffer", /stdbuf is \//);
  },
});

Deno.test("inspectCommand() says that stdbuf is missing", () => {
  using scratch = new Scratch();
  const path = scratch.script("program", "#!/bin/sh\n");
  const before = Deno.env.get("PATH")!;
  try {
    Deno.env.set("PATH", scratch.path);
    const { findings } = inspectCommand(path, { unbuffer: "stdbuf" });
    assertFound(findings, "problem", "unbuffer", /no stdbuf in PATH/);
  } finally {
    Deno.env.set("PATH", before);
  }
});

Deno.test("inspectCommand() says what --passenv leaves out and does not find", () => {
  const { findings } = inspectCommand("cat", { passEnv: ["NO_SUCH_NAME"] });
  assertFound(findings, "warning", "environment", /PATH,NO_SUCH_NAME/);
  assertFound(findings, "warning", "environment", /NO_SUCH_NAME .* not set/);
});
