/**
 * Listening, and ending.
 *
 * @module
 */
import { ListenError } from "../errors.ts";
import type { Event } from "../events.ts";
import { lifetimeOf } from "../handler.ts";
import type { LoginCount } from "../http/auth/wrong_logins.ts";
import type { MetricsSource } from "../http/metrics.ts";
import { isIpAddress } from "../http/host.ts";
import { startShared } from "../http/start_shared.ts";
import {
  type ResolvedOptions,
  resolveOptions,
  unthrowing,
} from "../options.ts";
import type { CommonSlots, SessionState } from "../session/sessions.ts";
import { unbracket } from "./listen.ts";
import { Places, urlOf } from "./places.ts";
import {
  planListening,
  type ServeOptions,
  workerCount,
} from "./serve_options.ts";
import type { SharedPort } from "./shared_port.ts";
import { Tidy } from "./tidy.ts";
import { serveWithWorkers } from "./workers.ts";

/** A server that listens. */
export interface Server {
  /** Where it listens on TCP. */
  readonly addresses: readonly Deno.NetAddr[];
  /** What to open in a browser to be admitted by the random token; null if there is none, or no TCP port to open. */
  readonly link: string | null;
  /** The random token (`auth`), or null. Here and in the link only is it written. */
  readonly token: string | null;
  /** Resolves when it has ended. Never rejects. */
  readonly finished: Promise<void>;
  /** Admits no more clients, lets sessions end, then ends them; stops listening. Never rejects. */
  drain(): Promise<void>;
  /** Kills all programs and stops listening. Never rejects. */
  kill(): Promise<void>;
}

/**
 * Serves a program.
 *
 * @example
 * ```ts
 * import { serve } from "@websocketd/websocketd";
 *
 * const server = await serve({ command: "cat", port: 0 });
 * const client = new WebSocket(`ws://localhost:${server.addresses[0].port}/`);
 * client.onopen = () => client.send("hello");
 * const answer = await new Promise((resolve) => {
 *   client.onmessage = ({ data }) => resolve(data);
 * });
 * client.close();
 * await server.drain();
 * ```
 *
 * @throws {OptionError} If an option cannot be used.
 * @throws {ListenError} If it cannot listen on one of the addresses; then it listens on none.
 */
export async function serve(options: ServeOptions): Promise<Server> {
  planListening(options);
  const workers = workerCount(options);
  return workers > 1
    ? await serveWithWorkers(options, workers)
    : await serveHere(options);
}

/** What a server has in common with others that serve the same clients. */
export interface Common {
  readonly port: SharedPort;
  readonly slots: CommonSlots;
  readonly wrongLogins: LoginCount;
  readonly metrics: MetricsSource;
  /** The random token. */
  readonly token: string;
}

/** A server on this thread. */
export interface LocalServer extends Server {
  /** How the open sessions stand. */
  states(): Iterable<SessionState>;
}

/**
 * Serves a program on this thread.
 *
 * @param common What it shares with the servers on other threads, if there are any.
 * @throws {OptionError} If an option cannot be used.
 * @throws {ListenError} If it cannot listen on one of the addresses; then it listens on none.
 */
export async function serveHere(
  options: ServeOptions,
  common: Common | null = null,
): Promise<LocalServer> {
  const plan = planListening(options);
  const { address = [], once = false } = options;
  const finished = Promise.withResolvers<void>();
  const onEvent = unthrowing(options.onEvent ?? (() => {}));
  const tidy = new Tidy();
  const context = resolveOptions({
    ...options,
    ...(once && { maxForks: 1 }),
    // A server answers to the names it listens on; to addresses it does anyway.
    host: [
      ...options.host ?? [],
      ...address.filter((name) =>
        name !== "*" && !isIpAddress(unbracket(name))
      ),
    ],
    onEvent(event: Event): void {
      onEvent(event);
      if (event.type === "session.opened") tidy.sessionOpened();
      if (once && event.type === "session.closed") void server.drain();
    },
  }, {
    secrets: plan.tls === null ? [] : [plan.tls.keyFile],
    metrics: common?.metrics,
  });
  if (common !== null) {
    context.sessions.share(common.slots);
    context.authenticator.shareToken(common.token);
    context.authenticator.shareWrongLogins(common.wrongLogins);
  }
  const lifetime = lifetimeOf(context);
  let places: Places;
  try {
    await joinRelay(context);
    places = await Places.open(plan, context, common?.port);
  } catch (error) {
    await lifetime.kill();
    throw error;
  }
  const stopAfter = async (ended: Promise<unknown>): Promise<void> => {
    await ended;
    tidy.stop();
    await places.shutdown();
    finished.resolve();
  };
  if (options.shareStart === "now") await startShared(context);
  let drained: Promise<void> | null = null;
  const [first] = places.addresses;
  const server: LocalServer = {
    addresses: places.addresses,
    link: first === undefined ? null : context.authenticator.link(
      urlOf(plan.tls === null ? "http" : "https", first),
    ),
    token: context.authenticator.token,
    finished: finished.promise,
    drain: () => drained ??= stopAfter(lifetime.drain()),
    kill: () => stopAfter(lifetime.kill()),
    states: () => context.sessions.states(),
  };
  return server;
}

/** @throws {ListenError} If there is a relay and it cannot be used. */
async function joinRelay({ relay }: ResolvedOptions): Promise<void> {
  try {
    await relay?.connect();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ListenError(message, { cause: error });
  }
}
