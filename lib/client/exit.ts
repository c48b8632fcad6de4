/**
 * What the end of a connection says about the program.
 *
 * @module
 */
import type { ExitControl } from "./protocol.ts";

/** How it ended. */
export interface Exit {
  /** The program's exit status; null if it did not end by itself, or nothing is known of it. */
  readonly code: number | null;
  /** The signal that ended the program, `SIGTERM`; else null. */
  readonly signal: string | null;
  /** Why, in words, as far as the server told. */
  readonly reason: string;
  /** The close code of the last connection (RFC 6455 §7.4); 1006 if there was no close frame. */
  readonly closeCode: number;
}

/** Endings that another try may cure: the server stops, restarts or is busy, or the connection was lost. */
const PASSING = [1001, 1006, 1012, 1013, 1014];

/** Whether to connect again after a close code: never when the program has ended or a message was refused. */
export function isPassing(code: number): boolean {
  return PASSING.includes(code);
}

/**
 * Reads the program's status from a close code: 1000 is status 0, 4000 + n
 * status n, 4500 + n signal n.
 *
 * @param told What the server has said before, if it speaks `websocketd.v1`.
 */
export function exitOf(
  closeCode: number,
  reason: string,
  told?: Pick<ExitControl, "code" | "signal">,
): Exit {
  const status = closeCode - 4000;
  const signal = closeCode - 4500;
  return {
    code: told
      ? told.code
      : closeCode === 1000
      ? 0
      : status > 0 && status < 256
      ? status
      : null,
    signal: told
      ? told.signal
      : signal > 0 && signal < 65
      ? /SIG\w+/.exec(reason)?.[0] ?? `${signal}`
      : null,
    reason,
    closeCode,
  };
}
