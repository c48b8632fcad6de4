/**
 * The native engine: a socket on Deno's own `WebSocket`.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { Batch } from "../framing/batch.ts";
import type { Segment } from "../framing/output_log.ts";
import { CLOSE, type Close, fitReason } from "./close_codes.ts";
import { Inbox } from "./inbox.ts";
import { startPatience } from "./patience.ts";
import { type Peer, peerState } from "./peer.ts";
import { ReadLoop } from "./read_loop.ts";
import type { Socket, SocketOptions } from "./socket.ts";
import { StallClock } from "./stall_clock.ts";

/** Bytes of messages that may wait for the program before the client is held back. */
const INBOX_BYTES = 1 << 18; // 256 KiB: four times what a pipe takes at once
/** The same where the runtime cannot hold the client back, and it has to be cut off instead. */
const UNPAUSABLE_INBOX_BYTES = 1 << 24; // 16 MiB
/** Messages sent before the runtime gets a turn: each that waits costs it about 2 KiB besides the payload. */
const LOOK_EVERY = 128;
/** Bytes that may wait for the client before the program is held back. */
const OUTBOX_BYTES = 1 << 16; // 64 KiB: one pipe; more made nothing faster
/** How long to wait before looking again whether a client has caught up: turns of the event loop, then milliseconds. */
const LOOK_TURNS = 16, LOOK_MAX_MS = 32;

/** Turns of the event loop in which the runtime writes a close frame to a client that has read all before: one was enough each time. */
const CLOSE_TURNS = 4;

const LOST: Close = {
  code: CLOSE.ABNORMAL,
  reason: "connection lost",
  by: "client",
};
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });
const ENCODER = new TextEncoder();

/** Microtasks within which the next message comes if the runtime has read it already. Fewer find fewer: with 1,000 messages in flight 0, 3, 8, 12, 24 of them carried 116, 143, 157, 166, 153 thousand a second. */
const MICROTASKS_BETWEEN = 12;
const EVENTS = ["open", "message", "error", "close"] as const;

/**
 * The `idleTimeout` to give to `Deno.upgradeWebSocket`, in seconds. The runtime
 * pings after half of it and hangs up after the other half.
 */
export function idleTimeoutSeconds(pingMs: number): number {
  return 2 * pingMs / 1000;
}

/**
 * Adapts a `WebSocket` of `Deno.upgradeWebSocket`. To be made before its `open`
 * event, so that no message is lost.
 */
export class NativeSocket implements Socket {
  readonly sent = { messages: 0, bytes: 0 };
  readonly received = { messages: 0, bytes: 0 };
  readonly stalls: StallClock = new StallClock();
  lastMessageAt = performance.now();

  readonly #socket: WebSocket;
  readonly #loop: ReadLoop;
  readonly #inbox = new Inbox();
  readonly #maxFrameSize: number;
  readonly #pingMs: number;
  readonly #peer: Peer | null;
  readonly #closed = Promise.withResolvers<Close>();
  /** Called when the connection itself has ended, which outlives the first close frame. */
  #onGone: (() => void) | null = null;
  readonly #opened = Promise.withResolvers<boolean>();
  #isGone = false;
  #closing: Promise<boolean> | null = null;
  /** Whether the client has sent a close frame. */
  #isAnswered = false;
  #receiver: ((batch: Batch | null) => void) | null = null;
  #stallTimer: ReturnType<typeof setInterval> | undefined;
  #stalled = false;
  #handingOver = false;

  constructor(
    socket: WebSocket,
    { maxFrameSize = 1 << 20, pingMs = 15_000 }: SocketOptions = {},
    peer: Peer | null = null,
  ) {
    this.#socket = socket;
    this.#loop = new ReadLoop(socket, pingMs);
    this.#maxFrameSize = maxFrameSize > 0 ? maxFrameSize : Infinity;
    this.#pingMs = pingMs;
    this.#peer = peer;
    socket.binaryType = "arraybuffer";
    // One listener object for all: four functions would cost each idle client 1 KiB.
    for (const type of EVENTS) socket.addEventListener(type, this);
  }

