/**
 * `deno task bench`: measures this server against Debian's `websocketd`. Prints a table on stdout, writes all numbers as JSON; `--help` says more.
 */

import { fileURLToPath } from "node:url";
import type { BenchCase, Setup } from "./bench_case.ts";
import { type BenchOptions, HELP, parseOptions } from "./options.ts";
import { Processes } from "./processes.ts";
import { type Row, rowsOf } from "./report.ts";
import { runCase, type Sides } from "./run_case.ts";
import type { ServerCommand } from "./servers.ts";
import { tableText } from "./table.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const CEILING_SERVER = fileURLToPath(
  new URL("./ceiling_server.ts", import.meta.url),
);
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

async function main(args: readonly string[]): Promise<number> {
  let options: BenchOptions | undefined;
  try {
    options = parseOptions(args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  }
  if (options === undefined) {
    console.log(HELP);
    return 0;
  }
  return await bench(options);
}

async function bench(options: BenchOptions): Promise<number> {
  await using processes = new Processes();
  const workPath = await Deno.makeTempDir({ prefix: "websocketd-bench-" });
  using cleanup = new DisposableStack();
  cleanup.defer(() => removeIfThere(workPath));
  endOnSignals(processes, workPath, cleanup);

  const setup: Setup = {
    sizes: options.sizes,
    longLinesPath: `${workPath}/long_lines.txt`,
  };
  await writeLongLines(setup);
  const sides = await chooseSides(options);
  console.error(describe(options, sides));

  const rows: Row[] = [];
  for (const benchCase of options.cases) {
    const result = await runCase(benchCase, sidesFor(benchCase, sides), {
      processes,
      setup,
      turns: options.turns,
      onTurn: ({ turn, turns, side }) =>
        console.error(`${benchCase.name}: turn ${turn} of ${turns}, ${side}`),
    });
    rows.push(...rowsOf(benchCase, result, options.engine ?? "native"));
  }

  console.log(tableText(rows));
  const jsonPath = options.jsonPath ??
    await Deno.makeTempFile({ prefix: "websocketd-bench-", suffix: ".json" });
  await Deno.writeTextFile(
    jsonPath,
    JSON.stringify({ ...await circumstances(options, sides), rows }, null, 2) +
      "\n",
  );
  console.log(`Numbers: ${jsonPath}`);
  return rows.some((row) => Object.keys(row.failures).length > 0) ? 1 : 0;
}

async function chooseSides(
  { ours, theirs, engine, isAlone, hasCeiling }: BenchOptions,
): Promise<Sides> {
  const command = [
    ...ours ?? [Deno.execPath(), "run", "-A", MAIN],
    ...engine === undefined ? [] : [`--engine=${engine}`],
  ];
  const sides: { -readonly [Name in keyof Sides]: Sides[Name] } = {
    ours: { title: command.join(" "), command },
  };
  if (!isAlone) {
    if (await canRun(theirs[0])) {
      sides.theirs = { title: theirs.join(" "), command: theirs };
    } else {console.error(
        `Cannot find "${
          theirs[0]
        }": our server runs alone. Debian has the package websocketd.`,
      );}
  }
  if (hasCeiling) {
    const command = [
      Deno.execPath(),
      "run",
      "--no-config",
      "--allow-net=127.0.0.1",
      "--allow-read",
      CEILING_SERVER,
    ];
    sides.ceiling = { title: "ceiling", command };
  }
  return sides;
}

/** The sides of a run as one case wants them. */
function sidesFor(
  benchCase: BenchCase,
  { ours, theirs, ceiling }: Sides,
): Sides {
  const rival = benchCase.rival === "none"
    ? undefined
    : benchCase.rival === "socat"
    ? SOCAT
    : theirs;
  return {
    ...ours && { ours },
    ...theirs && rival && { theirs: rival },
    ...ceiling && !benchCase.isWithoutCeiling && { ceiling },
  };
}

const SOCAT: ServerCommand = {
  title: "socat",
  command: ["socat"],
  listenWords: (
    port,
    program,
  ) => [
    `TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr,fork`,
    `EXEC:${program.join(" ")}`,
  ],
};

async function canRun(command: string): Promise<boolean> {
  try {
    await new Deno.Command(command, {
      args: ["--version"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return true;
  } catch {
    return false;
  }
}

async function writeLongLines({ sizes, longLinesPath }: Setup): Promise<void> {
  // In pieces: the whole file is 100 MB.
  const line = "the quick brown fox jumps over it ".repeat(30).slice(0, 1000) +
    "\n";
  const piece = new TextEncoder().encode(line.repeat(100));
  using file = await Deno.open(longLinesPath, { write: true, create: true });
  const writer = file.writable.getWriter();
  for (let lines = 0; lines < sizes.longLines; lines += 100) {
    await writer.write(piece);
  }
}

function endOnSignals(
  processes: Processes,
  workPath: string,
  cleanup: DisposableStack,
): void {
  for (const [signal, exitCode] of Object.entries(EXIT_CODES)) {
    // Windows knows SIGINT alone of these.
    if (Deno.build.os === "windows" && signal !== "SIGINT") continue;
    const end = () => {
      processes.kill();
      removeIfThere(workPath);
      Deno.exit(exitCode);
    };
    Deno.addSignalListener(signal as Deno.Signal, end);
    cleanup.defer(() => Deno.removeSignalListener(signal as Deno.Signal, end));
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch {
    // A temporary directory that cannot be removed is no reason to lose the numbers.
  }
}

function describe({ turns, isQuick }: BenchOptions, sides: Sides): string {
  const names = Object.entries(sides).map(([name, { title }]) =>
    `  ${name}: ${title}`
  );
  return [
    `${turns} turns each${
      isQuick ? ", tiny sizes: the numbers say nothing about speed" : ""
    }`,
    ...names,
  ].join("\n");
}

async function circumstances(
  { turns, isQuick, engine, sizes }: BenchOptions,
  sides: Sides,
): Promise<Record<string, unknown>> {
  return {
    date: new Date().toISOString(),
    turns,
    quick: isQuick,
    engine: engine ?? "native",
    sizes,
    sides: Object.fromEntries(
      Object.entries(sides).map(([name, { title }]) => [name, title]),
    ),
    machine: {
      os: Deno.build.os,
      arch: Deno.build.arch,
      processors: navigator.hardwareConcurrency,
      loadAverage: Deno.loadavg(),
      deno: Deno.version.deno,
      websocketd: sides.theirs && await versionOf(sides.theirs.command),
    },
  };
}

async function versionOf(
  [command, ...args]: readonly string[],
): Promise<string> {
  const { stdout } = await new Deno.Command(command, {
    args: [...args, "--version"],
    stdin: "null",
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

if (import.meta.main) Deno.exit(await main(Deno.args));
