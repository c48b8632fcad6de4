import type { EventSink } from "../events.ts";
import { type Listening, nameOf, type TcpPlace } from "./listen.ts";

/** How long to wait before listening again, in milliseconds. The log says so once in that time. */
const AGAIN_MS = 1000;
/** How long answers may take to leave when the server ends, in milliseconds. */
const LAST_ANSWERS_MS = 1000;

/** Where the runtime can serve. */
type Place = TcpPlace | { readonly path: string };

/**
 * One address that is listened on, until it is shut down. The runtime gives up
 * for good when it cannot accept a connection, as when so many clients are
 * there that no file is left to open (denoland/deno#10148): then it listens
 * again.
 */
export class Listener implements Listening {
  readonly addr: Deno.Addr;
  readonly #where: Place;
  readonly #handle: Deno.ServeHandler;
  readonly #onEvent: EventSink;
  /** Ends the server that runs, or null while none does. */
  #stop: AbortController | null = null;
  #finished: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isDown = false;
  #answering = 0;
  readonly #answered = Promise.withResolvers<void>();

  /** @throws {Error} Whatever the runtime throws if it cannot listen. */
  constructor(
    where: Place,
    handle: Deno.ServeHandler,
    onEvent: EventSink,
  ) {
    this.#handle = handle;
    this.#onEvent = onEvent;
    this.addr = this.#listen(where);
    // The port that was picked, to listen on the same again.
    this.#where = this.addr.transport === "tcp"
      ? { ...where, port: this.addr.port } as TcpPlace
      : where;
  }

  /**
   * Lets answers leave that are on their way, for a second at most, then closes
   * everything. The runtime's own way to do so waits for as long as a client
   * likes. Never rejects.
   */
  async shutdown(): Promise<void> {
    this.#isDown = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#answered.resolve, LAST_ANSWERS_MS);
    if (this.#answering === 0) this.#answered.resolve();
    await this.#answered.promise;
    clearTimeout(this.#timer);
    // The runtime says that an answer is complete a moment before it has left.
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#stop?.abort();
    await this.#finished;
  }

  #listen(where: Place): Deno.Addr {
    const stop = new AbortController();
    const server = Deno.serve({
      ...where,
      signal: stop.signal,
      onListen(): void {},
      // A body that had to be broken off: what is wrong has been told already.
      onError: () => new Response(null, { status: 500 }),
    }, (request, info) => this.#answer(request, info));
    this.#stop = stop;
    this.#finished = server.finished.catch((error) => {
      this.#stop = null;
      if (!this.#isDown) this.#recover(error);
    });
    return server.addr;
  }

  #answer(
    request: Request,
    info: Deno.ServeHandlerInfo,
  ): Response | Promise<Response> {
    this.#answering++;
    const answered = () => {
      if (--this.#answering === 0 && this.#isDown) this.#answered.resolve();
    };
    void info.completed.then(answered, answered);
    return this.#handle(request, info as Deno.ServeHandlerInfo<Deno.NetAddr>);
  }

  #recover(error: unknown): void {
    this.#onEvent({
      type: "error",
      message: `Cannot accept connections on ${
        nameOf(this.addr)
      }, trying again (ulimit -n tells how many files may be open)`,
      error,
    });
    const again = () => {
      try {
        this.#listen(this.#where);
      } catch {
        this.#timer = setTimeout(again, AGAIN_MS);
      }
    };
    this.#timer = setTimeout(again, AGAIN_MS);
  }
}
