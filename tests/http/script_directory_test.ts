import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { OptionError } from "../../lib/errors.ts";
import type { LocatedProgram } from "../../lib/http/program.ts";
import type { Refusal } from "../../lib/http/refuse.ts";
import type { Program } from "../../lib/process/command.ts";
import { targetOf } from "../../lib/http/request.ts";
import {
  scriptDirectory,
  type ScriptDirectoryOptions,
} from "../../lib/http/script_directory.ts";
import { Scratch } from "../helpers/scratch.ts";

/** A directory of programs with a secret one beside it. */
class Programs implements Disposable {
  readonly #scratch = new Scratch();
  readonly root: string = this.#scratch.file("programs");

  constructor() {
    Deno.mkdirSync(`${this.root}/sub/deeper`, { recursive: true });
    this.#scratch.script("secret.sh", "#!/bin/sh\n");
  }

  script(path: string, text = "#!/bin/sh\n"): string {
    return this.#scratch.script(`programs/${path}`, text);
  }

  link(path: string, target: string): void {
    Deno.symlinkSync(target, `${this.root}/${path}`);
  }

  async find(
    path: string,
    options?: ScriptDirectoryOptions,
  ): Promise<LocatedProgram | Refusal> {
    const find = scriptDirectory(this.root, options);
    const url = `http://localhost${path}`;
    const headers = new Headers();
    return await find(targetOf({ method: "GET", url, headers }));
  }

  async located(
    path: string,
    options?: ScriptDirectoryOptions,
  ): Promise<LocatedProgram & { readonly program: Program }> {
    const found = await this.find(path, options);
    assert("program" in found, JSON.stringify(found));
    const { program, ...rest } = found;
    assert("command" in program);
    return { ...rest, program };
  }

  async refused(path: string): Promise<Refusal> {
    const found = await this.find(path);
    assert("status" in found, `${path} leads to a program`);
    assertEquals(found.reason, "program");
    return found;
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }
}

Deno.test("script directory: the first file on the way is the program, the rest is for it to read", async () => {
  using programs = new Programs();
  const top = programs.script("top.sh");
  const deep = programs.script("sub/deeper/a b.sh");
  for (
    const [path, command, scriptName, pathInfo] of [
      ["/top.sh", top, "/top.sh", ""],
      ["/top.sh?a=/sub/deeper", top, "/top.sh", ""],
      ["/top.sh/", top, "/top.sh", "/"],
      ["/top.sh/x/y", top, "/top.sh", "/x/y"],
      ["/top.sh/x//y/", top, "/top.sh", "/x//y/"],
      ["/%74op.sh/%C3%A4%20%25", top, "/top.sh", "/ä %"],
      ["/sub/deeper/a%20b.sh", deep, "/sub/deeper/a b.sh", ""],
      ["/sub/deeper/a%20b.sh/.x", deep, "/sub/deeper/a b.sh", "/.x"],
    ]
  ) {
    assertEquals(await programs.located(path), {
      program: { command, cwd: undefined },
      command: [command],
      scriptName,
      pathInfo,
    });
  }
});

Deno.test("script directory: no program, a directory, and every way out of it are 404", async () => {
  using programs = new Programs();
  programs.script("top.sh");
  programs.script("sub/inner.sh");
  programs.link("out.sh", "../secret.sh");
  programs.link("up", "..");
  programs.link("root", "/");
  programs.link("nowhere", "missing");
  for (
    const path of [
      "/",
      "",
      "//",
      "/sub",
      "/sub/",
      "/missing",
      "/missing/top.sh",
      "//top.sh",
      "/sub//inner.sh",
      "/TOP.SH/..",
      "/../secret.sh",
      "/sub/../../secret.sh",
      "/top.sh/../../secret.sh",
      "/./top.sh",
      "/sub/%2e%2e/top.sh",
      "/%2e%2e/secret.sh",
      "/%2E%2E%2Fsecret.sh",
      "/sub%2finner.sh",
      "/sub%5cinner.sh",
      "/sub\\inner.sh",
      "/..\\secret.sh",
      "/top.sh%00",
      "/top.sh/%00",
      "/%ff",
      "/%",
      "/%252e%252e/secret.sh",
      "/out.sh",
      "/up/secret.sh",
      "/root/bin/sh",
      "/nowhere",
    ]
  ) assertEquals((await programs.refused(path)).status, 404, path);
});

Deno.test("script directory: symlinks that stay inside are followed, and the program is called by the name it was asked for", async () => {
  using programs = new Programs();
  programs.script("sub/inner.sh");
  programs.link("alias.sh", "sub/inner.sh");
  programs.link("sub2", "sub");
  const alias = await programs.located("/alias.sh");
  assertEquals(alias.program.command, `${programs.root}/alias.sh`);
  const inner = await programs.located("/sub2/inner.sh/x");
  assertEquals([inner.scriptName, inner.pathInfo], ["/sub2/inner.sh", "/x"]);
});

Deno.test("script directory: a file that cannot be started is 500 with the reason and what to do, and without the server's paths", async () => {
  using programs = new Programs();
  await Deno.chmod(programs.script("sub/plain.sh"), 0o644);
  programs.script("lost.sh", "#!/no/such/shell -e\n");
  programs.script("crlf.sh", "#!/bin/sh\r\necho\r\n");
  for (
    const [path, message] of [
      ["/sub/plain.sh/x", "permission denied (chmod +x sub/plain.sh)"],
      ["/lost.sh", 'its interpreter "/no/such/shell" does not exist'],
      ["/crlf.sh", "its first line ends with a carriage return"],
    ]
  ) {
    const refusal = await programs.refused(path);
    assertEquals(refusal.status, 500);
    assertStringIncludes(refusal.message, message);
    assertMatch(refusal.message, /^Cannot start "\/[a-z/]+\.sh": /);
    assert(!refusal.message.includes(programs.root), refusal.message);
  }
  // The reasons that are not known in advance are left to the start.
  programs.script("env.sh", "#!/usr/bin/env no-such-shell\n");
  programs.script("binary", "\x7fELF");
  await programs.located("/env.sh");
  await programs.located("/binary");
});

Deno.test("script directory: what is neither a file nor a directory is 404, and is not opened", async () => {
  using programs = new Programs();
  const made = await new Deno.Command("mkfifo", {
    args: [`${programs.root}/pipe`],
  }).output();
  assert(made.success);
  await Deno.chmod(`${programs.root}/pipe`, 0o755);
  assertEquals((await programs.refused("/pipe")).status, 404);
});

Deno.test("script directory: programs are started as the options say", async () => {
  using programs = new Programs();
  const command = programs.script("top.sh");
  const located = await programs.located("/top.sh", {
    cwd: "/",
    unbuffer: "stdbuf",
  });
  assertEquals(located.program.cwd, "/");
  assertMatch(located.program.command, /stdbuf$/);
  assertEquals(located.program.args?.at(-1), command);
  assertEquals(located.command, [command]);
});

Deno.test("script directory: one that does not exist, or is a file, is an error at the start", () => {
  using programs = new Programs();
  const file = programs.script("top.sh");
  for (const dir of [file, `${programs.root}/missing`]) {
    const { message } = assertThrows(() => scriptDirectory(dir), OptionError);
    assertStringIncludes(message, `--dir=${dir}`);
  }
});
