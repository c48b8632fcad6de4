/**
 * The other end of the wire engine: a client's socket.
 *
 * @module
 */
import type { Batch } from "../../framing/batch.ts";
import { payloadSize } from "../../framing/payloads.ts";
import { CLOSE, type Close, fitReason } from "../close_codes.ts";
import { type CloseBody, closeBody, readClose } from "./close_frame.ts";
import type { Duplex } from "./duplex.ts";
import { FrameReader } from "./frame_reader.ts";
import { Heartbeat } from "./heartbeat.ts";
import {
  maskedControlFrame,
  type Measured,
  measureMaskedFrames,
  writeMaskedFrames,
} from "./masked_frames.ts";
import { OPCODE } from "./opcode.ts";
import { Outbox } from "./outbox.ts";

/** How long a server that says nothing more may take to answer our close frame, in milliseconds. */
const ANSWER_MS = 2000;
/** How long a server that has said all may take to end the connection, in milliseconds: that is its part (RFC 6455 §7.1.1). */
const END_MS = 1000;
/** What nobody wants is read into this, by all connections. */
const NOWHERE = new Uint8Array(1 << 16);

const NOTHING = new Uint8Array(0);

/** A control frame that was sent or received. */
export interface ControlFrame {
  /** Its opcode (RFC 6455 §5.5). */
  readonly type: "ping" | "pong" | "close";
  /** By whom: this client has sent or received it. */
  readonly direction: "sent" | "received";
  /** Bytes of its body. */
  readonly bytes: number;
  /** Of a close frame; 1005 if it says none. */
  readonly code?: number;
  /** Of a close frame. */
  readonly reason?: string;
  /** Of a pong received: how long it took, in milliseconds, if that was measured. */
  readonly rttMs?: number;
}

/** Settings of a {@linkcode ClientSocket}. */
export interface ClientSocketOptions {
  /** Bytes that one message of the server may have; 0 or less is unlimited, which is 2 GiB. @default {1048576} */
  readonly maxFrameSize?: number;
  /** Silence after which the server is pinged, in milliseconds; it is given as long again to answer, unless what was sent before may hold it up. 0 never pings. @default {15000} */
  readonly pingMs?: number;
  /** What was read together with the answer to the handshake. */
  readonly early?: Uint8Array;
  /** Told of every ping, pong and close frame. */
  readonly onControlFrame?: (frame: ControlFrame) => void;
}

/** The ping that was sent last. */
interface SentPing {
  readonly number: number;
  readonly at: number;
  /** Messages given to `send` before it. */
  readonly given: number;
}

/**
 * A client's WebSocket on a connection whose handshake is over.
 *
 * It reads only while a call of `receive` waits, so whoever does not call it
 * holds the server back through TCP; pings are answered when that goes on.
 * `send` waits until the system has taken everything.
 *
 * After `close` the server may still send what it has to say (RFC 6455
 * §5.5.1): `receive` hands it out, then null. Keep calling it until then.
 */
export class ClientSocket {
  readonly #duplex: Duplex;
  readonly #reader: FrameReader;
  readonly #outbox: Outbox;
  readonly #heartbeat: Heartbeat;
  readonly #closed = Promise.withResolvers<Close>();
  readonly #onControlFrame: (frame: ControlFrame) => void;
  #early: Uint8Array;
  /** What our close frame said. */
  #farewell: CloseBody | null = null;
  /** Whether no more messages will come. */
  #hasEnded = false;
  #isGone = false;
  #isBroken = false;
  /** What `send` is sending, and how many bytes the system had taken before the first of it was written. */
  #sending: Batch | null = null;
  #writtenBefore: number | null = null;
  /** Messages given to `send` so far. */
  #given = 0;
  /** How many of them the server has read for certain: it has answered a ping that came behind them. */
  #confirmed = 0;
  #lastPing: SentPing | null = null;

