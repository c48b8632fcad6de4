/** What a metric must reach, ours against theirs. */
export interface Goal {
  /** `ratio` of ours to theirs, or `value`: ours alone, in the metric's unit. */
  readonly of: "ratio" | "value";
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** The goals of each engine by metric; those of issues 2 (native) and 5 (wire). */
export const GOALS: Readonly<Record<string, Readonly<Record<string, Goal>>>> = {
  native: {
    "ping-pong median": { of: "ratio", atMost: 1.1 },
    "ping-pong p99": { of: "ratio", atMost: 2.0 },
    "connect rate": { of: "ratio", atLeast: 0.9 },
    "lines rate": { of: "ratio", atLeast: 1.3 },
    "bytes rate": { of: "ratio", atLeast: 1.3 },
    "idle memory": { of: "value", atMost: 60 },
    "echo rate": { of: "ratio", atLeast: 0.9 },
  },
  wire: {
    "ping-pong median": { of: "ratio", atMost: 0.9 },
    "connect rate": { of: "ratio", atLeast: 1.0 },
    "lines rate": { of: "ratio", atLeast: 60 },
    "bytes rate": { of: "ratio", atLeast: 5 },
    "idle memory": { of: "value", atMost: 50 },
    "echo rate": { of: "ratio", atLeast: 15 },
    "stream rate": { of: "ratio", atLeast: 0.6 },
  },
};

/** Whether a goal is met; `undefined` when what it is about was not measured. */
export function isMet(
  goal: Goal,
  measured: { readonly ratio?: number; readonly value?: number },
): boolean | undefined {
  const number = measured[goal.of];
  if (number === undefined) return undefined;
  return number <= (goal.atMost ?? Infinity) &&
    number >= (goal.atLeast ?? -Infinity);
}

/** A goal as the table shows it. */
export function goalText(goal: Goal, unit: string): string {
  const sign = goal.atMost === undefined ? "≥" : "≤";
  return `${sign} ${goal.atMost ?? goal.atLeast}${
    goal.of === "ratio" ? "x" : ` ${unit}`
  }`;
}
