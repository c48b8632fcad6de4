import { parseArgs } from "node:util";
import type { BenchCase } from "./bench_case.ts";
import { CASES } from "./cases.ts";
import { FULL, QUICK, type Sizes } from "./sizes.ts";

/** What the command line asks for. */
export interface BenchOptions {
  readonly turns: number;
  readonly cases: readonly BenchCase[];
  readonly sizes: Sizes;
  readonly isQuick: boolean;
  /** Passed on to our server; `undefined` leaves it to the server. */
  readonly engine?: string;
  /** Command line of another server in our place. */
  readonly ours?: readonly string[];
  /** Command line of another server in websocketd's place. */
  readonly theirs: readonly string[];
  readonly isAlone: boolean;
  readonly hasCeiling: boolean;
  readonly jsonPath?: string;
}

/** What `--help` prints. */
export const HELP = `Usage: deno task bench [FLAGS]

Measures this server against Debian's websocketd, turn by turn, with the same programs and the same client.

  --turns=N          turns of each side, the median counts (default 5);
                     ping-pong takes three times as many
  --only=NAME[,NAME] these cases alone: ${
  CASES.map((benchCase) => benchCase.name).join(", ")
}
  --quick            tiny sizes, to see that everything works
  --engine=NAME      passed to our server; also chooses the goals (native, wire)
  --ours=COMMAND     another server in our place, for example --ours="deno run -A old/main.ts"
  --theirs=COMMAND   another server in websocketd's place (default websocketd)
  --alone            our server alone
  --no-ceiling       without the runs that show how much the client itself can take
  --json=PATH        where the numbers go (default: a new temporary file)
  --help             this text

COMMAND is split at spaces and gets --port, --address and the program behind it, as websocketd does.
Exit code: 0 all cases ran to the end, goals met or not; 1 a case failed; 2 bad flags.`;

/** Reads the command line; `undefined` when it asks for help. @throws {TypeError} If a flag is unknown or a value is not of its kind. */
export function parseOptions(
  args: readonly string[],
): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      turns: { type: "string", default: "5" },
      only: { type: "string", multiple: true, default: [] },
      quick: { type: "boolean", default: false },
      engine: { type: "string" },
      ours: { type: "string" },
      theirs: { type: "string", default: "websocketd" },
      alone: { type: "boolean", default: false },
      ceiling: { type: "boolean", default: true },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const turns = Number(values.turns);
  if (!Number.isInteger(turns) || turns < 1) {
    throw new TypeError(
      `Cannot use --turns="${values.turns}": write a number from 1`,
    );
  }
  const engine = values.engine;
  if (engine !== undefined && engine !== "native" && engine !== "wire") {
    throw new TypeError(
      `Cannot use --engine="${engine}": write native or wire`,
    );
  }
  return {
    turns,
    cases: chooseCases(
      values.only.flatMap((names) => names.split(",")),
      engine,
    ),
    sizes: values.quick ? QUICK : FULL,
    isQuick: values.quick,
    engine,
    ours: values.ours?.split(" ").filter((word) => word !== ""),
    theirs: values.theirs.split(" ").filter((word) => word !== ""),
    isAlone: values.alone,
    hasCeiling: values.ceiling,
    jsonPath: values.json,
  };
}

function chooseCases(names: readonly string[], engine = "native"): BenchCase[] {
  if (names.length === 0) {
    return CASES.filter((benchCase) =>
      benchCase.engines?.includes(engine) ?? true
    );
  }
  return names.map((name) => {
    const found = CASES.find((benchCase) => benchCase.name === name);
    if (found === undefined) {
      throw new TypeError(
        `Cannot run "${name}": the cases are ${
          CASES.map((known) => known.name).join(", ")
        }`,
      );
    }
    return found;
  });
}
