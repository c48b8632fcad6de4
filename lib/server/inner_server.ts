import { concat } from "../concat.ts";
import type { EventSink } from "../events.ts";
import { textResponse } from "../http/response.ts";
import { settlesWithin } from "../settles_within.ts";
import type { Duplex } from "../socket/wire/duplex.ts";
import { closeQuietly } from "./close_quietly.ts";
import { forwardedHead } from "./head/forwarded_head.ts";
import type { Head } from "./head/head.ts";
import { writeRefusal } from "./head/write_refusal.ts";
import { IdleLimit } from "./idle_limit.ts";
import { Listener } from "./listener.ts";
import { SelfProbe } from "./self_probe.ts";
import { splice } from "./splice.ts";
import { writeAll } from "./write_all.ts";

/** How long what is under way may take to leave when the server ends, in milliseconds. */
const LAST_ANSWERS_MS = 1000;
/** How long a connection with HTTP/2 may have no request under way, in milliseconds: as long as a head may take. */
const IDLE_MS = 10_000;

/**
 * Answers requests.
 *
 * @param info The address in it is this machine's own.
 * @param client What was told about the client.
 */
export type InnerHandler<T> = (
  request: Request,
  info: Deno.ServeHandlerInfo,
  client: T,
) => Response | Promise<Response>;

/** Whose requests come from a port of this machine, and how many of them may. */
interface Caller<T> {
  readonly client: T;
  requests: number;
  /** Ends the connection. Default: it may be idle for as long as the runtime lets it. */
  readonly idle?: IdleLimit;
}

/** What is handed on. */
interface Passage<T> {
  readonly duplex: Duplex;
  readonly caller: Caller<T>;
  /** What the server gets first, and how many bytes of the connection behind that. */
  readonly first: Uint8Array;
  readonly upTo: number;
  /** The method, if it is known. */
  readonly method?: string;
}

/**
 * The runtime's HTTP server for connections that were accepted elsewhere. It
 * listens on a port that only this machine can reach, connects to it for each
 * of them, and knows them by the port at the other end. Whoever else connects
 * is refused.
 */
export class InnerServer<T> {
  readonly #handle: InnerHandler<T>;
  readonly #listener: Listener;
  /** By their port. */
  readonly #callers = new Map<number, Caller<T>>();
  readonly #probe = new SelfProbe();
  /** Connections that are handed on, and those among them that end with an answer. */
  readonly #running = new Set<Promise<void>>();
  readonly #answering = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  /** How often the port was given up, for anybody to take, and listened on again. */
  #losses = 0;
  #isDown = false;

  /** @throws {Error} Whatever the runtime throws if it cannot listen. */
  constructor(handle: InnerHandler<T>, onEvent: EventSink) {
    this.#handle = handle;
    this.#listener = new Listener(
      { hostname: "127.0.0.1", port: 0 },
      (request, info) => this.#answer(request, info),
      (event) => {
        this.#losses++;
        onEvent(event);
      },
    );
  }

  /** Where it listens. */
  get addr(): Deno.NetAddr {
    return this.#listener.addr as Deno.NetAddr;
  }

  /**
   * Has one request answered whose head was read elsewhere, then ends the
   * connection: another one behind it is never looked at, so that nothing gets
   * past the checks of its head. Only HTTP/2, in which nothing can be switched
   * to another protocol, is handed on as it is, until it has been idle for 10 s.
   * Resolves when the connection is closed. Never rejects.
   */
  async answer(duplex: Duplex, head: Head, client: T): Promise<void> {
    const { method, bodySize, raw, early } = head;
    if (head.version === "2.0") {
      const first = concat([raw, early]);
      const idle = new IdleLimit(IDLE_MS, () => closeQuietly(duplex));
      const caller = { client, requests: Infinity, idle };
      await this.#track({ duplex, caller, first, upTo: Infinity });
      return idle.stop();
    }
    const body = early.subarray(0, Math.min(early.length, bodySize));
    await this.#track({
      duplex,
      caller: { client, requests: 1 },
      first: concat([forwardedHead(head), body]),
      upTo: bodySize - body.length,
      method,
    });
  }

  /**
   * Hands a whole connection on, with all requests and upgrades that come.
   * Resolves when it is closed. Never rejects.
   *
   * @param first What has been read of it: nothing, or what came first.
   */
  splice(duplex: Duplex, first: Uint8Array, client: T): Promise<void> {
    const caller = { client, requests: Infinity };
    return this.#track({ duplex, caller, first, upTo: Infinity });
  }

  /** Lets answers leave that are on their way, for a second or two, then closes everything. Never rejects. */
  async shutdown(): Promise<void> {
    this.#isDown = true;
    // Until the clients have them: the listener only knows when they left it.
    await settlesWithin(Promise.all(this.#answering), LAST_ANSWERS_MS);
    await this.#listener.shutdown();
    await settlesWithin(Promise.all(this.#running), LAST_ANSWERS_MS);
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  async #track(passage: Passage<T>): Promise<void> {
    const run = this.#run(passage);
    this.#running.add(run);
    if (passage.caller.requests === 1) this.#answering.add(run);
    await run;
    this.#running.delete(run);
    this.#answering.delete(run);
  }

  async #run(
    { duplex, caller, first, upTo, method }: Passage<T>,
  ): Promise<void> {
    let conn: Deno.TcpConn;
    try {
      conn = await this.#connect();
    } catch {
      const refusal = textResponse(503, "This server is busy: try again", [
        ["retry-after", "1"],
      ]);
      return await writeRefusal(duplex, refusal, { method });
    }
    const { port } = conn.localAddr;
    this.#callers.set(port, caller);
    const server: Duplex = {
      read: (into) => conn.read(into),
      write: (bytes) => conn.write(bytes),
      closeWrite: () => conn.closeWrite(),
      close: () => {
        // Before: once it is closed, the port is anybody's.
        this.#callers.delete(port);
        conn.close();
      },
    };
    // If the server is gone, it is found out by reading.
    await writeAll(server, first).catch(() => {});
    await splice(duplex, server, { upTo, signal: this.#stop.signal });
  }

  /**
   * Connects, and makes sure that it is this server that is reached, and that
   * the port at this end says so.
   *
   * Another user of this machine may have had that port until just now, and
   * left a request behind that the server has not seen yet. And when the server
   * loses its port for a while, another user may listen there. The server
   * accepts and reads connections in the order in which they come, so that when
   * a later one is answered, both have been seen.
   *
   * @throws {Error} If the server cannot be reached.
   */
  async #connect(): Promise<Deno.TcpConn> {
    if (this.#isDown) throw new Error("Cannot connect: the server has ended");
    const losses = this.#losses;
    const { hostname, port } = this.addr;
    const conn = await Deno.connect({ hostname, port });
    try {
      conn.setNoDelay(true);
      if (await this.#probe.arrives(this.addr) && losses === this.#losses) {
        return conn;
      }
      throw new Error("Cannot connect: somebody else listens");
    } catch (error) {
      conn.close();
      throw error;
    }
  }

  #answer(
    request: Request,
    info: Deno.ServeHandlerInfo,
  ): Response | Promise<Response> {
    const { port } = info.remoteAddr as Deno.NetAddr;
    const caller = this.#callers.get(port);
    if (caller !== undefined && caller.requests-- > 0) {
      caller.idle?.during(info.completed);
      return this.#handle(request, info, caller.client);
    }
    return this.#probe.answer(request) ??
      textResponse(403, "This port is the server's own: use the other one");
  }
}
