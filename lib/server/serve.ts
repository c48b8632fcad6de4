/**
 * Listening, and ending.
 *
 * @module
 */
import type { Event } from "../events.ts";
import { handler } from "../handler.ts";
import { isIpAddress } from "../http/host.ts";
import { checkOptions, type Options, unthrowing } from "../options.ts";
import { checkAddresses, listen, unbracket } from "./listen.ts";
import { Tidy } from "./tidy.ts";

/** Where to listen, besides how to serve. */
export interface ServeOptions extends Options {
  /** Port on every address; 0 picks a free one. @default {8080} */
  readonly port?: number;
  /**
   * Addresses to listen on: IP addresses, IPv6 with or without brackets, host
   * names, `*` for all.
   *
   * @default {["127.0.0.1", "[::1]"]}
   */
  readonly address?: readonly string[];
  /** Ends the server after the first session. @default {false} */
  readonly once?: boolean;
}

/** A server that listens. */
export interface Server {
  /** Where it listens. */
  readonly addresses: readonly Deno.NetAddr[];
  /** Resolves when it has ended. Never rejects. */
  readonly finished: Promise<void>;
  /** Admits no more clients, lets sessions end, then ends them; stops listening. Never rejects. */
  drain(): Promise<void>;
  /** Kills all programs and stops listening. Never rejects. */
  kill(): Promise<void>;
}

/**
 * Serves a program on TCP.
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
  const { port = 8080, address, once = false } = options;
  checkOptions(options);
  checkAddresses(address);
  const finished = Promise.withResolvers<void>();
  const onEvent = unthrowing(options.onEvent ?? (() => {}));
  const tidy = new Tidy();
  const handle = handler({
    ...options,
    ...(once && { maxForks: 1 }),
    // A server answers to the names it listens on; to addresses it does anyway.
    host: [
      ...options.host ?? [],
      ...(address ?? []).filter((name) =>
        name !== "*" && !isIpAddress(unbracket(name))
      ),
    ],
    onEvent(event: Event): void {
      onEvent(event);
      if (event.type === "session.opened") tidy.sessionOpened();
      if (once && event.type === "session.closed") void server.drain();
    },
  });
  const listeners = await listen(address, port, handle, onEvent);
  for (const { addr } of listeners) {
    onEvent({
      type: "server.listening",
      url: `ws://${urlHost(addr.hostname)}:${addr.port}/`,
      hostname: addr.hostname,
      port: addr.port,
    });
  }
  const stopAfter = async (ended: Promise<unknown>): Promise<void> => {
    await ended;
    tidy.stop();
    await Promise.all(listeners.map((listener) => listener.shutdown()));
    finished.resolve();
  };
  let drained: Promise<void> | null = null;
  const server: Server = {
    addresses: listeners.map((listener) => listener.addr),
    finished: finished.promise,
    drain: () => drained ??= stopAfter(handle.drain()),
    kill: () => stopAfter(handle.kill()),
  };
  return server;
}

/** The host part of a URL for an address; a wildcard address is reached by this machine's own name. */
function urlHost(hostname: string): string {
  if (hostname === "0.0.0.0" || hostname === "::") return "localhost";
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}
