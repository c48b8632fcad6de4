/**
 * One client's place at a program that several clients have, or that outlives
 * a lost connection.
 *
 * @module
 */
import {
  type OutputAck,
  type ServerControl,
  SESSION_CLOSE,
} from "../client/protocol.ts";
import type { EventSink, Exit, SessionInfo } from "../events.ts";
import type { Batch } from "../framing/batch.ts";
import type { Framing } from "../framing/framing.ts";
import type { OutputLog } from "../framing/output_log.ts";
import { payloadSize } from "../framing/payloads.ts";
import { settlesWithin } from "../settles_within.ts";
import { CLOSE, type Close } from "../socket/close_codes.ts";
import type { Socket } from "../socket/socket.ts";
import { StallClock, type Stalls } from "../socket/stall_clock.ts";
import type { LimitOptions } from "./limits.ts";
import { EOF_MS } from "./program_end.ts";
import {
  type ConnectedSeat,
  type Ended,
  type Outgoing,
  SeatConnection,
} from "./seat_connection.ts";
import { SeatInput } from "./seat_input.ts";
import { type OutputSource, SeatOutput } from "./seat_output.ts";
import type { SessionState, SlotHolder } from "./sessions.ts";

/** What a seat needs of its hub. */
export interface SeatHub extends OutputSource {
  /** Process id, or null while the program does not run. */
  readonly pid: number | null;
  /** How long the last start took, in milliseconds. */
  readonly startMs: number;
  /** Whether the program belongs to this one client. */
  readonly isPrivate: boolean;
  /** Bytes the program has taken of all input. */
  readonly taken: number;
  readonly onEvent: EventSink;
  /** Says why a client may not write, or null if it may. */
  whyMute(seat: Seat): string | null;
  /** Writes messages to the program, whole and in order. Resolves when it has taken them, or never will. Never rejects. */
  write(seat: Seat, batch: Batch): Promise<void>;
  /** Ends the program. */
  stop(): void;
  /** The seat has moved on: it has sent something, or has been acknowledged something. */
  moved(): void;
  /** The seat is gone for good. */
  left(
    seat: Seat,
    close: { readonly code: number; readonly reason: string },
  ): void;
}

/** Settings of a seat. */
export interface SeatOptions extends LimitOptions {
  /** How long a lost connection is waited for, in milliseconds; 0 is not at all. */
  readonly resumeMs: number;
}

/** How a connection is joined to a seat. */
export interface Joining {
  /** Whether the client speaks `websocketd.v1`. */
  readonly speaksV1: boolean;
  /** Whether it goes on where a lost one was. */
  readonly resumed: boolean;
  /** Messages asked for that are gone; null if that cannot be known. */
  readonly lost: number | null;
}

/** One client, from the first connection to the last. */
export class Seat implements SlotHolder, ConnectedSeat {
  readonly info: SessionInfo;
  /** What the client resumes with: 128 random bits. In no log, and in no program's environment. */
  readonly secret: string = randomId();
  /** Since when it has had too much waiting, without having caught up; null if it has not. */
  behindSince: number | null = null;
  readonly received = { messages: 0, bytes: 0 };
  readonly taken = { messages: 0, bytes: 0 };
  #movedAt = performance.now();
  #takenBefore = 0;
  readonly #hub: SeatHub;
  readonly #options: SeatOptions;
  readonly #gone = Promise.withResolvers<void>();
  readonly #output: SeatOutput;
  readonly #behind = new StallClock();
  /** What earlier connections waited for the client. */
  readonly #stalledBefore = { count: 0, ms: 0 };
  readonly #openedAt = performance.now();
  #connection: SeatConnection | null = null;
  #speaksV1 = false;
  /** Null if the client cannot come back. */
  #input: SeatInput | null = null;
  /** How the program ended: to be told behind all output, as often as the client comes back for it. */
  #ended: Ended | null = null;
  /** How the seat ends, whatever the program does. */
  #close: Pick<Close, "code" | "reason"> & Partial<Close> | null = null;
  #isGone = false;
  #isDraining = false;
  #isOpen = false;
  #away: ReturnType<typeof setTimeout> | undefined;

  /** @param from Number of the first message to be sent. */
  constructor(
    info: SessionInfo,
    hub: SeatHub,
    from: number,
    options: SeatOptions,
  ) {
    this.info = info;
    this.#hub = hub;
    this.#options = options;
    this.#output = new SeatOutput(hub, info.id, from);
  }

  get framing(): Framing {
    return this.#hub.framing;
  }

  /** How it stands. */
  get state(): SessionState {
    return {
      id: this.info.id,
      isRunning: this.#hub.isPrivate && this.#hub.pid !== null,
      sent: this.#output.sent,
      received: this.received,
      stalls: this.#stalls,
      rttMs: this.#connection?.socket.rttMs,
    };
  }

  /** Whether a connection is there that gets messages. */
  get isHere(): boolean {
    return this.#connection?.isEnding === false && this.#close === null;
  }

