import type { BenchCase, Measured, Setup, Turn } from "./bench_case.ts";
import type { Processes } from "./processes.ts";
import { type Server, type ServerCommand, startServer } from "./servers.ts";

/** Who is measured: our server, the one it is compared with, and the ceiling server that shows what the client can read at most. */
export type SideName = "ours" | "theirs" | "ceiling";

/** The servers of a run; a side that is missing is left out. */
export type Sides = Readonly<Partial<Record<SideName, ServerCommand>>>;

/** What one side gave in a case. */
export interface SideResult {
  readonly turns: readonly Measured[];
  /** Why the side ended before the last turn. */
  readonly failure?: string;
}

/** All sides of a case, in the order in which they took turns. */
export type CaseResult = Readonly<Partial<Record<SideName, SideResult>>>;

/** How a case is run. */
export interface RunOptions {
  readonly processes: Processes;
  readonly setup: Setup;
  readonly turns: number;
  /** Told before each turn. */
  readonly onTurn: (
    progress: {
      readonly turn: number;
      readonly turns: number;
      readonly side: SideName;
    },
  ) => void;
}

/** Runs a case turn by turn, one side after the other in each. A side that fails is left out of further turns and never stops the others. */
export async function runCase(
  benchCase: BenchCase,
  sides: Sides,
  options: RunOptions,
): Promise<CaseResult> {
  const runners = Object.entries(sides).map(([name, server]) =>
    new SideRunner(name as SideName, server, benchCase, options)
  );
  const turns = options.turns * (benchCase.turnsFactor ?? 1);
  try {
    for (let turn = 1; turn <= turns; turn++) {
      for (const runner of runners) {
        options.onTurn({ turn, turns, side: runner.name });
        await runner.takeTurn();
      }
    }
  } finally {
    await Promise.all(runners.map((runner) => runner[Symbol.asyncDispose]()));
  }
  return Object.fromEntries(
    runners.map((runner) => [runner.name, runner.result]),
  );
}

class SideRunner implements AsyncDisposable {
  readonly name: SideName;
  #command: ServerCommand;
  #case: BenchCase;
  #options: RunOptions;
  #server: Server | undefined;
  #turns: Measured[] = [];
  #failure: string | undefined;

  constructor(
    name: SideName,
    command: ServerCommand,
    benchCase: BenchCase,
    options: RunOptions,
  ) {
    this.name = name;
    this.#command = {
      ...command,
      command: [
        ...command.command,
        ...(command.listenWords ? [] : benchCase.flags ?? []),
      ],
    };
    this.#case = benchCase;
    this.#options = options;
  }

  get result(): SideResult {
    return { turns: this.#turns, failure: this.#failure };
  }

  async takeTurn(): Promise<void> {
    if (this.#failure !== undefined) return;
    const { processes, setup } = this.#options;
    try {
      this.#server ??= await startServer(
        processes,
        this.#command,
        this.#case.program(setup),
      );
      const turn: Turn = {
        ...setup,
        processes,
        server: this.#server,
        isPlain: this.#command.listenWords !== undefined,
      };
      this.#turns.push(await this.#case.measure(turn));
      if (this.#case.isFresh) await this[Symbol.asyncDispose]();
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
      await this[Symbol.asyncDispose]();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#server = undefined;
  }
}
