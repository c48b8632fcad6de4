import { parseArgs } from "node:util";
import { type Target, TARGETS, thisTarget } from "./targets.ts";

/** What `deno task compile` is asked to make. */
export type CompileOptions =
  | { readonly isPortable: true; readonly output: string }
  | {
    readonly isPortable: false;
    readonly binaries: readonly {
      readonly target: Target;
      readonly output: string;
    }[];
  };

/** What `--help` prints. */
export const HELP = `Usage: deno task compile [FLAGS]

Makes the program one file that can be run where there is no Deno.

  --target=NAME  for another machine, to dist/websocketd-NAME; can be repeated:
                 ${TARGETS.map(({ name }) => name).join(", ")}
  --all          for all of these
  --portable     a file for Linux or macOS that needs no base: the Deno that runs this and the program,
                 unpacked into the user's cache at the first start; to dist/websocketd-portable
  --output=PATH  where the file goes (default: dist/websocketd)
  --help         this text

A binary is made on Deno's base, denort, which Deno downloads once for each
machine. DENORT_BIN=FILE is used instead, for one target.
Exit code: 0 all files were made; 1 one could not be; 2 bad flags.`;

/** Reads the command line; undefined when it asks for help. @throws {TypeError} If a flag is unknown, or does not go with the others. */
export function readOptions(
  args: readonly string[],
  baseFile: string | undefined = Deno.env.get("DENORT_BIN"),
): CompileOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      target: { type: "string", multiple: true, default: [] },
      all: { type: "boolean", default: false },
      portable: { type: "boolean", default: false },
      output: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const { target: names, all, portable, output, help } = values;
  if (help) return undefined;
  if (portable) {
    if (all || names.length > 0) {
      throw new TypeError(
        "Cannot use --portable with --target or --all: it packs the Deno of this machine",
      );
    }
    return { isPortable: true, output: output ?? "dist/websocketd-portable" };
  }
  const targets = all ? TARGETS : names.map(targetOf);
  const several = targets.length > 1;
  if (several && output !== undefined) {
    throw new TypeError("Cannot use --output for several targets");
  }
  if (several && baseFile !== undefined) {
    throw new TypeError(
      "Cannot use DENORT_BIN for several targets: it is the base of one",
    );
  }
  if (targets.length === 0) {
    return {
      isPortable: false,
      binaries: [binary(thisTarget(), output ?? "dist/websocketd")],
    };
  }
  return {
    isPortable: false,
    binaries: targets.map((target) =>
      binary(target, output ?? `dist/websocketd-${target.name}`)
    ),
  };
}

function targetOf(name: string): Target {
  const found = TARGETS.find((one) => one.name === name || one.triple === name);
  if (found !== undefined) return found;
  throw new TypeError(
    `Cannot use --target="${name}": write ${
      TARGETS.map((one) => one.name).join(", ")
    }`,
  );
}

/** The name that Deno writes to: on Windows, programs end in .exe. */
function binary(
  target: Target,
  output: string,
): { readonly target: Target; readonly output: string } {
  const isWindows = target.name.startsWith("windows-");
  const hasEnd = !isWindows || output.endsWith(".exe");
  return { target, output: hasEnd ? output : `${output}.exe` };
}
