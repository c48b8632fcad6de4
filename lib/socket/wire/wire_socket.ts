/**
 * The wire engine: a socket on a connection of our own.
 *
 * @module
 */
import type { Traffic } from "../../events.ts";
import type { Batch } from "../../framing/batch.ts";
import type { Segment } from "../../framing/output_log.ts";
import { payloadSize } from "../../framing/payloads.ts";
import { CLOSE, type Close, fitReason } from "../close_codes.ts";
import { startPatience } from "../patience.ts";
import type { Peer } from "../peer.ts";
import type { Socket, SocketOptions } from "../socket.ts";
import { startTimer } from "../../shared_timer.ts";
import type { StallClock } from "../stall_clock.ts";
import { type CloseBody, closeBody, readClose } from "./close_frame.ts";
import type { DeflateSettings } from "./deflate_offer.ts";
import { Deflater } from "./deflater.ts";
import type { Duplex } from "./duplex.ts";
import { FrameReader } from "./frame_reader.ts";
import { controlFrame, writeFrames } from "./frame_writer.ts";
import { Heartbeat } from "./heartbeat.ts";
import { OPCODE } from "./opcode.ts";
import { Outbox } from "./outbox.ts";
import { sharedFrames } from "./shared_frames.ts";

/** Behind a close frame is read in pieces of so many bytes: nearly always only the answer comes, but a client may still be sending. */
const ANSWER = 64, DISCARDED = 4096;
/** How long to wait for the answer to a close frame before the connection is closed half-way, in milliseconds. */
const HALF_CLOSE_MS = 1000;

const NOTHING = new Uint8Array(0);

const LOST: Close = {
  code: CLOSE.ABNORMAL,
  reason: "connection lost",
  by: "client",
};

/** What came of the handshake. */
export interface Handshake {
  /** What was read together with it: a client may send before it has the answer. */
  readonly early?: Uint8Array;
  /** The other end of the connection, to ask the system about. Default: unknown. */
  readonly peer?: Peer | null;
  /** How messages may be compressed. Default: not at all. */
  readonly deflate?: DeflateSettings;
}

/**
 * A WebSocket on a connection whose handshake is over.
 *
 * It reads only while a call of `receive` waits: a program that does not read
 * stops the client's writes through TCP, and what the client sends meanwhile,
 * pings and close frames too, is answered when that goes on. `send` makes one
 * write of a batch and waits for it. What `receive` has returned is valid
 * until the next call.
 *
 * A client's close frame is answered by `close`, with the client's own code:
 * what a program still has to say can be sent before (RFC 6455 §5.5.1). So
 * whoever sees `closed` settle has to call it.
 */
export class WireSocket implements Socket {
  readonly received = { messages: 0, bytes: 0 };
  lastMessageAt = performance.now();

  readonly #duplex: Duplex;
  readonly #peer: Peer | null;
  readonly #reader: FrameReader;
  readonly #deflater: Deflater | null;
  readonly #outbox: Outbox;
  readonly #heartbeat: Heartbeat;
  readonly #closed = Promise.withResolvers<Close>();
  #early: Uint8Array;
  #receiver: ((batch: Batch | null) => void) | null = null;
  #reading: Promise<void> | null = null;
  /** What the client's close frame said. */
  #farewell: CloseBody | null = null;
  #closing: Promise<boolean> | null = null;
  /** Whether no more messages will come. */
  #hasEnded = false;
  #isGone = false;
  /** Whether somebody may still look at the messages handed out last. */
  #isHeld = false;

