/**
 * Accepting connections that this server reads by itself.
 *
 * @module
 */
import type { EventSink } from "../events.ts";
import { type Listening, nameOf } from "./listen.ts";

/** How long to wait before accepting again, in milliseconds. The log says so once in that time. */
const AGAIN_MS = 1000;

/** Something that accepts connections, such as `Deno.Listener`. */
export interface Accepting<Conn> {
  readonly addr: Deno.Addr;
  accept(): Promise<Conn>;
  close(): void;
}

/**
 * Hands out each connection as it comes, until it is shut down. When none can
 * be accepted, as when no file is left to open, it says so and goes on a second
 * later: those that wait are served then.
 */
export class Acceptor<Conn> implements Listening {
  readonly #listener: Accepting<Conn>;
  readonly #onConnection: (conn: Conn) => void;
  readonly #onEvent: EventSink;
  readonly #accepting: Promise<void>;
  readonly #where: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop = Promise.withResolvers<void>();
  #isDown = false;

  /** @param onConnection Owns the connection from then on. It must not throw. */
  constructor(
    listener: Accepting<Conn>,
    onConnection: (conn: Conn) => void,
    onEvent: EventSink,
  ) {
    this.#listener = listener;
    this.#onConnection = onConnection;
    this.#onEvent = onEvent;
    this.#where = nameOf(listener.addr);
    this.#accepting = this.#accept();
  }

  get addr(): Deno.Addr {
    return this.#listener.addr;
  }

  /** Accepts no more. Connections that were accepted live on. Never rejects. */
  async shutdown(): Promise<void> {
    if (!this.#isDown) {
      this.#isDown = true;
      this.#listener.close();
      clearTimeout(this.#timer);
      this.#stop.resolve();
    }
    await this.#accepting;
  }

  async #accept(): Promise<void> {
    while (!this.#isDown) {
      try {
        this.#onConnection(await this.#listener.accept());
      } catch (error) {
        if (this.#isDown) return;
        if (!isClients(error)) await this.#pause(error);
      }
    }
  }

  async #pause(error: unknown): Promise<void> {
    this.#onEvent({
      type: "error",
      message:
        `Cannot accept connections on ${this.#where}, trying again (ulimit -n tells how many files may be open)`,
      error,
    });
    const again = Promise.withResolvers<void>();
    this.#timer = setTimeout(again.resolve, AGAIN_MS);
    await Promise.race([again.promise, this.#stop.promise]);
  }
}

/** Whether it is one client that has left while it was accepted. */
function isClients(error: unknown): boolean {
  return error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted;
}
