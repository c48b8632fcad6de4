/**
 * A client for the command line: input becomes messages, messages become
 * output, and the end of the program on the other side becomes an exit status.
 *
 * @module
 */
import type { Batch } from "../framing/batch.ts";
import { createFraming } from "../framing/create_framing.ts";
import type { Framing } from "../framing/framing.ts";
import { partOf } from "../framing/part_of.ts";
import { joinPayloads, separatePayloads } from "../framing/payloads.ts";
import { CLOSE } from "../socket/close_codes.ts";
import {
  ClientSocket,
  type ControlFrame,
} from "../socket/wire/client_socket.ts";
import { Backoff } from "../backoff.ts";
import {
  ANSWERED,
  type ClientEnd,
  endOf,
  endOfInput,
  endOfOutput,
  INPUT_ENDED,
  INTERRUPTED,
  isWorthRetrying,
  STATUS,
  UNANSWERED,
} from "./client_end.ts";
import type { ClientOptions } from "./client_options.ts";
import type { ClientEvent } from "./client_events.ts";
import { checkSubprotocol, parseHeaderLine } from "./header_lines.ts";
import type { HandshakeRequest } from "./handshake.ts";
import { open } from "./open.ts";
import { sendAll } from "./sender.ts";
import { parseTarget, type Target } from "./target.ts";

/** How long the server may take to answer the close frame of a client that is in a hurry, in milliseconds. */
const HURRY_MS = 2000;
/** A connection that lasted so long was a good one: the next wait is a short one again. In milliseconds. */
const GOOD_MS = 5000;
/** How often the bytes that wait are looked at, in milliseconds. */
const LOOK_MS = 1000;
const NEWLINE = 0x0a;

/**
 * Connects, carries messages both ways, and resolves when that has ended: with
 * the exit status that the program on the other side had, if it told. Nothing
 * is held but one chunk each way: output that is not taken holds the server
 * back, a server that takes nothing holds the input back.
 *
 * The end of the input ends nothing: a WebSocket cannot be closed in one
 * direction only, and what the program has still to say would be lost. The
 * server closes, unless `endMs` or `once` says otherwise.
 *
 * @throws {OptionError} If the address, a header or a subprotocol cannot be used.
 *
 * @example The output and the exit status of a program on the other side
 * ```ts
 * import { runClient, serve } from "@websocketd/websocketd";
 *
 * const server = await serve({ command: "echo", args: ["hello"], port: 0 });
 * const { status } = await runClient({
 *   url: `ws://localhost:${server.addresses[0].port}/`,
 *   input: { read: () => Promise.resolve(null) }, // Nothing; or Deno.stdin
 *   output: Deno.stdout,
 * });
 * console.log(status); // 0
 * await server.drain();
 * ```
 */
export async function runClient(options: ClientOptions): Promise<ClientEnd> {
  const target = parseTarget(options.url);
  const request: HandshakeRequest = {
    headers: (options.headers ?? []).map(parseHeaderLine),
    subprotocols: options.subprotocols ?? [],
  };
  for (const name of request.subprotocols) checkSubprotocol(name);
  return await new Client(target, request, options).run();
}

/** What has come of one attempt to connect. */
interface Outcome {
  readonly end: ClientEnd;
  readonly isTemporary: boolean;
  readonly retryAfterMs: number;
  readonly wasOpen: boolean;
}

class Client {
  readonly #target: Target;
  readonly #request: HandshakeRequest;
  readonly #options: ClientOptions;
  readonly #framing: Framing;
  readonly #backoff = new Backoff();
  /** Aborted when it is decided how to end: no more attempts, no more waiting. */
  readonly #stop = new AbortController();
  readonly #hurry = Promise.withResolvers<ClientEnd>();
  #hurryTimer: ReturnType<typeof setTimeout> | undefined;
  #endTimer: ReturnType<typeof setTimeout> | undefined;
  #decided: ClientEnd | null = null;
  #socket: ClientSocket | null = null;
  #open = Promise.withResolvers<ClientSocket | null>();
  #isClosing = false;
  #isReceiving = false;
  #hasInputEnded = false;
  #hasAnswer = false;
  /** Whether what comes is for nobody. */
  #isMuted = false;
  #buffered = 0;

