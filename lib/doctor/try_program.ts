/**
 * Running a program for a few seconds as the server would, to see how its
 * output comes and how it ends.
 *
 * @module
 */
import { SpawnError } from "../errors.ts";
import type { Program } from "../process/command.ts";
import { unbuffered } from "../process/unbuffer.ts";
import { terminalProgram } from "./terminal_program.ts";
import { Trial, type TrialEnd } from "./trial.ts";

/** How a program is tried. */
export interface TryOptions {
  /** Its environment; `UNIQUE_ID` is set for each run. */
  readonly env: Readonly<Record<string, string>>;
  /** What to send it if it prints nothing by itself; null sends nothing. */
  readonly line: Uint8Array | null;
  /** Added to each wait of the ladder that ends it. */
  readonly closeMs?: number;
  /** Whether stdbuf may be tried as a cure. @default {true} */
  readonly mayUseStdbuf?: boolean;
  /** How long output is waited for, before and after the line, in milliseconds. @default {1000} */
  readonly patienceMs?: number;
  /** How long an answer to the line is waited for on a terminal, in milliseconds. @default {2000} */
  readonly terminalMs?: number;
  /** Ends everything at once when it resolves; what is then reported means nothing. */
  readonly hurry?: Promise<unknown>;
}

/** What a program did. */
export interface ProgramReport {
  readonly trial: Trial;
  readonly end: TrialEnd;
  /** How it ended before its stdin was, or null if it was still running. */
  readonly ownEnd: "early" | "late" | null;
  /** Whether it keeps its output although it prints at once on a terminal; null if that is not known. */
  readonly isBuffered: boolean | null;
  /** Whether stdbuf makes it print at once; null if that was not tried. */
  readonly stdbufHelps: boolean | null;
}

/** How long output is waited for, in milliseconds. Two such waits and two of the ladder are a few seconds. */
const PATIENCE_MS = 1000;
/** The same on a terminal, where more is to be started first. */
const TERMINAL_MS = 2000;
/** How much later than on a terminal output has to come to be called late, in milliseconds: more than a busy machine makes of it. */
const LATE_MS = 700;
/** What comes in such pieces has filled a buffer first. */
const BLOCK = 4096;

/**
 * Runs a program, and ends it. Takes a few seconds; nothing runs any more when
 * it resolves, as far as it can be known.
 *
 * @throws {SpawnError} If it cannot be started.
 */
export async function tryProgram(
  program: Program,
  options: TryOptions,
): Promise<ProgramReport> {
  const { line, closeMs = 0, patienceMs = PATIENCE_MS } = options;
  const trial = start(program, options);
  await trial.provoke(line, patienceMs);
  const ownEnd = trial.exit === null ? null : "early";
  const late = ownEnd === null && isSuspicious(trial, patienceMs)
    ? await compare(trial, program, options)
    : { isBuffered: trial.firstMs === null ? null : false, stdbufHelps: null };
  // What is there to see of its output comes within this time.
  if (trial.exit === null) await trial.ends(patienceMs);
  const endedFirst = trial.exit !== null;
  const end = await trial.end(closeMs);
  return {
    trial,
    end,
    ownEnd: ownEnd ?? (endedFirst ? "late" : null),
    ...late,
  };
}

function isSuspicious(trial: Trial, patienceMs: number): boolean {
  return trial.firstMs === null ||
    (trial.firstSize % BLOCK === 0 && trial.firstMs > patienceMs / 4);
}

/** Compares with a run on a terminal while the first one goes on, and if that prints, tries the cure. */
async function compare(
  trial: Trial,
  program: Program,
  options: TryOptions,
): Promise<Pick<ProgramReport, "isBuffered" | "stdbufHelps">> {
  const unknown = { isBuffered: null, stdbufHelps: null };
  const onTerminal = terminalProgram(program);
  if (onTerminal === null) return unknown;
  const env = { ...options.env, SHELL: "/bin/sh" };
  const terminalMs = await firstOutput(
    onTerminal,
    { ...options, env },
    options.terminalMs ?? TERMINAL_MS,
  );
  if (terminalMs === null) return { isBuffered: false, stdbufHelps: null };
  const lateMs = 2 * terminalMs + LATE_MS;
  await trial.prints(lateMs - trial.ageMs);
  if (trial.firstMs !== null && trial.firstMs < lateMs) {
    return { isBuffered: false, stdbufHelps: null };
  }
  const cured = options.mayUseStdbuf === false ? null : withStdbuf(program);
  const curedMs = cured === null
    ? undefined
    : await firstOutput(cured, options, lateMs);
  return {
    isBuffered: true,
    stdbufHelps: curedMs === undefined
      ? null
      : curedMs !== null && curedMs < lateMs,
  };
}

/** When a program prints first, in milliseconds from its start; null if it does not before it is ended. */
async function firstOutput(
  program: Program,
  options: TryOptions,
  answerMs: number,
): Promise<number | null> {
  const { line, closeMs = 0, patienceMs = PATIENCE_MS } = options;
  let trial: Trial;
  try {
    trial = start(program, options);
  } catch (error) {
    if (error instanceof SpawnError) return null;
    throw error;
  }
  await trial.provoke(line, patienceMs, answerMs);
  // What comes only because it is ended does not count.
  const { firstMs } = trial;
  await trial.end(closeMs, false);
  return firstMs;
}

function withStdbuf(program: Program): Program | null {
  try {
    return unbuffered(program, "stdbuf");
  } catch {
    return null;
  }
}

function start(program: Program, { env, hurry }: TryOptions): Trial {
  const own = { ...env, UNIQUE_ID: crypto.randomUUID() };
  return new Trial(program, own, hurry);
}