  constructor(duplex: Duplex, options: ClientSocketOptions = {}) {
    const { maxFrameSize, pingMs = 15_000, early = NOTHING } = options;
    this.#duplex = duplex;
    this.#early = early;
    this.#onControlFrame = options.onControlFrame ?? (() => {});
    this.#reader = new FrameReader({ maxFrameSize, masked: false });
    this.#outbox = new Outbox(
      duplex,
      (batch, from) => {
        this.#writtenBefore ??= this.#outbox.written;
        return writeMaskedFrames(batch, from);
      },
      () => this.#isBroken = true,
    );
    this.#heartbeat = new Heartbeat(pingMs, {
      ping: (body) => {
        if (this.#farewell !== null) return;
        this.#lastPing = {
          number: numberOf(body),
          at: performance.now(),
          given: this.#given,
        };
        this.#queue("ping", body);
        this.#outbox.flush();
      },
      lost: () => this.#end(this.#ownClose() ?? lost("no answer to a ping")),
      takenOfMore: () => this.#outbox.isBusy ? this.#outbox.written : null,
    });
  }

  /** Settles once, when the connection has ended: with the server's close frame, with ours if it did not answer, or with 1006. Never rejects. */
  get closed(): Promise<Close> {
    return this.#closed.promise;
  }

  /** Payload bytes given to `send` that the system has not taken. */
  get bufferedAmount(): number {
    const batch = this.#sending;
    return batch === null
      ? 0
      : payloadSize(batch) - this.#measure(batch).payload;
  }

  /**
   * The messages that have come since the last call, of one type; waits for
   * one if there is none. Null when there will be no more. One call at a time;
   * what it has returned is valid until the next. Never rejects.
   */
  async receive(): Promise<Batch | null> {
    let batch = this.#take();
    if (batch !== undefined) return batch;
    this.#listen();
    do {
      await this.#readMore();
      batch = this.#take();
    } while (batch === undefined);
    this.#heartbeat.pause();
    return batch;
  }

  /**
   * Sends messages, in order. Resolves when the system has taken them, or will
   * take none any more. One call at a time. Never rejects.
   *
   * @returns How many of them the system has taken whole. The server knows nothing of the others.
   */
  async send(batch: Batch): Promise<number> {
    if (batch.count === 0 || this.#farewell !== null || this.#hasEnded) {
      return 0;
    }
    this.#given += batch.count;
    this.#heartbeat.pause();
    this.#writtenBefore = null;
    this.#sending = batch;
    await this.#outbox.send(batch);
    this.#sending = null;
    return this.#isBroken ? this.#measure(batch).messages : batch.count;
  }

  /** Sends a close frame behind what is being sent. Only the first call counts. */
  close(code: number, reason: string): void {
    if (this.#farewell !== null || this.#hasEnded) return;
    this.#sendClose({ code, reason: fitReason(reason) });
  }

  /** Ends the connection without waiting for anything. */
  abort(): void {
    this.#end(this.#ownClose() ?? lost("given up"));
  }

  /** How much of what is being sent the system has taken. */
  #measure(batch: Batch): Measured {
    const { written } = this.#outbox;
    return measureMaskedFrames(
      batch,
      written - (this.#writtenBefore ?? written),
    );
  }

  /** The next messages of what has been read; null if there will be no more, undefined if more must be read. */
  #take(): Batch | null | undefined {
    while (!this.#hasEnded) {
      const finding = this.#reader.next();
      const { payload } = this.#reader;
      if (finding === "ping") {
        this.#tell("ping", "received", payload.length);
        if (this.#farewell === null) this.#queue("pong", payload);
        continue;
      }
      // All pings of what was read are answered by one write.
      this.#outbox.flush();
      switch (finding) {
        case "messages":
          return this.#reader.batch;
        case "pong":
          this.#onPong(payload);
          break;
        case "close":
          this.#onClose(readClose(payload));
          break;
        case "violation": {
          const { code, reason } = this.#reader.violation!;
          this.#hasEnded = true;
          void this.#finish({ code, reason }, { code, reason, by: "client" });
          break;
        }
        case "nothing":
          return undefined;
      }
    }
    return null;
  }

  async #readMore(): Promise<void> {
    const room = this.#reader.room();
    const early = this.#early;
    // No room: there is no memory, which the reader will report.
    if (early.length > 0 || room.length === 0) {
      const count = Math.min(room.length, early.length);
      room.set(early.subarray(0, count));
      this.#early = early.subarray(count);
      return this.#reader.filled(count);
    }
    const timer = this.#farewell === null
      ? undefined
      : setTimeout(() => this.abort(), ANSWER_MS);
    let count: number | null = null;
    try {
      count = await this.#duplex.read(room);
    } catch {
      // Lost, or ended by us.
    }
    clearTimeout(timer);
    if (this.#hasEnded) return;
    if (count === null) {
      return this.#end(this.#ownClose() ?? lost("connection lost"));
    }
    this.#heartbeat.heard(performance.now());
    this.#reader.filled(count);
  }

  /**
   * Takes silence for a loss from now on, but only if everything sent has been
   * read: a server whose program reads slowly reads no pings either.
   */
  #listen(): void {
    if (this.#confirmed === this.#given) this.#heartbeat.listen();
  }

  #onPong(payload: Uint8Array): void {
    const ping = this.#lastPing;
    let rttMs: number | undefined;
    if (ping !== null && numberOf(payload) === ping.number) {
      rttMs = performance.now() - ping.at;
      this.#lastPing = null;
      this.#confirmed = ping.given;
      this.#listen();
    }
    this.#tell("pong", "received", payload.length, { rttMs });
  }

  #onClose(body: CloseBody): void {
    this.#tell("close", "received", this.#reader.payload.length, body);
    this.#hasEnded = true;
    const by = this.#farewell === null ? "server" : "client";
    void this.#finish({ ...body, reason: "" }, { ...body, by });
  }

  /** Says goodbye and lets the server end the connection. */
  async #finish(answer: CloseBody, close: Close): Promise<void> {
    if (this.#farewell === null) this.#sendClose(answer);
    const timer = setTimeout(() => this.#end(close), END_MS);
    try {
      // Left unread, it would make the system reset the connection and drop our close frame.
      while (await this.#duplex.read(NOWHERE) !== null);
    } catch {
      // Ended by the timer, or by the server's system.
    }
    clearTimeout(timer);
    this.#end(close);
  }

  #sendClose(body: CloseBody): void {
    this.#farewell = body;
    this.#queue("close", closeBody(body), body);
    this.#outbox.flush();
  }

  #queue(
    type: ControlFrame["type"],
    body: Uint8Array,
    more?: Partial<ControlFrame>,
  ): void {
    const opcode = OPCODE[type.toUpperCase() as "PING" | "PONG" | "CLOSE"];
    this.#outbox.queue(maskedControlFrame(opcode, body));
    this.#tell(type, "sent", body.length, more);
  }

  #tell(
    type: ControlFrame["type"],
    direction: ControlFrame["direction"],
    bytes: number,
    more?: Partial<ControlFrame>,
  ): void {
    this.#onControlFrame({ type, direction, bytes, ...more });
  }

  #ownClose(): Close | null {
    return this.#farewell === null ? null : { ...this.#farewell, by: "client" };
  }

  #end(close: Close): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#hasEnded = true;
    this.#heartbeat.stop();
    this.#reader.close();
    try {
      this.#duplex.close();
    } catch {
      // Somebody else has closed it.
    }
    this.#closed.resolve(close);
  }
}

/** The number in the body of a ping of ours, or of a pong that answers one; -1 if there is none. */
function numberOf(body: Uint8Array): number {
  if (body.length !== 4) return -1;
  return new DataView(body.buffer, body.byteOffset).getUint32(0);
}

function lost(reason: string): Close {
  return { code: CLOSE.ABNORMAL, reason, by: "server" };
}