  /** What waits to be sent, in bytes with 8 for each message, of the messages of the hub's log below a number. */
  waiting(below?: number): number {
    return this.#output.waiting(below);
  }

  /** How long its connection has taken nothing, in milliseconds, as far as was looked. */
  stillMs(now: number): number {
    const sent = this.#connection?.socket.sent.messages ?? 0;
    if (sent !== this.#takenBefore) {
      this.#takenBefore = sent;
      this.#movedAt = now;
    }
    return now - this.#movedAt;
  }

  /** Number of the oldest message of a log that is not sent. */
  cursorIn(log: OutputLog): number {
    return this.#output.unsentOf(log);
  }

  /** Number of the oldest message of a log that may be asked for again. */
  needsOf(log: OutputLog): number {
    return this.#canResume
      ? this.#output.unacknowledgedOf(log)
      : this.#output.unsentOf(log);
  }

  /** Whether a lost connection would be waited for. */
  get #canResume(): boolean {
    return this.#speaksV1 && this.#options.resumeMs > 0 && !this.#isDraining;
  }

  /** Resolves when the client is gone for good. Never rejects. */
  run(): Promise<void> {
    return this.#gone.promise;
  }

  /** Joins a connection to it, the first or a later one: an older one is closed. One that comes too late is told how the seat has ended. */
  attach(socket: Socket, { speaksV1, resumed, lost }: Joining): void {
    const { timeoutMs, idleMs, resumeMs } = this.#options;
    const older = this.#connection;
    const hello: ServerControl = {
      type: "hello",
      session: this.secret,
      epoch: this.#output.epoch,
      output: this.#output.next,
      input: this.received.messages,
      resume: resumeMs / 1000,
      resumed,
      lost,
    };
    const connection = new SeatConnection(socket, this, {
      ...{ speaksV1, timeoutMs, idleMs, openedAt: this.#openedAt },
      hello: speaksV1 ? hello : null,
    });
    if (this.#close !== null) {
      // What the client has said is not for another connection, and may be no code that can be sent.
      const { code, reason } = this.#close.by === "client"
        ? { code: SESSION_CLOSE.SESSION_OVER, reason: "the session is over" }
        : this.#close;
      return void connection.close(code, reason);
    }
    if (older !== null) {
      this.#detach(older);
      void older.close(SESSION_CLOSE.RESUMED_ELSEWHERE, "resumed elsewhere");
    }
    clearTimeout(this.#away);
    this.#connection = connection;
    this.#speaksV1 = speaksV1;
    if (this.#canResume) {
      this.#input ??= new SeatInput((batch) => this.#write(batch));
    }
    this.#open();
    if (resumed) {
      this.#hub.onEvent({
        type: "session.resumed",
        session: this.info,
        lost: lost ?? 0,
      });
    }
    connection.begin();
  }

  /** Goes back, or forward, to a number. */
  moveTo(number: number): void {
    this.#output.moveTo(number);
    // What is below has arrived: the program may have waited for that.
    this.#hub.moved();
  }

  /** There is something new to do: output, or the end. */
  wake(): void {
    this.#connection?.wake();
  }

  /** Leaves out all that waits, and tells the client. */
  skip(): void {
    const messages = this.#output.skip();
    this.#hub.onEvent({
      type: "session.skipped",
      session: this.info,
      messages,
    });
    this.wake();
  }

  /** The program has ended: the client gets everything that it printed, and is told. */
  finish(ended: Ended): void {
    this.#ended = ended;
    this.wake();
  }

  /** Ends it now, with a close code. Only the first reason counts. */
  end(code: number, reason: string): void {
    if (this.#isGone) return;
    const connection = this.#connection;
    // It has been told already, or will be; it may never read.
    connection?.hurry();
    if (this.#close !== null) return;
    const close = this.#close = { code, reason };
    if (this.#hub.isPrivate) this.#hub.stop();
    if (connection === null) return this.#leave(close);
    if (connection.isEnding) return;
    void connection.close(code, reason).then(() => this.#leave(close));
  }

  /** No client comes back any more. */
  drain(): void {
    this.#isDraining = true;
    if (this.#connection === null) {
      return this.end(CLOSE.GOING_AWAY, "server stopping");
    }
    // It need not acknowledge anything any more.
    this.#hub.moved();
  }

  kill(): void {
    this.end(CLOSE.GOING_AWAY, "server stopping");
    this.#connection?.socket.abort();
  }

  endOrphans(): Promise<void> {
    return Promise.resolve();
  }

  takeNext(): Outgoing | null {
    const next = this.#output.take(this.#speaksV1);
    if (next !== null || this.#ended === null) return next;
    return { ended: this.#ended };
  }

  moved(): void {
    this.#hub.moved();
  }

  acknowledged(ack: OutputAck): void {
    this.#output.acknowledge(ack);
    this.#hub.moved();
  }

  async receive(batch: Batch, from: SeatConnection): Promise<boolean> {
    const why = this.#hub.whyMute(this);
    if (why !== null) {
      this.end(CLOSE.POLICY, why);
      return false;
    }
    const input = this.#input;
    this.#behind.begin();
    const hasRoom = input === null || await input.hasRoom(from.detached);
    // Who goes on with the session has been told that this was not accepted.
    const isTheirs = this.#connection !== null && this.#connection !== from;
    if (hasRoom && !isTheirs) {
      this.received.messages += batch.count;
      this.received.bytes += payloadSize(batch);
      await (input === null ? this.#write(batch) : input.add(batch));
    }
    this.#behind.end();
    return hasRoom && !isTheirs;
  }

  async written(): Promise<void> {
    await this.#input?.written();
  }

  closed(connection: SeatConnection, close: Close): void {
    if (this.#connection !== connection || this.#close !== null) return;
    if (close.code === CLOSE.ABNORMAL && this.#canResume) {
      this.#lose(connection, close.reason);
    } else void this.#sayGoodbye(connection, close);
  }

  toldEnd(
    connection: SeatConnection,
    ended: Ended,
    isAnswered: boolean,
  ): void {
    // Another one is told now.
    if (this.#connection !== connection) return;
    if (isAnswered || this.#close !== null || !this.#canResume) {
      return this.#leave(ended);
    }
    this.#lose(connection, "the client may not know how the program ended");
  }

  async #write(batch: Batch): Promise<void> {
    const size = payloadSize(batch);
    await this.#hub.write(this, batch);
    this.taken.messages += batch.count;
    this.taken.bytes += size;
    this.#connection?.tellTaken();
  }

  get #stalls(): SessionState["stalls"] {
    const client = this.#connection?.socket.stalls.read();
    return {
      client: addStalls(this.#stalledBefore, client),
      program: this.#behind.read(),
    };
  }

  #open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    const { pid, startMs, isPrivate, onEvent } = this.#hub;
    if (isPrivate && pid === null) return;
    onEvent({
      type: "session.opened",
      session: this.info,
      pid,
      ...(isPrivate && { startMs }),
    });
  }

  /** A lost connection is waited for. */
  #lose(connection: SeatConnection, reason: string): void {
    this.#detach(connection);
    void connection.drop(reason);
    this.#hub.onEvent({ type: "session.lost", session: this.info, reason });
    this.#away = setTimeout(
      () =>
        this.end(
          CLOSE.ABNORMAL,
          "connection lost, and not resumed in time",
        ),
      this.#options.resumeMs,
    );
  }

  /** The client says goodbye: what it sent before still goes to the program, and it gets what its own answers at once. */
  async #sayGoodbye(connection: SeatConnection, close: Close): Promise<void> {
    if (this.#hub.isPrivate && this.#ended === null) {
      await settlesWithin(this.#gone.promise, EOF_MS);
    }
    // Somebody may have gone on with it, on another connection.
    const isOther = this.#connection !== connection;
    if (isOther || this.#close !== null || connection.isEnding) return;
    const { code, reason } = this.#close = close;
    await connection.answerClose(
      close,
      (taken) => this.#whileItMoves(taken),
    );
    this.#leave({ code, reason });
  }

  /** Waits for input to be taken, as long as the program takes any. */
  async #whileItMoves(taken: Promise<void>): Promise<void> {
    let before: number;
    do {
      before = this.#hub.taken;
      if (await settlesWithin(taken, EOF_MS)) return;
    } while (this.#hub.taken > before);
  }

  #detach(connection: SeatConnection): void {
    const { count, ms } = connection.socket.stalls.read();
    this.#stalledBefore.count += count;
    this.#stalledBefore.ms += ms;
    this.#connection = null;
    connection.detach();
  }

  #leave({ code, reason }: { code: number; reason: string }): void {
    const close = this.#close = { code, reason };
    this.#isGone = true;
    this.#connection?.detach();
    this.#input?.passOn();
    clearTimeout(this.#away);
    this.#hub.left(this, close);
    this.#gone.resolve();
    if (!this.#hub.isPrivate) this.tellClosed(close, null, null);
  }

  /** Says that the session has closed. A hub does that itself for a program of one client, when that is gone. */
  tellClosed(
    { code, reason }: { readonly code: number; readonly reason: string },
    pid: number | null,
    exit: Exit | null,
  ): void {
    this.#hub.onEvent({
      type: "session.closed",
      session: this.info,
      pid,
      code,
      reason,
      exit,
      durationMs: performance.now() - this.#openedAt,
      sent: { ...this.#output.sent },
      received: { ...this.received },
      stalls: this.#stalls,
    });
  }
}

function addStalls(
  before: { readonly count: number; readonly ms: number },
  now: Stalls | undefined,
): Stalls {
  if (now === undefined) return { ...before, isStalled: false };
  return {
    count: before.count + now.count,
    ms: before.ms + now.ms,
    isStalled: now.isStalled,
  };
}

/** 128 random bits in 22 characters of base64url. */
export function randomId(): string {
  return crypto.getRandomValues(new Uint8Array(16))
    .toBase64({ alphabet: "base64url", omitPadding: true });
}
