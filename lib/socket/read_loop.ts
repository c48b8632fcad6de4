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

/**
 * Before this version the runtime answers a client's close frame also when that
 * is the answer to its own; browsers take the second one for a failure, and
 * say 1006 instead of the code (denoland/deno#21642).
 */
const ANSWERS_ONCE = [2, 6, 4];
/** A time for the idle timer that is over at once, in seconds. */
const SOON = 0.001;
/** Longest time for the answer to a last ping, in seconds, if there is no limit of the user's. */
const LAST_PING_S = 60;

interface Symbols {
  readonly readyState: symbol;
  readonly eventLoop: symbol;
  readonly resource: symbol | undefined;
  readonly checkIdle: symbol | undefined;
  readonly idleTimeout: symbol | undefined;
}

// deno-lint-ignore no-explicit-any -- private members have no types
type Private = any;

/** The read loop of one server-side `WebSocket`. */
export class ReadLoop {
  readonly #socket: Private;
  readonly #symbols: Symbols | null;
  #running = true;
  #restartIdleTimer: (() => void) | null = null;
  #onHalt: (() => void) | null = null;

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

  /** Whether this runtime answers an answer to its close frame, and {@linkcode halt} can keep it from that. */
  get answersTwice(): boolean {
    return ANSWERS_TWICE && RUNTIME_CORE !== null &&
      this.#symbols?.resource !== undefined &&
      this.#symbols.checkIdle !== undefined &&
      this.#symbols.idleTimeout !== undefined;
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

  /**
   * Stops reading for good, when the client has read everything that was sent:
   * the runtime always has a read under way, and an answer to a ping is what
   * ends it. Only if {@linkcode answersTwice}. Never resolves if the client
   * does not answer.
   */
  halt(): Promise<void> {
    const idleTimeout = this.#symbols!.idleTimeout!;
    const seconds = this.#socket[idleTimeout] || LAST_PING_S;
    // The runtime pings when its idle timer is over, and no other way.
    this.#socket[idleTimeout] = SOON;
    this.keepAlive();
    this.#socket[idleTimeout] = seconds;
    return new Promise((resolve) => {
      this.#onHalt = () => {
        this.#running = false;
        // Nobody waits for an answer any more.
        this.#socket[idleTimeout] = SOON;
        this.keepAlive();
        resolve();
      };
    });
  }

  /** To be called in a message listener while it halts: what has come is not the answer that it waits for. */
  readOn(): void {
    if (this.#onHalt === null) return;
    this.#socket[this.#symbols!.readyState] = WebSocket.OPEN;
  }

  /** Ends the loop, unless a message listener calls {@linkcode readOn} before it looks. */
  #tryHalt(): void {
    const { readyState } = this.#symbols!;
    this.#socket[readyState] = WebSocket.CLOSED;
    queueMicrotask(() => {
      if (this.#socket[readyState] !== WebSocket.CLOSED) return;
      this.#socket[readyState] = WebSocket.OPEN;
      this.#onHalt!();
    });
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
      if (this.#onHalt !== null) return this.#tryHalt();
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

const ANSWERS_TWICE: boolean = (() => {
  const version = Deno.version.deno.split(/[.+-]/).map(Number);
  const at = ANSWERS_ONCE.findIndex((part, i) => version[i] !== part);
  return at !== -1 && version[at] < ANSWERS_ONCE[at];
})();

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
    idleTimeout: find(socket, "[[idleTimeout]]"),
  };
  return known;
}
