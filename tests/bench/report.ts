import type { BenchCase } from "./bench_case.ts";
import { type Goal, GOALS, goalText, isMet } from "./goals.ts";
import type { CaseResult, SideName } from "./run_case.ts";

/** One line of the table, and one entry of the JSON: a metric of a case. */
export interface Row {
  readonly case: string;
  /** Case and metric, the same from run to run. */
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  /** Medians over the turns. */
  readonly ours?: number;
  readonly theirs?: number;
  /** What the client reaches against a server that does nothing. */
  readonly ceiling?: number;
  /** Ours to theirs. */
  readonly ratio?: number;
  readonly goal?: string;
  /** Absent when there is no goal or the run could not tell. */
  readonly met?: boolean;
  /** The server's processor time in microseconds for one operation; median over the turns. */
  readonly cpu: {
    readonly operation: string;
    readonly ours?: number;
    readonly theirs?: number;
    readonly ratio?: number;
  };
  /** Each turn's value, in order. */
  readonly turns: Readonly<
    Partial<Record<SideName, readonly (number | undefined)[]>>
  >;
  /** Why a side has fewer turns than the others. */
  readonly failures: Readonly<Partial<Record<SideName, string>>>;
}

/** The rows of a case. */
export function rowsOf(
  benchCase: BenchCase,
  result: CaseResult,
  engine: string,
): Row[] {
  const goals: Readonly<Record<string, Goal>> = GOALS[engine] ?? {};
  const cpuOurs = median(result.ours?.turns.map((turn) => turn.cpuUs));
  const cpuTheirs = median(result.theirs?.turns.map((turn) => turn.cpuUs));
  const cpu = {
    operation: benchCase.operation,
    ours: cpuOurs,
    theirs: cpuTheirs,
    ratio: ratio(cpuOurs, cpuTheirs),
  };
  const failures = mapSides(result, (side) => side.failure);
  return benchCase.metrics.map(({ id, title, unit }, index) => {
    const turns = mapSides(
      result,
      (side) => side.turns.map((turn) => turn.values[index]),
    );
    const ours = median(turns.ours);
    const theirs = median(turns.theirs);
    const goal = goals[id];
    return {
      case: benchCase.name,
      id,
      title,
      unit,
      ours,
      theirs,
      ceiling: median(turns.ceiling),
      ratio: ratio(ours, theirs),
      goal: goal && goalText(goal, unit),
      // A side that broke off may have the better numbers for it.
      met: goal &&
        (failures.ours === undefined
          ? isMet(goal, { ratio: ratio(ours, theirs), value: ours })
          : false),
      cpu,
      turns,
      failures,
    };
  });
}

function mapSides<T>(
  result: CaseResult,
  map: (side: NonNullable<CaseResult[SideName]>) => T,
): Partial<Record<SideName, T>> {
  return Object.fromEntries(
    Object.entries(result).map(([name, side]) => [name, map(side)]).filter((
      [, value],
    ) => value !== undefined),
  );
}

function median(
  values: readonly (number | undefined)[] = [],
): number | undefined {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) =>
    a - b
  );
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]
    : sorted.length === 0
    ? undefined
    : (sorted[middle - 1] + sorted[middle]) / 2;
}

function ratio(
  ours: number | undefined,
  theirs: number | undefined,
): number | undefined {
  return ours === undefined || theirs === undefined || theirs === 0
    ? undefined
    : ours / theirs;
}
