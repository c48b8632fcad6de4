/**
 * Ending on signals, as a service manager or a person at a terminal asks for it.
 *
 * @module
 */
import { settlesWithin } from "../settles_within.ts";
import type { Server } from "./serve.ts";

/** Signals that end a server, with the exit code of one that is ended at once: 128 + the signal's number. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
/** How long killed programs are waited for, in milliseconds. */
const KILLED_MS = 1000;

/**
 * Drains a server on SIGINT, SIGTERM or SIGHUP; a second signal ends it at
 * once. Resolves with the exit code when the server has ended: 0 if it drained
 * or ended by itself, 128 + the signal's number if it was ended at once. Never
 * rejects.
 *
 * On Linux, a process that was started to ignore SIGHUP, as `nohup` does, goes
 * on ignoring it if this is called within half a second from its start: Deno
 * hears the signal by itself from then on, and nobody can tell any more.
 *
 * @example
 * ```ts
 * import { endOnSignals, serve } from "@websocketd/websocketd";
 * import { assertEquals } from "@std/assert";
 *
 * const server = await serve({ command: "cat", port: 0 });
 * const ended = endOnSignals(server); // `Deno.exit(await ended)` in a program.
 * await server.drain();
 * assertEquals(await ended, 0);
 * ```
 */
export async function endOnSignals(server: Server): Promise<number> {
  const forced = Promise.withResolvers<number>();
  let draining = false;
  // Asked before there are listeners: with the first, the runtime hears of all three.
  const outlivesTerminal = ignoresHangup();
  const listeners = Object.entries(EXIT_CODES).map(([signal, exitCode]) => {
    const listener = () => {
      if (signal === "SIGHUP" && outlivesTerminal) return;
      if (draining) forced.resolve(exitCode);
      draining = true;
      void server.drain();
    };
    return [signal as Deno.Signal, listener] as const;
  }).filter(([signal, listener]) => {
    try {
      Deno.addSignalListener(signal, listener);
      return true;
    } catch {
      return false; // Windows has no SIGTERM.
    }
  });
  const exitCode = await Promise.race([
    server.finished.then(() => 0),
    forced.promise,
  ]);
  if (exitCode !== 0) {
    await settlesWithin(server.kill(), KILLED_MS);
  }
  for (const [signal, listener] of listeners) {
    Deno.removeSignalListener(signal, listener);
  }
  return exitCode;
}

/** Whether whoever started this process has said that it shall outlive the terminal. */
function ignoresHangup(): boolean {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    const [, ignored] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status) ?? [];
    // The lowest bit is signal 1, SIGHUP.
    return (parseInt(ignored.slice(-1), 16) & 1) === 1;
  } catch {
    return false; // Not on Linux, or not allowed to look.
  }
}
