/**
 * Holding back what a client sends, on Deno's own `WebSocket`.
 *
 * The runtime reads a WebSocket in a loop of its own and has no public way to
 * pause it (denoland/deno#14064): a client could fill all memory, and the
 * first message that comes after the server's close frame makes the runtime
 * drop the connection together with everything still on its way to the client.
 *
 * The loop looks at a private state after each message and stops when that
 * says closed; a private method starts it again. That is all this file uses.
 * Where they do not exist, `pausable` is false, and the caller must bound what
 * it keeps in another way.
 *
 * @module
 */
import { RUNTIME_CORE } from "../runtime_core.ts";

/** A state the runtime does not know: neither open, so that it does not answer a close frame twice, nor closing, so that it does not hang up on the next message, nor closed, so that it reads on. */
const DISCARDING = 4;

interface Symbols {
  readonly readyState: symbol;
  readonly eventLoop: symbol;
  readonly resource: symbol | undefined;
  readonly checkIdle: symbol | undefined;
}

// deno-lint-ignore no-explicit-any -- private members have no types
type Private = any;

/** The read loop of one server-side `WebSocket`. */
export class ReadLoop {
  readonly #socket: Private;
  readonly #symbols: Symbols | null;
  #running = true;
  #restartIdleTimer: (() => void) | null = null;

  /** @param pingMs Silence after which the runtime pings, in milliseconds. */
  constructor(socket: WebSocket, pingMs: number) {
    this.#socket = socket;
    this.#symbols = symbolsOf(socket);
    this.#calmIdleTimer(pingMs / 8);
  }

  /** Whether {@linkcode pause} and {@linkcode discard} work in this runtime. */
  get pausable(): boolean {
    return this.#symbols !== null;
  }

  /** Whether the loop stands still. */
  get paused(): boolean {
    return !this.#running;
  }

  /** Stops reading. Only inside a message listener: the loop looks at the state when that returns. */
  pause(): void {
    this.#socket[this.#symbols!.readyState] = WebSocket.CLOSED;
    this.#running = false;
    // The loop has looked by then, and everybody else sees an open socket.
    queueMicrotask(() => this.showOpen());
  }

  /**
   * Makes a paused socket look open again. To be called before sending: what
   * is sent on one that looks closed is dropped without a word, and whoever
   * sends may have its turn between the loop's and the microtask of `pause`.
   */
  showOpen(): void {
    // Unless it was resumed, or has begun to close, in the meantime.
    if (this.#running) return;
    const { readyState } = this.#symbols!;
    if (this.#socket[readyState] !== WebSocket.CLOSED) return;
    this.#socket[readyState] = WebSocket.OPEN;
  }

  /** Reads on. */
  resume(): void {
    if (this.#running) return;
    this.showOpen();
    this.#running = true;
    this.#socket[this.#symbols!.eventLoop]();
    this.keepAlive();
  }

  /**
   * After `close()`: reads on until the client's close frame comes, so that the
   * messages before it, which nobody wants any more, do not reset the
   * connection under what the client still has to read.
   */
  discard(): void {
    if (this.#symbols === null) return;
    this.#socket[this.#symbols.readyState] = DISCARDING;
    if (!this.#running) {
      this.#running = true;
      this.#socket[this.#symbols.eventLoop]();
    }
  }

  /** Begins the time of silence anew: a paused client's answers to pings wait unread, and it must not be taken for dead. */
  keepAlive(): void {
    this.#restartIdleTimer?.();
  }

  /**
   * The runtime starts its timer of silence anew for every message, which takes
   * it 30 µs. Once in a while is as good: no timer runs out between two of
   * them, and while an answer to a ping is due the last one is long ago.
   */
  #calmIdleTimer(everyMs: number): void {
    const checkIdle = this.#symbols?.checkIdle;
    if (checkIdle === undefined) return;
    const socket = this.#socket;
    let restartedAt = -Infinity;
    const restart = socket[checkIdle];
    // Not bound: a bound function has 350 bytes of properties.
    this.#restartIdleTimer = () => restart.call(socket);
    socket[checkIdle] = () => {
      const now = performance.now();
      if (now - restartedAt < everyMs) return;
      restartedAt = now;
      this.#restartIdleTimer!();
    };
  }

  /** Gives the connection back to the system, which ends it when what was sent has been read. */
  release(): void {
    const resource = this.#symbols?.resource;
    if (resource === undefined || RUNTIME_CORE === null) return;
    RUNTIME_CORE.tryClose(this.#socket[resource]);
    // The runtime panics when it is asked what an open socket without a connection holds.
    this.#socket[this.#symbols!.readyState] = WebSocket.CLOSED;
  }
}

/** Found once; all sockets of a runtime have the same symbols. */
let known: Symbols | null | undefined;

function symbolsOf(socket: WebSocket): Symbols | null {
  if (known !== undefined) return known;
  const find = (object: object, name: string) =>
    Object.getOwnPropertySymbols(object).find((s) => s.description === name);
  const readyState = find(socket, "[[readyState]]");
  const eventLoop = find(WebSocket.prototype, "[[eventLoop]]");
  known = readyState === undefined || eventLoop === undefined ? null : {
    readyState,
    eventLoop,
    resource: find(socket, "[[rid]]"),
    checkIdle: find(WebSocket.prototype, "[[serverHandleIdleTimeout]]"),
  };
  return known;
}
