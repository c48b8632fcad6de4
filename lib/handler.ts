/**
 * A server's request handler, to use alone or beside other routes.
 *
 * @module
 */
import { type Client, clientOf } from "./http/client.ts";
import { NativeUpgrading } from "./http/native_upgrade.ts";
import { startShared } from "./http/start_shared.ts";
import { route } from "./http/router.ts";
import {
  type Options,
  type ResolvedOptions,
  resolveOptions,
} from "./options.ts";

/** A handler for `Deno.serve` that can be ended. */
export interface Handler extends Lifetime {
  (request: Request, info: Deno.ServeHandlerInfo): Promise<Response>;
}

/** How the sessions of a server end. */
export interface Lifetime {
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
  if (options.shareStart === "now") void startShared(context);
  const handle = (request: Request, info: Deno.ServeHandlerInfo) =>
    answerNatively(request, info, context);
  return Object.defineProperties(
    handle,
    Object.getOwnPropertyDescriptors(lifetimeOf(context)),
  ) as Handler;
}

/**
 * Answers a request that the runtime has read. Never rejects.
 *
 * @param client Default: whom the runtime sees.
 */
export async function answerNatively(
  request: Request,
  info: Deno.ServeHandlerInfo,
  context: ResolvedOptions,
  client: Client = clientOf(info),
): Promise<Response> {
  const upgrading = new NativeUpgrading(request, client, info.completed);
  // This engine leaves every answer to the runtime.
  return (await route(request, client, upgrading, context))!;
}

/** How the sessions of a server end, from what it was made with. */
export function lifetimeOf(
  { sessions, authenticator, relay, onEvent, drainMs }: ResolvedOptions,
): Lifetime {
  const drain = async () => {
    onEvent({ type: "drain.started", sessions: sessions.size });
    const killed = await sessions.drain(drainMs);
    await Promise.all([authenticator.close(), relay?.close()]);
    onEvent({ type: "drain.finished", killed });
    return killed;
  };
  let drained: Promise<number> | null = null;
  return {
    drain: () => drained ??= drain(),
    async kill(): Promise<void> {
      await Promise.all([sessions.kill(), authenticator.close()]);
      await relay?.close();
    },
    get sessions(): number {
      return sessions.size;
    },
  };
}
