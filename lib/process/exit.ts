import type { Exit } from "../events.ts";

/** Signal names by number, as Linux numbers them; only those that can end a process and that a shell reports as 128 + n. */
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
};

/**
 * Number of a signal by its name, the same on every system so that close codes
 * are: `SIGTERM` is 15. Falls back to what the exit code says (128 + n).
 */
export function signalNumber(exit: Exit): number {
  if (exit.signal === null) return 0;
  return SIGNAL_NUMBERS[exit.signal] ?? Math.max(0, exit.code - 128);
}

/** How a program ends that a signal kills, or null if no signal of that name can. */
export function exitBySignal(name: string): Exit | null {
  if (!Object.hasOwn(SIGNAL_NUMBERS, name)) return null;
  return { code: 128 + SIGNAL_NUMBERS[name], signal: name };
}

/** How an ending reads in words: `exit 3`, `signal SIGTERM`. */
export function describeExit(exit: Exit): string {
  return exit.signal === null ? `exit ${exit.code}` : `signal ${exit.signal}`;
}