  constructor(
    duplex: Duplex,
    { maxFrameSize, pingMs = 15_000 }: SocketOptions = {},
    { early = NOTHING, deflate, peer = null }: Handshake = {},
  ) {
    this.#duplex = duplex;
    this.#peer = peer;
    this.#reader = new FrameReader({
      maxFrameSize,
      compression: deflate?.client,
    });
    const deflater = deflate === undefined
      ? null
      : new Deflater(deflate.server);
    this.#deflater = deflater;
    this.#outbox = new Outbox(
      duplex,
      deflater === null
        ? writeFrames
        : (batch, from) => deflater.write(batch, from),
      () => this.#onBroken(),
    );
    this.#heartbeat = new Heartbeat(pingMs, {
      ping: (body) => {
        this.#outbox.queue(controlFrame(OPCODE.PING, body));
        this.#outbox.flush();
      },
      lost: () => this.#end({ ...LOST, reason: "no answer to a ping" }),
      takenOfMore: () => this.#outbox.isBusy ? this.#outbox.written : null,
    });
    this.#early = early.length === 0 ? NOTHING : early;
  }

  get closed(): Promise<Close> {
    return this.#closed.promise;
  }

  get sent(): Traffic {
    return this.#outbox.sent;
  }

  get stalls(): StallClock {
    return this.#outbox.stalls;
  }

  /** How long the client took to answer the last ping, in milliseconds; null before it has. */
  get rttMs(): number | null {
    return this.#heartbeat.rttMs;
  }

  receive(): Promise<Batch | null> {
    this.#isHeld = false;
    const batch = this.#take();
    if (batch !== undefined) return Promise.resolve(batch);
    return new Promise((resolve) => {
      this.#receiver = resolve;
      this.#reading ??= this.#read();
    });
  }

  send(batch: Batch): Promise<void> {
    if (batch.count === 0 || this.#closing !== null || this.#isGone) {
      return Promise.resolve();
    }
    this.lastMessageAt = performance.now();
    return this.#outbox.send(batch);
  }

  sendShared(segment: Segment, from: number, until: number): Promise<void> {
    const batch = segment.range(from, until);
    // What is compressed depends on what this client got before.
    if (this.#deflater !== null) return this.send(batch);
    if (this.#closing !== null || this.#isGone) return Promise.resolve();
    this.lastMessageAt = performance.now();
    return this.#outbox.sendFrames(
      sharedFrames(segment, from, until),
      { messages: batch.count, bytes: payloadSpan(batch) },
    );
  }

  close(code: number, reason: string): Promise<boolean> {
    return this.#closing ??= this.#close(code, fitReason(reason));
  }

  abort(): void {
    this.#end({ code: CLOSE.ABNORMAL, reason: "", by: "server" });
  }

  /** The next messages of what has been read; null if there will be no more, undefined if more must be read. */
  #take(): Batch | null | undefined {
    while (!this.#hasEnded) {
      const finding = this.#reader.next();
      if (finding === "ping") {
        const pong = controlFrame(OPCODE.PONG, this.#reader.payload);
        this.#outbox.queue(pong);
        continue;
      }
      // All pings of what was read are answered by one write.
      this.#outbox.flush();
      switch (finding) {
        case "messages":
          return this.#count(this.#reader.batch);
        case "pong":
          this.#heartbeat.pong(this.#reader.payload, performance.now());
          break;
        case "close":
          this.#farewell = readClose(this.#reader.payload);
          this.#hasEnded = true;
          this.#closed.resolve({ ...this.#farewell, by: "client" });
          break;
        case "violation": {
          const { code, reason } = this.#reader.violation!;
          void this.close(code, reason);
          break;
        }
        case "nothing":
          return undefined;
      }
    }
    return null;
  }

  /** Reads until somebody who waits for messages has got them. */
  async #read(): Promise<void> {
    this.#heartbeat.listen();
    while (this.#receiver !== null) {
      const room = this.#reader.room();
      let count: number | null;
      try {
        count = await (this.#readEarly(room) ?? this.#duplex.read(room));
      } catch {
        count = null;
      }
      if (count !== null) this.#reader.filled(count);
      if (this.#hasEnded) break;
      if (count === null) {
        this.#hasEnded = true;
        this.#closed.resolve(LOST);
        this.#deliver(null);
        break;
      }
      this.#heartbeat.heard(performance.now());
      const batch = this.#take();
      if (batch !== undefined) this.#deliver(batch);
    }
    this.#heartbeat.pause();
    this.#reading = null;
  }

  #readEarly(room: Uint8Array): number | null {
    const early = this.#early;
    if (early.length === 0 && room.length > 0) return null;
    const count = Math.min(room.length, early.length);
    room.set(early.subarray(0, count));
    // The head of the request is in the same memory.
    this.#early = count === early.length ? NOTHING : early.subarray(count);
    return count;
  }

  #count(batch: Batch): Batch {
    this.#isHeld = true;
    this.received.messages += batch.count;
    this.received.bytes += payloadSize(batch);
    this.lastMessageAt = performance.now();
    return batch;
  }

  #deliver(batch: Batch | null): void {
    const receiver = this.#receiver;
    this.#receiver = null;
    receiver?.(batch);
  }

  /** Nothing can be written any more. What can still be read may tell why, if anybody reads. */
  #onBroken(): void {
    if (this.#reading === null) this.#closed.resolve(LOST);
  }

  async #close(code: number, reason: string): Promise<boolean> {
    this.#closed.resolve({ code, reason, by: "server" });
    this.#hasEnded = true;
    this.#deliver(null);
    if (this.#isGone) return this.#farewell !== null;
    const discarded = this.#discard();
    const farewell = this.#farewell;
    const body = closeBody(
      farewell === null ? { code, reason } : { ...farewell, reason: "" },
    );
    await this.#outbox.close(controlFrame(OPCODE.CLOSE, body));
    const stop = startPatience(this.#peer, () => this.abort());
    // Many proxies close both ways when one is closed, and the answer is lost. But some clients know no other end.
    const canAnswer = farewell === null && this.#reader.violation === null;
    const stopWaiting = canAnswer
      ? startTimer(HALF_CLOSE_MS, () => this.#closeWrite())
      : void this.#closeWrite();
    const isAnswered = await discarded;
    stopWaiting?.();
    if (isAnswered) await this.#closeWrite();
    await stop();
    this.#end(LOST);
    return isAnswered;
  }

  async #closeWrite(): Promise<void> {
    try {
      await this.#duplex.closeWrite();
    } catch {
      // The client was faster.
    }
  }

  /** Reads to the client's close frame, or to the end, and tells which. Left unread, what the client still sends would make the system reset the connection and drop what is on its way to the client. */
  async #discard(): Promise<boolean> {
    await this.#reading;
    const finder = this.#reader.closeFinder();
    finder.push(this.#early);
    let room = new Uint8Array(ANSWER);
    try {
      while (!finder.found) {
        const count = await this.#duplex.read(room);
        if (count === null) break;
        finder.push(room.subarray(0, count));
        this.#heartbeat.heard(performance.now());
        if (count === room.length) room = new Uint8Array(DISCARDED);
      }
    } catch {
      // Lost, or given up.
    }
    return finder.found || this.#farewell !== null;
  }

  #end(close: Close): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#hasEnded = true;
    this.#closed.resolve(close);
    this.#heartbeat.stop();
    this.#reader.close();
    this.#deflater?.close();
    try {
      this.#duplex.close();
    } catch {
      // Somebody else has closed it.
    }
    // A client that left in the middle of a large message would cost its memory until a collection.
    if (!this.#isHeld) this.#reader.release();
    this.#deliver(null);
  }
}

/** Payload bytes of messages that lie without gaps. */
function payloadSpan({ bounds, count }: Batch): number {
  return bounds[2 * count - 1] - bounds[0];
}
