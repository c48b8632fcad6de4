import { assertEquals } from "@std/assert";
import { parseBinary } from "../../lib/doctor/binary.ts";
import { inspectProgramFile } from "../../lib/doctor/program_file.ts";
import { isMissing } from "../examples/example.ts";
import { Scratch } from "../helpers/scratch.ts";
import { assertFound } from "./found.ts";

const PATH = Deno.env.get("PATH");
const ON_LINUX = Deno.build.os === "linux";

/** Looks at an executable file with this content. */
function inspect(
  content: string | Uint8Array,
  name = "program",
): ReturnType<typeof inspectProgramFile> {
  using scratch = new Scratch();
  const path = scratch.file(name);
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  Deno.writeFileSync(path, bytes, { mode: 0o755 });
  return inspectProgramFile(path, PATH);
}

Deno.test("inspectProgramFile() finds the interpreter of a script, and says what runs it", () => {
  const { finding, runner } = inspect("#!/bin/sh\necho 1\n");
  assertFound([finding], "ok", "program", /is a script for \/bin\/sh/);
  assertEquals(runner, "sh");
});

Deno.test("inspectProgramFile() looks behind env, with and without -S", () => {
  for (const line of ["#!/usr/bin/env sh", "#!/usr/bin/env -S sh -e"]) {
    const { finding, runner } = inspect(`${line}\n`);
    assertFound([finding], "ok", "program", /script for sh, found as \/.*\/sh/);
    assertEquals(runner, "sh");
  }
});

Deno.test("inspectProgramFile() says that a file wants its execute bit", () => {
  using scratch = new Scratch();
  const path = scratch.file("count.sh");
  Deno.writeTextFileSync(path, "#!/bin/sh\n", { mode: 0o644 });
  const { finding } = inspectProgramFile(path, PATH);
  assertEquals(finding.advice, `chmod +x ${path}`);
  assertFound([finding], "problem", "program", /permission denied/);
});

for (
  const [what, content, words] of [
    [
      "a carriage return behind the interpreter",
      "#!/bin/sh\r\necho 1\r\n",
      /carriage return.*sed -i/,
    ],
    [
      "a carriage return behind env's program",
      "#!/usr/bin/env sh\r\n",
      /carriage return.*sed -i/,
    ],
    [
      "a byte order mark",
      "\ufeff#!/bin/sh\n",
      /byte order mark.*without BOM/,
    ],
    [
      "an interpreter that is not there",
      "#!/opt/nosuch/python\n",
      /"\/opt\/nosuch\/python".*no such file.*#!\/usr\/bin\/env python/,
    ],
    [
      "a program that env does not find",
      "#!/usr/bin/env nosuchprogram\n",
      /no nosuchprogram in PATH.*install nosuchprogram/,
    ],
    ["a first line without interpreter", "#!\n", /names no interpreter/],
    ["env without program", "#!/usr/bin/env\n", /no program behind env/],
  ] as const
) {
  Deno.test({
    name: `inspectProgramFile() says that a script has ${what}`,
    ignore: !ON_LINUX,
    fn(): void {
      assertFound([inspect(content).finding], "problem", "program", words);
    },
  });
}

Deno.test({
  name:
    "inspectProgramFile() says that env without -S takes all words for one name",
  ignore: !ON_LINUX,
  fn(): void {
    assertFound(
      [inspect("#!/usr/bin/env sh -e\n").finding],
      "problem",
      "program",
      /called "sh -e".*write #!\/usr\/bin\/env -S sh -e/,
    );
  },
});

Deno.test({
  name: "inspectProgramFile() knows that python may be there as python3 only",
  ignore: !ON_LINUX,
  fn(): void {
    using scratch = new Scratch();
    scratch.script("snake3", "#!/bin/sh\n");
    const path = scratch.script("program", "#!/usr/bin/env snake\n");
    const { finding } = inspectProgramFile(path, scratch.path);
    assertFound([finding], "problem", "program", /write snake3 in its first/);
  },
});

Deno.test("inspectProgramFile() says that a relative interpreter depends on the working directory", () => {
  const { finding } = inspect("#!sh\n");
  assertFound([finding], "warning", "program", /working directory/);
});

for (
  const [name, line] of [
    ["count.py", "#!/usr/bin/env python3"],
    ["count.js", "#!/usr/bin/env node"],
    ["count", "#!/bin/sh"],
  ]
) {
  Deno.test({
    name: `inspectProgramFile() knows which first line ${name} wants`,
    ignore: !ON_LINUX,
    fn(): void {
      // A warning where the machine has been taught to start other files as well.
      const { finding } = inspect("print(1)\n", name);
      const { mark } = finding;
      assertFound([finding], mark, "program", new RegExp(`such as ${line}$`));
      assertEquals(mark === "ok", false);
    },
  });
}

Deno.test({
  name:
    "inspectProgramFile() takes the binaries of this machine for what they are",
  ignore: !ON_LINUX,
  fn(): void {
    const { finding } = inspectProgramFile(Deno.execPath(), PATH);
    const words = new RegExp(`binary for ${Deno.build.arch}`);
    assertFound([finding], "ok", "program", words);
  },
});

/** The beginning of an ELF file of 64 bits for a processor, with a loader. */
function elf(machine: number, loader: string): Uint8Array {
  const bytes = new Uint8Array(256);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(18, machine, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 3, true);
  view.setBigUint64(64 + 8, 128n, true);
  view.setBigUint64(64 + 32, BigInt(loader.length + 1), true);
  bytes.set(new TextEncoder().encode(loader), 128);
  return bytes;
}

Deno.test("parseBinary() reads processor and loader", () => {
  assertEquals(parseBinary(elf(183, "/lib/ld-musl-aarch64.so.1")), {
    format: "ELF",
    machine: "aarch64",
    loader: "/lib/ld-musl-aarch64.so.1",
  });
  assertEquals(parseBinary(elf(9, ""))?.machine, "machine 9");
  assertEquals(parseBinary(new TextEncoder().encode("#!/bin/sh")), null);
  assertEquals(
    parseBinary(new TextEncoder().encode("MZ" + " ".repeat(60)))?.format,
    "PE",
  );
});

Deno.test("parseBinary() finds no loader beyond what was read", () => {
  const cut = elf(62, "/lib/loader").subarray(0, 130);
  assertEquals(parseBinary(cut)?.loader, null);
});

Deno.test({
  name: "inspectProgramFile() tells a binary for another processor or system",
  ignore: !ON_LINUX,
  fn(): void {
    const other = inspect(elf(21, "")).finding;
    assertEquals(other.mark === "ok", false);
    assertFound([other], other.mark, "program", /built for machine 21/);
    const mac = new Uint8Array(64);
    mac.set([0xcf, 0xfa, 0xed, 0xfe]);
    const { finding } = inspect(mac);
    assertFound(
      [finding],
      finding.mark,
      "program",
      /another system \(Mach-O\)/,
    );
  },
});

Deno.test({
  name: "inspectProgramFile() tells a loader that is not there",
  ignore: !ON_LINUX || Deno.build.arch !== "x86_64",
  fn(): void {
    const { finding } = inspect(elf(62, "/lib/ld-musl-nosuch.so.1"));
    assertFound([finding], "problem", "program", /loader .*install musl/);
  },
});

Deno.test({
  name: "inspectProgramFile() reads the loader of a real program",
  ignore: !ON_LINUX || isMissing("cat"),
  fn(): void {
    const bytes = Deno.readFileSync("/bin/cat").subarray(0, 4096);
    Deno.statSync(parseBinary(bytes)!.loader!);
  },
});
