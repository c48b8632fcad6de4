/**
 * Signals that end a client.
 *
 * @module
 */

/** The signals, with the exit status of a program that one of them ends: 128 + its number. */
const STATUSES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Tells of every signal that asks this program to end, instead of ending it,
 * until disposed.
 *
 * @param onSignal Receives the exit status that stands for the signal.
 */
export function listenForSignals(
  onSignal: (status: number) => void,
): Disposable {
  const listeners = Object.entries(STATUSES).map(([name, status]) =>
    [name as Deno.Signal, () => onSignal(status)] as const
  ).filter(([signal, listener]) => {
    try {
      Deno.addSignalListener(signal, listener);
      return true;
    } catch {
      return false; // Windows has no SIGTERM.
    }
  });
  return {
    [Symbol.dispose](): void {
      for (const [signal, listener] of listeners) {
        Deno.removeSignalListener(signal, listener);
      }
    },
  };
}
