/**
 * A server's request handler, to use alone or beside other routes.
 *
 * @module
 */
import { route } from "./http/router.ts";
import { type Options, resolveOptions } from "./options.ts";

/** A handler for `Deno.serve` that can be ended. */
export interface Handler {
  (request: Request, info: Deno.ServeHandlerInfo): Promise<Response>;
  /**
   * Admits no more clients (503), gives the sessions that are open `drainMs` to
   * end, then ends them with close code 1001. Resolves with the number of
   * sessions that had to be ended, when all programs are gone. Never rejects.
   */
  drain(): Promise<number>;
  /** Kills all programs at once. Resolves when they are gone. Never rejects. */
  kill(): Promise<void>;
  /** Sessions that are open or about to be. */
  readonly sessions: number;
}

/**
 * Makes a handler that starts a program for each WebSocket.
 *
 * @example Beside other routes
 * ```ts
 * import { handler } from "@websocketd/websocketd";
 *
 * const program = handler({ command: "cat" });
 * const server = Deno.serve({ port: 0, onListen() {} }, (request, info) =>
 *   new URL(request.url).pathname === "/cat"
 *     ? program(request, info)
 *     : new Response("hello"));
 *
 * await program.drain();
 * await server.shutdown();
 * ```
 *
 * @throws {OptionError} If an option cannot be used.
 */
export function handler(options: Options): Handler {
  const context = resolveOptions(options);
  const { sessions, onEvent, drainMs } = context;
  const handle = (request: Request, info: Deno.ServeHandlerInfo) =>
    route(request, info, context);
  const drain = async () => {
    onEvent({ type: "drain.started", sessions: sessions.size });
    const killed = await sessions.drain(drainMs);
    onEvent({ type: "drain.finished", killed });
    return killed;
  };
  let drained: Promise<number> | null = null;
  return Object.defineProperty(
    Object.assign(handle, {
      drain: () => drained ??= drain(),
      kill: () => sessions.kill(),
    }),
    "sessions",
    { get: () => sessions.size },
  ) as Handler;
}