  /** Receives the events of the `WebSocket`. */
  handleEvent(event: Event): void {
    switch (event.type) {
      case "message":
        return this.#onMessage((event as MessageEvent).data);
      case "open":
        return this.#opened.resolve(true);
      case "close":
        return this.#onClose(event as CloseEvent);
      case "error":
        event.preventDefault();
        // A handshake that fails brings no close event; any other error does.
        if (this.#socket.readyState === WebSocket.CONNECTING) this.#end(LOST);
    }
  }

  /** Resolves when the handshake is over, with whether it succeeded. Never rejects. */
  get opened(): Promise<boolean> {
    return this.#opened.promise;
  }

  get closed(): Promise<Close> {
    return this.#closed.promise;
  }

  receive(): Promise<Batch | null> {
    const batch = this.#take();
    if (batch !== null) return Promise.resolve(batch);
    if (this.#closing !== null || this.#isGone) return Promise.resolve(null);
    return new Promise((resolve) => this.#receiver = resolve);
  }

  async send(batch: Batch): Promise<void> {
    const { bytes, count } = batch;
    if (count === 0 || this.#ending) return;
    const text = batch.type === "text" ? textOf(batch) : null;
    await this.#send(
      batch,
      (start, end) =>
        text !== null
          ? text(start, end)
          : bytes.subarray(start, end) as Uint8Array<ArrayBuffer>,
    );
  }

  async sendShared(
    segment: Segment,
    from: number,
    until: number,
  ): Promise<void> {
    if (this.#ending) return;
    const batch = segment.range(from, until);
    if (segment.type === "binary") return await this.send(batch);
    const texts = sharedTexts(segment);
    let next = from - segment.first;
    await this.#send(batch, () => texts[next++]);
  }

  /** @param payload Gives the messages one after the other, by their bounds. */
  async #send(
    { bounds, count }: Batch,
    payload: (start: number, end: number) => string | Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    this.lastMessageAt = performance.now();
    for (let next = 0; next < count;) {
      const until = Math.min(count, next + LOOK_EVERY);
      this.#loop.showOpen();
      for (; next < until; next++) {
        const start = bounds[2 * next], end = bounds[2 * next + 1];
        this.#socket.send(payload(start, end));
        this.sent.messages++;
        this.sent.bytes += end - start;
      }
      if (next < count) await turn();
      await this.#drained(OUTBOX_BYTES, () => this.#ending, this.stalls);
      if (this.#ending) return;
    }
  }

  close(code: number, reason: string): Promise<boolean> {
    return this.#closing ??= this.#close(code, fitReason(reason));
  }

  abort(): void {
    if (this.#isGone) return;
    this.#loop.release();
    this.#end({ code: CLOSE.ABNORMAL, reason: "", by: "server" });
  }

  get #ending(): boolean {
    return this.#closing !== null || this.#isGone;
  }

  async #close(code: number, reason: string): Promise<boolean> {
    this.#closed.resolve({ code, reason, by: "server" });
    this.#wake();
    // What the client still sends is dropped; unread, it would reset the connection.
    this.#resume();
    await this.#drained(0, () => this.#isGone);
    if (this.#isGone) return this.#isAnswered;
    if (this.#loop.answersTwice) return await this.#closeUnread(code, reason);
    this.#socket.close(code, reason);
    this.#loop.discard();
    const stop = startPatience(this.#peer, () => this.abort());
    await new Promise<void>((resolve) => this.#onGone = resolve);
    await stop();
    return this.#isAnswered;
  }

  /** Closes, and hangs up before the runtime can read the client's answer, to which it would send another close frame. The answer to a ping tells that the client is there. */
  async #closeUnread(code: number, reason: string): Promise<boolean> {
    const { promise: ready, resolve } = Promise.withResolvers<boolean>();
    this.#onGone = () => resolve(false);
    const stop = startPatience(this.#peer, () => resolve(false));
    void this.#loop.halt().then(() => resolve(true));
    const isThere = await ready;
    stop();
    if (this.#isGone) return this.#isAnswered;
    this.#socket.close(code, reason);
    for (let turns = 0; turns < CLOSE_TURNS; turns++) await turn();
    this.abort();
    return isThere;
  }

  #onMessage(data: string | ArrayBuffer): void {
    if (this.#ending) return this.#loop.readOn();
    const size = sizeOf(data, this.#maxFrameSize);
    if (size > this.#maxFrameSize) {
      void this.close(
        CLOSE.TOO_BIG,
        `message of ${size} bytes is over the limit of ${this.#maxFrameSize} (--maxframesize)`,
      );
      return;
    }
    this.lastMessageAt = performance.now();
    this.received.messages++;
    if (typeof data === "string") {
      this.received.bytes += this.#inbox.addText(data);
    } else {
      this.#inbox.addBinary(new Uint8Array(data));
      this.received.bytes += data.byteLength;
    }
    if (this.#receiver !== null && !this.#handingOver) void this.#handOver();
    if (this.#inbox.bytes > INBOX_BYTES) this.#holdBack();
  }

  /**
   * Hands out what has come, together with the messages right behind it: those
   * that the runtime has read already follow within a few microtasks, and one
   * write to the program then takes them all. A message that comes alone waits
   * for those microtasks only.
   */
  async #handOver(): Promise<void> {
    this.#handingOver = true;
    let seen;
    do {
      seen = this.received.messages;
      for (let i = 0; i < MICROTASKS_BETWEEN; i++) await null;
    } while (this.received.messages > seen);
    this.#handingOver = false;
    this.#wake();
  }

  /** Gives whoever waits for messages what there is; null if nothing is. */
  #wake(): void {
    const receiver = this.#receiver;
    this.#receiver = null;
    receiver?.(this.#take());
  }

  #take(): Batch | null {
    const batch = this.#inbox.take();
    this.#stalled = false;
    if (this.#inbox.bytes === 0) this.#resume();
    return batch;
  }

  #holdBack(): void {
    if (this.#loop.pausable) {
      this.#loop.pause();
      // Between the runtime's ping and its patience running out: it pings, and never hangs up.
      const intervalMs = 1.5 * (this.#pingMs || 15_000);
      this.#stalled = true;
      this.#stallTimer = setInterval(
        () => void this.#whileHeldBack(),
        intervalMs,
      );
    } else if (this.#inbox.bytes > UNPAUSABLE_INBOX_BYTES) {
      void this.close(
        CLOSE.TRY_AGAIN,
        "the program reads more slowly than this client sends",
      );
    }
  }

  async #whileHeldBack(): Promise<void> {
    this.#loop.keepAlive();
    if (!this.#stalled || this.#peer === null) {
      this.#stalled = this.#loop.paused;
      return;
    }
    // Nothing was taken for a whole interval: the program may never read again.
    const state = await peerState(this.#peer);
    if (state?.left && this.#loop.paused) {
      this.#inbox.clear();
      this.#loop.release();
      this.#end(LOST);
    }
  }

  #resume(): void {
    if (!this.#loop.paused) return;
    clearInterval(this.#stallTimer);
    this.#loop.resume();
  }

  #onClose({ code, reason, wasClean }: CloseEvent): void {
    // To the runtime, a connection that ends behind our close frame was closed well, with no code.
    this.#isAnswered = wasClean &&
      (this.#closing === null || code !== CLOSE.NO_STATUS);
    if (wasClean) this.#end({ code, reason, by: "client" });
    else {
      // The runtime says 1001 when its ping was not answered, and 0 when the connection broke.
      this.#end({
        ...LOST,
        ...(code === CLOSE.GOING_AWAY && { reason: "no answer to a ping" }),
      });
    }
  }

  #end(close: Close): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearInterval(this.#stallTimer);
    this.#closed.resolve(close);
    this.#onGone?.();
    this.#opened.resolve(false);
    this.#wake();
  }

  /** Resolves when at most so many bytes wait for the client, or there is no more point in waiting. */
  async #drained(
    limit: number,
    pointless: () => boolean,
    stalls?: StallClock,
  ): Promise<void> {
    // In this order: asked for what waits on a connection it has given up, the runtime panics.
    let looks = 0;
    for (; !pointless() && this.#socket.bufferedAmount > limit; looks++) {
      if (looks < LOOK_TURNS) {
        await turn();
        continue;
      }
      // Not before: the time that the runtime itself takes is no fault of the client's.
      if (looks === LOOK_TURNS) stalls?.begin();
      await delay(Math.min(LOOK_MAX_MS, looks - LOOK_TURNS + 1));
    }
    if (looks > LOOK_TURNS) stalls?.end();
  }
}

/** Gives the runtime one turn, in which it writes what it can. Cheaper than a timer, which waits a millisecond. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Gives the text of a message by its bounds; decodes all messages at once if every character is one byte. */
function textOf(
  { bytes, bounds, count }: Batch,
): (start: number, end: number) => string {
  if (count > 1) {
    const base = bounds[0], length = bounds[2 * count - 1] - base;
    const all = DECODER.decode(bytes.subarray(base, base + length));
    if (all.length === length) {
      return (start, end) => all.slice(start - base, end - base);
    }
  }
  return (start, end) => DECODER.decode(bytes.subarray(start, end));
}

/** The texts of a segment, for all its clients. */
const known = new WeakMap<Segment, string[]>();

/** The texts of all messages that a segment has by now. */
function sharedTexts(segment: Segment): readonly string[] {
  let texts = known.get(segment);
  if (texts === undefined) known.set(segment, texts = []);
  if (texts.length < segment.count) {
    const { bounds, first, next } = segment;
    const text = textOf(segment.range(first + texts.length, next));
    for (let i = texts.length; i < segment.count; i++) {
      texts.push(text(bounds[2 * i], bounds[2 * i + 1]));
    }
  }
  return texts;
}

/** Payload bytes of a message; counted exactly only where that can be over the limit. */
function sizeOf(data: string | ArrayBuffer, limit: number): number {
  if (typeof data !== "string") return data.byteLength;
  if (data.length > limit || 3 * data.length <= limit) return data.length;
  return ENCODER.encode(data).byteLength;
}