  constructor(
    target: Target,
    request: HandshakeRequest,
    options: ClientOptions,
  ) {
    this.#target = target;
    this.#request = request;
    this.#options = options;
    this.#framing = createFraming({
      framing: options.binary ? "chunks" : "lines",
      maxLine: options.maxLine,
    });
  }

  async run(): Promise<ClientEnd> {
    const { signal } = this.#options;
    const interrupt = (): void => {
      this.#isMuted = true;
      this.#decide(INTERRUPTED, CLOSE.GOING_AWAY);
    };
    if (signal?.aborted) interrupt();
    signal?.addEventListener("abort", interrupt);
    const look = setInterval(() => this.#lookAtBuffer(), LOOK_MS);
    void this.#sendInput();
    const end = await Promise.race([this.#connections(), this.#hurry.promise]);
    clearInterval(look);
    clearTimeout(this.#hurryTimer);
    clearTimeout(this.#endTimer);
    signal?.removeEventListener("abort", interrupt);
    this.#stop.abort();
    this.#socket?.abort();
    this.#open.resolve(null);
    return end;
  }

  /** One connection after the other, until one ends for good. */
  async #connections(): Promise<ClientEnd> {
    for (;;) {
      const { end, wasOpen, ...outcome } = await this.#connection();
      // The program may have been faster than our close frame.
      if (
        this.#decided === INPUT_ENDED && wasOpen && end.isExpected &&
        end.status !== STATUS.OK
      ) return end;
      if (this.#decided !== null) return this.#decided;
      if (!this.#options.reconnect || !outcome.isTemporary) {
        return this.#options.once && end.status === STATUS.OK
          ? this.#hasAnswer ? ANSWERED : UNANSWERED
          : end;
      }
      const inMs = outcome.retryAfterMs + this.#backoff.next();
      this.#tell({ type: "retry", message: end.message, inMs, wasOpen });
      await wait(inMs, this.#stop.signal);
      if (this.#decided !== null) return this.#decided;
    }
  }

  async #connection(): Promise<Outcome> {
    this.#tell({ type: "connecting", to: this.#target.origin });
    this.#tell({ type: "state", readyState: "CONNECTING" });
    const opened = await open(
      this.#target,
      { ...this.#options, ...this.#request },
      { signal: this.#stop.signal, onEvent: (event) => this.#tell(event) },
    );
    if (opened.conn === undefined) {
      this.#tell({ type: "state", readyState: "CLOSED" });
      return { ...opened, wasOpen: false };
    }
    const openedAt = performance.now();
    const socket = this.#adopt(opened.conn, opened.early);
    await this.#receiveAll(socket);
    const close = await socket.closed;
    if (performance.now() - openedAt > GOOD_MS) this.#backoff.reset();
    return {
      end: endOf(close),
      isTemporary: isWorthRetrying(close),
      retryAfterMs: 0,
      wasOpen: true,
    };
  }

  #adopt(conn: Deno.Conn, early: Uint8Array): ClientSocket {
    const { maxFrameSize = 1 << 26, pingMs } = this.#options;
    this.#isClosing = false;
    const socket = new ClientSocket(conn, {
      maxFrameSize,
      pingMs,
      early,
      onControlFrame: (frame) => this.#onControlFrame(frame),
    });
    this.#socket = socket;
    // Before anybody who waits for the same: whoever asks then must wait for the next connection.
    void socket.closed.then(() => {
      this.#open = Promise.withResolvers();
      if (this.#stop.signal.aborted) this.#open.resolve(null);
      this.#tell({ type: "state", readyState: "CLOSED" });
    });
    this.#tell({ type: "state", readyState: "OPEN" });
    this.#open.resolve(socket);
    // Decided while the last byte of the handshake came.
    if (this.#decided !== null) socket.abort();
    return socket;
  }

  #onControlFrame(frame: ControlFrame): void {
    this.#tell({ type: "frame", frame });
    if (frame.type !== "close" || this.#isClosing) return;
    this.#isClosing = true;
    this.#tell({ type: "state", readyState: "CLOSING" });
  }

  async #receiveAll(socket: ClientSocket): Promise<void> {
    for (;;) {
      this.#isReceiving = true;
      this.#startEndTimer();
      const batch = await socket.receive();
      this.#isReceiving = false;
      clearTimeout(this.#endTimer);
      if (batch === null) return;
      if (!this.#isMuted) await this.#deliver(batch);
    }
  }

  async #deliver(batch: Batch): Promise<void> {
    const { output, once, binary } = this.#options;
    const wanted = once ? partOf(batch, 0, 1) : batch;
    const bytes = wanted.type === "text" && !binary
      ? separatePayloads(wanted, NEWLINE)
      : joinPayloads(wanted);
    try {
      for (let at = 0; at < bytes.length;) {
        at += await output.write(bytes.subarray(at));
      }
    } catch (error) {
      this.#isMuted = true;
      return this.#decide(endOfOutput(error), CLOSE.GOING_AWAY);
    }
    if (!once) return;
    this.#hasAnswer = this.#isMuted = true;
    if (this.#hasInputEnded) this.#decide(ANSWERED, CLOSE.NORMAL);
  }

  async #sendInput(): Promise<void> {
    try {
      await sendAll(
        this.#options.input,
        this.#framing,
        () => this.#open.promise,
      );
    } catch (error) {
      return this.#decide(endOfInput(error), CLOSE.GOING_AWAY);
    }
    this.#hasInputEnded = true;
    this.#tell({ type: "input-ended" });
    if (this.#hasAnswer) this.#decide(ANSWERED, CLOSE.NORMAL);
    this.#startEndTimer();
  }

  /** Only while there is nothing to do but to wait for the server. */
  #startEndTimer(): void {
    const { endMs } = this.#options;
    if (endMs === undefined || !this.#hasInputEnded || !this.#isReceiving) {
      return;
    }
    this.#endTimer = setTimeout(() => {
      this.#decide(INPUT_ENDED, CLOSE.NORMAL);
    }, endMs);
  }

  /** Decides how to end; only the first decision counts, except that whoever waits for the last answers may be interrupted. */
  #decide(end: ClientEnd, code: number): void {
    if (this.#decided !== null && this.#decided !== INPUT_ENDED) return;
    this.#decided = end;
    this.#stop.abort();
    this.#socket?.close(code, "");
    if (end === INPUT_ENDED) return;
    this.#hurryTimer = setTimeout(() => this.#hurry.resolve(end), HURRY_MS);
  }

  #lookAtBuffer(): void {
    const bytes = this.#socket?.bufferedAmount ?? 0;
    if (bytes === this.#buffered) return;
    this.#buffered = bytes;
    this.#tell({ type: "buffered", bytes });
  }

  #tell(event: ClientEvent): void {
    this.#options.onEvent?.(event);
  }
}

/** Time that passes, or an end of waiting. */
function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (signal.aborted) return done();
    signal.addEventListener("abort", done);
  });
}
