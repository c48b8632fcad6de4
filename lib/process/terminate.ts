/**
 * Ending a program, gently first.
 *
 * @module
 */
import type { Child } from "./command.ts";
import { settlesWithin } from "../settles_within.ts";
import type { Signal } from "./family.ts";

/**
 * The ladder: how long each step is given before the next, in milliseconds.
 * The same times as websocketd, which scripts rely on.
 */
const LADDER: readonly { readonly waitMs: number; readonly then: Signal }[] = [
  { waitMs: 100, then: "SIGINT" }, // after stdin was closed
  { waitMs: 250, then: "SIGTERM" },
  { waitMs: 500, then: "SIGKILL" },
];

/** How long a killed program is waited for. The kernel ends it at once, unless it hangs in the kernel itself. */
const KILLED_MS = 1000;
/** How often to look whether descendants have ended, in milliseconds; nobody tells. */
const LOOK_MS = 50;
/** How often what is then found alive is killed again, in milliseconds. */
const KILL_AGAIN_MS = 50;

/**
 * Settings of the ladder.
 *
 * @example
 * ```ts
 * import { handler } from "@websocketd/websocketd";
 *
 * // SIGINT comes 1.1 s after the end of its input, not 0.1 s.
 * handler({ command: "cat", closeMs: 1000 });
 * ```
 */
export interface TerminateOptions {
  /** Added to the wait before each signal, in milliseconds. @default {0} */
  readonly closeMs?: number;
}

/** Options of {@linkcode terminate} that belong to one call. */
export interface TerminateHooks extends TerminateOptions {
  /** Called for each signal sent. */
  readonly onSignal?: (signal: Signal) => void;
  /** Ends the waiting: the next step is SIGKILL, at once. */
  readonly hurry?: Promise<unknown>;
}

/**
 * Closes the program's stdin, then signals it and all its descendants, SIGINT,
 * SIGTERM, SIGKILL, until none is left. Resolves when the program and all its
 * known descendants have ended, or could not be killed. Never rejects.
 */
export async function terminate(
  child: Child,
  options: TerminateHooks = {},
): Promise<void> {
  void child.stdin.close(); // Waits for a program that may never read.
  await climb(child, LADDER, options);
  await child.stdin.abort();
}

/**
 * Ends what a program that has ended by itself left behind. It is told nothing
 * by stdin, so the ladder begins with its first signal. Never rejects.
 */
export async function terminateOrphans(
  child: Child,
  options: TerminateHooks = {},
): Promise<void> {
  if (!(await child.family.alive())) return;
  const [first, ...rest] = LADDER;
  await climb(child, [{ waitMs: 0, then: first.then }, ...rest], options);
}

async function climb(
  child: Child,
  ladder: typeof LADDER,
  { closeMs = 0, onSignal, hurry }: TerminateHooks,
): Promise<void> {
  let hurried = false;
  void hurry?.then(() => hurried = true);
  for (const { waitMs, then } of ladder) {
    const wait = waitMs === 0 ? 0 : waitMs + closeMs;
    if (!hurried && await endsWithin(child, wait, hurry)) return;
    if (hurried && then !== "SIGKILL") continue;
    onSignal?.(then);
    await child.family.signal(then);
  }
  const until = performance.now() + KILLED_MS;
  while (
    !(await endsWithin(child, KILL_AGAIN_MS)) && performance.now() < until
  ) {
    // Those who start others all the time may have done so while they were looked for.
    await child.family.signal("SIGKILL");
  }
}

/** Waits for the program, then for the rest of its family. True when all have ended, false when time is up or somebody is in a hurry. */
async function endsWithin(
  child: Child,
  ms: number,
  hurry?: Promise<unknown>,
): Promise<boolean> {
  let until = performance.now() + ms;
  void hurry?.then(() => until = 0);
  if (child.exit === null) await settlesWithin(child.exited, ms, hurry);
  if (child.exit === null) return false;
  for (;;) {
    if (!(await child.family.alive())) return true;
    const left = until - performance.now();
    if (left <= 0) return false;
    await settlesWithin(
      hurry ?? new Promise(() => {}),
      Math.min(left, LOOK_MS),
    );
  }
}
