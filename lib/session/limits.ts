/**
 * The time limits of one session.
 *
 * @module
 */
import { CLOSE } from "../socket/close_codes.ts";
import type { Socket } from "../socket/socket.ts";

/**
 * Time limits of one session.
 *
 * @example
 * ```ts
 * import { handler } from "@websocketd/websocketd";
 *
 * // An hour, and five minutes of silence.
 * handler({ command: "cat", timeoutMs: 3_600_000, idleMs: 300_000 });
 * ```
 */
export interface LimitOptions {
  /** Longest time a session may last, in milliseconds; 0 is unlimited. Then close code 1008. @default {0} */
  readonly timeoutMs?: number;
  /** Longest time without a message in either direction, in milliseconds; 0 is unlimited. Then close code 1008. @default {0} */
  readonly idleMs?: number;
}

/** Ends a session with a close code and a reason. */
export type End = (code: number, reason: string) => void;

/**
 * Starts the limit of the whole session; returns what stops it.
 *
 * @param since When the session began, by `performance.now()`. Default: now.
 */
export function startTimeout(
  timeoutMs: number,
  end: End,
  since: number = performance.now(),
): () => void {
  if (timeoutMs <= 0) return () => {};
  const at = since + timeoutMs;
  const reason = `time limit of ${timeoutMs / 1000} s reached (--timeout)`;
  return callAt(() => at, () => end(CLOSE.POLICY, reason));
}

/** Starts the limit of the time between messages; returns what stops it. */
export function startIdle(
  idleMs: number,
  socket: Socket,
  end: End,
): () => void {
  if (idleMs <= 0) return () => {};
  const reason = `no message for ${idleMs / 1000} s (--idle)`;
  return callAt(
    () => socket.lastMessageAt + idleMs,
    () => end(CLOSE.POLICY, reason),
  );
}

/** Calls back when a time has come, by `performance.now()`; it may move meanwhile. Returns what stops it. */
function callAt(time: () => number, then: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = () => {
    const leftMs = time() - performance.now();
    if (leftMs <= 0) then();
    else timer = setTimeout(wait, Math.ceil(leftMs));
  };
  wait();
  return () => clearTimeout(timer);
}
