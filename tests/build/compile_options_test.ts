import { assertEquals, assertThrows } from "@std/assert";
import { readOptions } from "../../.build/compile_options.ts";
import { TARGETS, thisTarget } from "../../.build/targets.ts";

/** The names of the targets and of the files that a command line makes. */
function madeBy(...args: string[]): string[][] | string | undefined {
  const options = readOptions(args, undefined);
  if (options === undefined) return undefined;
  if (options.isPortable) return options.output;
  return options.binaries.map(({ target, output }) => [target.name, output]);
}

Deno.test("compile makes a binary for this machine, unless it is told otherwise", () => {
  const { name } = thisTarget();
  const end = name.startsWith("windows-") ? ".exe" : "";
  assertEquals(madeBy(), [[name, `dist/websocketd${end}`]]);
  assertEquals(madeBy("--output=x.exe"), [[name, `x.exe`]]);
  assertEquals(madeBy("--portable"), "dist/websocketd-portable");
  assertEquals(madeBy("--portable", "--output=here"), "here");
  assertEquals(madeBy("--help", "--portable"), undefined);
});

Deno.test("compile takes targets by its names and by Deno's", () => {
  assertEquals(
    madeBy("--target=macos-arm64", "--target=x86_64-pc-windows-msvc"),
    [
      ["macos-arm64", "dist/websocketd-macos-arm64"],
      ["windows-x64", "dist/websocketd-windows-x64.exe"],
    ],
  );
});

Deno.test("compile --all is for Linux, macOS and Windows, x64 and arm64", () => {
  const all = madeBy("--all") as string[][];
  assertEquals(all.map(([name]) => name), TARGETS.map(({ name }) => name));
  assertEquals(
    TARGETS.map(({ name }) => name).sort(),
    ["linux", "macos", "windows"].flatMap((os) => [`${os}-arm64`, `${os}-x64`]),
  );
});

for (
  const [args, base, message] of [
    [["--target=plan9-x64"], undefined, 'Cannot use --target="plan9-x64"'],
    [["--all", "--output=x"], undefined, "Cannot use --output for several"],
    [["--all"], "denort", "Cannot use DENORT_BIN for several targets"],
    [["--all", "--portable"], undefined, "Cannot use --portable with"],
    [["--nosuch"], undefined, "--nosuch"],
  ] as const
) {
  Deno.test(`compile refuses ${args.join(" ")}${base ? " with DENORT_BIN" : ""}`, () => {
    assertThrows(() => readOptions(args, base), TypeError, message);
  });
}
