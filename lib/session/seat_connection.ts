/**
 * One connection of a client that has a seat: the first, or one that goes on
 * where another was lost.
 *
 * @module
 */
import {
  type OutputAck,
  parseClientControl,
  type ServerControl,
} from "../client/protocol.ts";
import type { Exit, Traffic } from "../events.ts";
import type { Batch } from "../framing/batch.ts";
import type { Framing } from "../framing/framing.ts";
import type { Segment } from "../framing/output_log.ts";
import { CLOSE, type Close } from "../socket/close_codes.ts";
import type { Socket } from "../socket/socket.ts";
import { controlBatch } from "./control_batch.ts";
import { type LimitOptions, startIdle, startTimeout } from "./limits.ts";

/** How long a client is given to take a close frame that it has not asked for, in milliseconds. */
const CLOSE_MS = 2000;
/** When a client of the subprotocol is told at the latest what was accepted of it: messages, bytes, milliseconds. */
const ACK_MESSAGES = 32, ACK_BYTES = 1 << 16, ACK_MS = 250;

const DECODER = new TextDecoder();

/** How a program ended, for its clients. */
export interface Ended {
  readonly code: number;
  readonly reason: string;
  /** Null if it has not ended by itself, or could not be started. */
  readonly exit: Exit | null;
}

/** What is to be sent next. */
export type Outgoing =
  /** Messages of a log, by number. */
  | { readonly segment: Segment; readonly from: number; readonly until: number }
  /** What is no message of the program's. */
  | { readonly note: Batch }
  /** The last words: nothing comes behind them. */
  | { readonly ended: Ended };

/** What a connection needs of its seat. */
export interface ConnectedSeat {
  readonly framing: Framing;
  /** What has come from the client. */
  readonly received: Traffic;
  /** What of that the program has taken. */
  readonly taken: Traffic;
  /** Takes the next thing to send; null if there is nothing at the moment. */
  takeNext(): Outgoing | null;
  /** What was taken has been sent. */
  moved(): void;
  /** The client has everything below a number. */
  acknowledged(ack: OutputAck): void;
  /** Takes messages for the program. Resolves when it can take more, with whether it wants any from this connection. Never rejects. */
  receive(batch: Batch, from: SeatConnection): Promise<boolean>;
  /** Resolves when the program has taken everything. Never rejects. */
  written(): Promise<void>;
  /** Ends the seat. */
  end(code: number, reason: string): void;
  /** The connection has ended, or the client says goodbye. */
  closed(connection: SeatConnection, close: Close): void;
  /** The client was told how the program ended; it has answered, or cannot any more. */
  toldEnd(
    connection: SeatConnection,
    ended: Ended,
    isAnswered: boolean,
  ): void;
}

/** How a connection begins. */
export interface Beginning extends LimitOptions {
  /** Whether the client speaks `websocketd.v1`. */
  readonly speaksV1: boolean;
  /** The greeting of the subprotocol; null without it. */
  readonly hello: ServerControl | null;
  /** When the session began, by `performance.now()`. */
  readonly openedAt: number;
}

/** Carries messages between a seat and its client, for as long as the connection lasts and the seat is its. */
export class SeatConnection {
  readonly speaksV1: boolean;
  readonly socket: Socket;
  readonly #seat: ConnectedSeat;
  #controls: ServerControl[] = [];
  #wake: (() => void) | null = null;
  /** Whether nothing more is sent: the seat has another connection, or ends. */
  #isOver = false;
  readonly #detached = Promise.withResolvers<void>();
  /** Whether the last words are being said. */
  #isEnding = false;
  /** What the client was told to be accepted. */
  #told: Traffic;
  #ackTimer: ReturnType<typeof setTimeout> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  readonly #stopLimits: readonly (() => void)[];
  #feeding: Promise<void> = Promise.resolve();

