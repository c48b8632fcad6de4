/**
 * Ending on signals, as a service manager or a person at a terminal asks for it.
 *
 * @module
 */
import { settlesWithin } from "../settles_within.ts";
import type { Server } from "./serve.ts";

/** Signals that end a server, with the exit code of one that is ended at once: 128 + the signal's number. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
/** `O_WRONLY` of open(2). */
const WRITE_ONLY = 1;
/** How long killed programs are waited for, in milliseconds. */
const KILLED_MS = 1000;

/**
 * Drains a server on SIGINT, SIGTERM or SIGHUP; a second signal ends it at
 * once. Resolves with the exit code when the server has ended: 0 if it drained
 * or ended by itself, 128 + the signal's number if it was ended at once. Never
 * rejects.
 *
 * On Linux, SIGHUP ends nothing that GNU `nohup` has started at a terminal.
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
  const outlivesTerminal = isUnderNohup();
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

/**
 * Whether `nohup` has started this process at a terminal. It asks the system to
 * ignore SIGHUP, but the runtime undoes that as soon as it hears of any signal,
 * mostly before a line of ours has run. What stays is the stdin it gives in
 * place of the terminal: `/dev/null`, opened for writing only.
 */
function isUnderNohup(): boolean {
  try {
    if (Deno.readLinkSync("/proc/self/fd/0") !== "/dev/null") return false;
    const info = Deno.readTextFileSync("/proc/self/fdinfo/0");
    const [, mode] = /^flags:\s*[0-7]*([0-7])$/m.exec(info) ?? [];
    return (Number(mode) & 3) === WRITE_ONLY;
  } catch {
    return false; // Not on Linux, or not allowed to look.
  }
}
