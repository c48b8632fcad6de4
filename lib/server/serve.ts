/**
 * Listening, and ending.
 *
 * @module
 */
import type { Event } from "../events.ts";
import { lifetimeOf } from "../handler.ts";
import { isIpAddress } from "../http/host.ts";
import { resolveOptions, unthrowing } from "../options.ts";
import { Engine } from "./engine.ts";
import { listen, type Listening, unbracket } from "./listen.ts";
import { planListening, type ServeOptions } from "./serve_options.ts";
import { Tidy } from "./tidy.ts";

/** A server that listens. */
export interface Server {
  /** Where it listens on TCP. */
  readonly addresses: readonly Deno.NetAddr[];
  /** What to open in a browser to be admitted by a random token (`auth`), or null. The token is nowhere else. */
  readonly link: string | null;
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
  });
  const lifetime = lifetimeOf(context);
  const engine = new Engine(plan, context);
  let listeners: Listening[];
  try {
    listeners = await listen(
      plan.address,
      plan.port,
      (place) => engine.open(place),
    );
  } catch (error) {
    await engine.shutdown();
    await lifetime.kill();
    throw error;
  }
  const addresses = listeners.map(({ addr }) => addr as Deno.NetAddr);
  const scheme = `${context.findProgram === null ? "http" : "ws"}${
    plan.tls === null ? "" : "s"
  }`;
  for (const { hostname, port } of addresses) {
    const url = `${scheme}://${urlHost(hostname)}:${port}/`;
    onEvent({ type: "server.listening", url, hostname, port });
  }
  const stopAfter = async (ended: Promise<unknown>): Promise<void> => {
    await ended;
    tidy.stop();
    await Promise.all(listeners.map((listener) => listener.shutdown()));
    await engine.shutdown();
    finished.resolve();
  };
  let drained: Promise<void> | null = null;
  const server: Server = {
    addresses,
    link: linkOf(addresses),
    finished: finished.promise,
    drain: () => drained ??= stopAfter(lifetime.drain()),
    kill: () => stopAfter(lifetime.kill()),
  };
  return server;

  function linkOf([first]: readonly Deno.NetAddr[]): string | null {
    const http = plan.tls === null ? "http" : "https";
    return first === undefined ? null : context.authenticator.link(
      `${http}://${urlHost(first.hostname)}:${first.port}/`,
    );
  }
}

/** The host part of a URL for an address; a wildcard address is reached by this machine's own name. */
function urlHost(hostname: string): string {
  if (hostname === "0.0.0.0" || hostname === "::") return "localhost";
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}