  constructor(
    socket: Socket,
    seat: ConnectedSeat,
    { speaksV1, hello, openedAt, timeoutMs = 0, idleMs = 0 }: Beginning,
  ) {
    this.socket = socket;
    this.speaksV1 = speaksV1;
    this.#seat = seat;
    if (hello !== null) this.#controls.push(hello);
    // By the greeting.
    this.#told = { ...seat.received };
    const end = seat.end.bind(seat);
    this.#stopLimits = [
      startTimeout(timeoutMs, end, openedAt),
      startIdle(idleMs, socket, end),
    ];
  }

  /** Whether the last words are being said: the client gets no more messages. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Resolves when the seat has no part in it any more. Never rejects. */
  get detached(): Promise<void> {
    return this.#detached.promise;
  }

  /** Begins to send and to receive. Call once. */
  begin(): void {
    this.#feeding = this.#feed();
    void this.#pump();
    void this.socket.closed.then((close) => {
      if (!this.#isOver && !this.#isEnding) this.#seat.closed(this, close);
    });
  }

  /** There is something new to send. */
  wake(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  /** Tells the client something beside the messages, if it speaks the subprotocol. */
  tell(control: ServerControl): void {
    if (!this.speaksV1) return;
    this.#controls.push(control);
    this.wake();
  }

  /** Tells the client what the program has taken: soon, but not for each message. */
  tellTaken(): void {
    if (!this.speaksV1 || this.#isOver) return;
    const { messages, bytes } = this.#seat.taken;
    const told = this.#told;
    if (
      messages - told.messages >= ACK_MESSAGES ||
      bytes - told.bytes >= ACK_BYTES
    ) return this.#acknowledge();
    this.#ackTimer ??= setTimeout(() => this.#acknowledge(), ACK_MS);
  }

  /** Sends nothing more for the seat: it has another connection, or none. */
  detach(): void {
    this.#isOver = true;
    this.#detached.resolve();
    this.#controls = [];
    this.#stopTimers();
    this.wake();
  }

  /** Closes, behind a word of why if the client speaks the subprotocol, and gives the client some time to take it. Resolves when the connection has ended. Never rejects. */
  async close(code: number, reason: string): Promise<void> {
    this.detach();
    this.hurry();
    if (this.speaksV1) {
      const why: ServerControl = { type: "error", message: reason };
      void this.socket.send(controlBatch(this.#seat.framing, [why]));
    }
    await this.socket.close(code, reason);
    clearTimeout(this.#patience);
  }

  /** Answers a client's goodbye, when its last messages have been taken for the program. Never rejects. */
  async answerClose(
    { code, reason }: Close,
    inputTaken: (input: Promise<void>) => Promise<void>,
  ): Promise<void> {
    this.#isOver = true;
    this.wake();
    // It may read nothing of what is on its way.
    this.hurry();
    const input = this.#feeding.then(() => this.#seat.written());
    await Promise.all([this.socket.close(code, reason), inputTaken(input)]);
    clearTimeout(this.#patience);
  }

  /** The client has lost it, as far as is known: one that has only ended its own half may read nothing for good. Resolves when the connection has ended. Never rejects. */
  async drop(reason: string): Promise<void> {
    this.detach();
    this.hurry();
    await this.socket.close(CLOSE.ABNORMAL, reason);
    clearTimeout(this.#patience);
  }

  /** Gives the client no more than some time for what it is sent. */
  hurry(): void {
    this.#patience ??= setTimeout(() => this.socket.abort(), CLOSE_MS);
  }

  /** Program to client: whatever there is in one write, whenever the connection takes more. */
  async #pump(): Promise<void> {
    const { framing } = this.#seat;
    while (!this.#isOver) {
      if (this.#controls.length > 0) {
        await this.socket.send(controlBatch(framing, this.#controls.splice(0)));
        continue;
      }
      const next = this.#seat.takeNext();
      if (next === null) {
        // What was told just now may have been told to nobody.
        if (this.#controls.length > 0) continue;
        await new Promise<void>((resolve) => this.#wake = resolve);
      } else if ("segment" in next) {
        await this.socket.sendShared(next.segment, next.from, next.until);
        this.#seat.moved();
      } else if ("note" in next) {
        await this.socket.send(next.note);
      } else return await this.#sayEnd(next.ended);
    }
  }

  /** Client to program: hands on what the client sends until it sends no more. */
  async #feed(): Promise<void> {
    const { framing } = this.#seat;
    let batch;
    while ((batch = await this.socket.receive()) !== null) {
      if (batch.type === framing.type) {
        if (!await this.#seat.receive(batch, this)) return;
        continue;
      }
      const wrong = this.speaksV1
        ? this.#takeControls(batch)
        : wrongType(framing);
      if (wrong !== null) return this.#seat.end(wrong.code, wrong.reason);
    }
  }

  #takeControls(
    { bytes, bounds, count, type }: Batch,
  ): { readonly code: number; readonly reason: string } | null {
    for (let i = 0; i < 2 * count; i += 2) {
      const message = bytes.subarray(bounds[i], bounds[i + 1]);
      const control = parseClientControl(
        type === "text" ? DECODER.decode(message) : message,
      );
      if (control === null) {
        return {
          code: CLOSE.POLICY,
          reason: "this is no control message of websocketd.v1",
        };
      }
      if (control.type === "ack") this.#seat.acknowledged(control);
    }
    return null;
  }

  #acknowledge(): void {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    const { messages, bytes } = this.#seat.taken;
    if (messages <= this.#told.messages) return;
    this.#told = { messages, bytes };
    this.tell({ type: "ack", input: messages });
  }

  /** The last words, behind all output. */
  async #sayEnd(ended: Ended): Promise<void> {
    const { code, reason, exit } = ended;
    this.#isEnding = true;
    if (this.speaksV1) {
      const words: ServerControl = exit === null
        ? { type: "error", message: reason }
        : {
          type: "exit",
          code: exit.signal === null ? exit.code : null,
          signal: exit.signal,
        };
      await this.socket.send(controlBatch(this.#seat.framing, [words]));
    }
    const isAnswered = await this.socket.close(code, reason);
    clearTimeout(this.#patience);
    this.#seat.toldEnd(this, ended, isAnswered);
  }

  #stopTimers(): void {
    for (const stop of this.#stopLimits) stop();
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
  }
}

function wrongType(framing: Framing): { code: number; reason: string } {
  return {
    code: CLOSE.UNSUPPORTED_DATA,
    reason: framing.type === "text"
      ? "this program takes text messages, not binary ones (--binary)"
      : "this program takes binary messages, not text",
  };
}
