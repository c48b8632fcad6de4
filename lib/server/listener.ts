import type { EventSink } from "../events.ts";

/** How long to wait before listening again, in milliseconds. A log says so once in that time. */
const AGAIN_MS = 1000;

/**
 * One address that is listened on, until it is shut down. The runtime gives up
 * for good when it cannot accept a connection, as when so many clients are
 * there that no file is left to open: then it listens again.
 */
export class Listener {
  readonly addr: Deno.NetAddr;
  readonly #serve: (port: number) => Deno.HttpServer<Deno.NetAddr>;
  readonly #onEvent: EventSink;
  #server: Deno.HttpServer<Deno.NetAddr>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isDown = false;

  /** @throws {Error} Whatever the runtime throws if it cannot listen. */
  constructor(
    { hostname, port }: { readonly hostname: string; readonly port: number },
    handle: Deno.ServeHandler,
    onEvent: EventSink,
  ) {
    this.#serve = (port) =>
      Deno.serve({ hostname, port, onListen(): void {} }, handle);
    this.#onEvent = onEvent;
    this.#server = this.#serve(port);
    this.addr = this.#server.addr;
    void this.#watch();
  }

  /** Stops listening. Resolves when all requests are answered; WebSockets are no requests any more. Never rejects. */
  async shutdown(): Promise<void> {
    this.#isDown = true;
    clearTimeout(this.#timer);
    await this.#server.shutdown();
  }

  /** Waits for the end of the server, and for another beginning. Never rejects. */
  async #watch(): Promise<void> {
    try {
      await this.#server.finished;
    } catch (error) {
      if (this.#isDown) return;
      const { hostname, port } = this.addr;
      this.#onEvent({
        type: "error",
        message:
          `Cannot accept connections on ${hostname} port ${port}, trying again (ulimit -n tells how many files may be open)`,
        error,
      });
      this.#listenLater();
    }
  }

  #listenLater(): void {
    this.#timer = setTimeout(() => {
      try {
        this.#server = this.#serve(this.addr.port);
        void this.#watch();
      } catch {
        this.#listenLater();
      }
    }, AGAIN_MS);
  }
}
