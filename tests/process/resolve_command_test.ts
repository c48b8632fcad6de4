import { assertEquals, assertThrows } from "@std/assert";
import { OptionError } from "../../lib/errors.ts";
import { resolveCommand } from "../../lib/process/resolve_command.ts";
import { Scratch } from "../helpers/scratch.ts";

const ignore = Deno.build.os === "windows";

/** Resolves with another PATH and working directory. */
function resolveIn(
  { path, cwd }: { readonly path?: string; readonly cwd?: string },
  command: string,
): string {
  const before = { path: Deno.env.get("PATH")!, cwd: Deno.cwd() };
  if (path !== undefined) Deno.env.set("PATH", path);
  if (cwd !== undefined) Deno.chdir(cwd);
  try {
    return resolveCommand(command);
  } finally {
    Deno.env.set("PATH", before.path);
    Deno.chdir(before.cwd);
  }
}

function problem(...args: Parameters<typeof resolveIn>): string {
  return assertThrows(() => resolveIn(...args), OptionError).message;
}

Deno.test({
  name:
    "resolveCommand finds a name in PATH, in the order of PATH, and passes over what cannot be executed",
  ignore,
  fn(): void {
    using first = new Scratch();
    using second = new Scratch();
    first.script("both", "");
    second.script("both", "");
    Deno.writeTextFileSync(first.file("later"), "");
    Deno.mkdirSync(first.file("directory"));
    second.script("later", "");
    second.script("directory", "");
    const path = `/nowhere:${first.path}:${second.path}`;
    assertEquals(resolveIn({ path }, "both"), first.file("both"));
    assertEquals(resolveIn({ path }, "later"), second.file("later"));
    assertEquals(resolveIn({ path }, "directory"), second.file("directory"));
  },
});

Deno.test({
  name: "resolveCommand leaves a path as it is",
  ignore,
  fn(): void {
    using scratch = new Scratch();
    scratch.script("p", "");
    assertEquals(resolveIn({ cwd: scratch.path }, "./p"), "./p");
    assertEquals(resolveCommand(scratch.file("p")), scratch.file("p"));
  },
});

Deno.test({
  name: "resolveCommand takes an empty entry of PATH for the working directory",
  ignore,
  fn(): void {
    using scratch = new Scratch();
    scratch.script("p", "");
    assertEquals(
      resolveIn({ path: "/nowhere:", cwd: scratch.path }, "p"),
      "./p",
    );
  },
});

Deno.test({
  name: "resolveCommand says what is wrong and what to write instead",
  ignore,
  fn(): void {
    using scratch = new Scratch();
    Deno.writeTextFileSync(scratch.file("text"), "");
    Deno.mkdirSync(scratch.file("directory"));
    scratch.script("here", "");
    const { path } = scratch;
    assertEquals(
      problem({}, ""),
      "Cannot start an empty command: name a program",
    );
    assertEquals(
      problem({}, `${path}/none`),
      `Cannot start "${path}/none": no such file`,
    );
    assertEquals(
      problem({}, `${path}/directory`),
      `Cannot start "${path}/directory": it is a directory`,
    );
    assertEquals(
      problem({}, `${path}/text`),
      `Cannot start "${path}/text": permission denied (chmod +x ${path}/text)`,
    );
    assertEquals(
      problem({ path: "/nowhere", cwd: path }, "none"),
      'Cannot start "none": no such program in PATH',
    );
    assertEquals(
      problem({ path: "/nowhere", cwd: path }, "here"),
      'Cannot start "here": no such program in PATH (write ./here for the file in this directory)',
    );
    assertEquals(
      problem({ path: "/nowhere", cwd: path }, "directory"),
      'Cannot start "directory": no such program in PATH',
    );
    assertEquals(
      problem({ path }, "text"),
      `Cannot start "text": "${path}/text": permission denied (chmod +x ${path}/text)`,
    );
  },
});
