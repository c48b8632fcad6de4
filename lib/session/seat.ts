/**
 * One client's place at a program that several clients have, or that outlives
 * a lost connection.
 *
 * @module
 */
import {
  parseClientControl,
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
import { type LimitOptions, startIdle, startTimeout } from "./limits.ts";
import { batchOf, controlBatch } from "./control_batch.ts";
import { EOF_MS } from "./program_end.ts";
import type { SessionState, SlotHolder } from "./sessions.ts";

/** How long a client is given to take a close frame that it has not asked for, in milliseconds. */
const CLOSE_MS = 2000;
/** When a client of the subprotocol is told at the latest what was accepted of it: messages, bytes, milliseconds. */
const ACK_MESSAGES = 32, ACK_BYTES = 1 << 16, ACK_MS = 250;

const DECODER = new TextDecoder();

/** What a seat needs of its hub. */
export interface SeatHub {
  readonly log: OutputLog;
  readonly framing: Framing;
  /** Process id, or null while the program does not run. */
  readonly pid: number | null;
  /** How long the last start took, in milliseconds. */
  readonly startMs: number;
  /** Whether the program belongs to this one client. */
  readonly isPrivate: boolean;
  /** How often the program was started again, and the number of its first message since. */
  readonly restart: { readonly count: number; readonly at: number };
  /** Bytes the program has taken of all input. */
  readonly taken: number;
  readonly onEvent: EventSink;
  /** Says why a client may not write, or null if it may. */
  whyMute(seat: Seat): string | null;
  /** Writes messages to the program, whole and in order. Resolves when it has taken them, or never will. Never rejects. */
  write(seat: Seat, batch: Batch): Promise<void>;
  /** How far the messages behind a seat's cursor are all for it, or all for others. */
  stretchFor(
    seat: Seat,
  ): { readonly until: number; readonly isOthers: boolean };
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
export class Seat implements SlotHolder {
  readonly info: SessionInfo;
  /** What the client resumes with: 128 random bits. In no log, and in no program's environment. */
  readonly secret: string = randomId();
  /** Number of the message to be sent next. */
  cursor: number;
  /** What the numbers are of: the hub may have begun another one, which comes behind it. */
  #log: OutputLog;
  #movedAt = performance.now();
  #takenBefore = 0;
  /** Since when it has had too much waiting, without having caught up; null if it has not. */
  behindSince: number | null = null;
  readonly #hub: SeatHub;
  readonly #options: SeatOptions;
  readonly #gone = Promise.withResolvers<void>();
  readonly #sent = { messages: 0, bytes: 0 };
  readonly #received = { messages: 0, bytes: 0 };
  readonly #behind = new StallClock();
  /** What earlier connections waited for the client. */
  readonly #stalledBefore = { count: 0, ms: 0 };
  readonly #openedAt = performance.now();
  /** What is behind this number was there before the client was: that it has to wait is no fault of the client's. */
  #joinedAt: number;
  #acknowledged: number;
  #socket: Socket | null = null;
  #speaksV1 = false;
  #controls: ServerControl[] = [];
  #wake: (() => void) | null = null;
  #restarts: number;
  /** Messages left out, of which the client has not been told. */
  #leftOut = 0;
  #isSkipping = false;
  /** How the program ended: to be told behind all output. */
  #ending: Ended | null = null;
  #isOver = false;
  #isGone = false;
  #isOpen = false;
  #stopLimits: (() => void)[] = [];
  #away: ReturnType<typeof setTimeout> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #ackTimer: ReturnType<typeof setTimeout> | undefined;
  #toldInput = { messages: 0, bytes: 0 };

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
    this.#log = hub.log;
    this.cursor = this.#acknowledged = from;
    this.#joinedAt = hub.log.next;
    this.#restarts = hub.restart.count;
  }

  /** How it stands. */
  get state(): SessionState {
    return {
      id: this.info.id,
      isRunning: this.#hub.isPrivate && this.#hub.pid !== null,
      sent: this.#sent,
      received: this.#received,
      stalls: this.#stalls,
      rttMs: this.#socket?.rttMs,
    };
  }

  /** Whether a connection is there. */
  get isHere(): boolean {
    return this.#socket !== null && !this.#isOver;
  }

  /** What waits to be sent, in bytes with 8 for each message, of the messages of the hub's log below a number. */
  waiting(below = Infinity): number {
    const { log } = this.#hub;
    const isBehind = this.#log !== log;
    const before = isBehind ? this.#log.costFrom(this.cursor) : 0;
    const from = isBehind ? log.first : Math.max(this.cursor, this.#joinedAt);
    if (from >= below) return before;
    return before + log.costFrom(from) -
      log.costFrom(Math.min(below, log.next));
  }

  /** How long its connection has taken nothing, in milliseconds, as far as was looked. */
  stillMs(now: number): number {
    const taken = this.#socket?.sent.messages ?? 0;
    if (taken !== this.#takenBefore) {
      this.#takenBefore = taken;
      this.#movedAt = now;
    }
    return now - this.#movedAt;
  }

  /** Number of the oldest message of a log that is not sent. */
  cursorIn(log: OutputLog): number {
    return this.#log === log ? this.cursor : log.first;
  }

  /** Number of the oldest message of a log that may be asked for again. */
  needsOf(log: OutputLog): number {
    if (this.#log !== log) return log.first;
    return this.#canResume ? this.#acknowledged : this.cursor;
  }

  /** Whether a lost connection would be waited for. */
  get #canResume(): boolean {
    return this.#speaksV1 && this.#options.resumeMs > 0;
  }

  /** Resolves when the client is gone for good. Never rejects. */
  run(): Promise<void> {
    return this.#gone.promise;
  }

  /** Joins a connection to it, the first or a later one: an older one is closed. */
  attach(socket: Socket, { speaksV1, resumed, lost }: Joining): void {
    const older = this.#socket;
    if (older !== null) {
      this.#detach(older);
      void older.close(SESSION_CLOSE.RESUMED_ELSEWHERE, "resumed elsewhere");
    }
    clearTimeout(this.#away);
    this.#socket = socket;
    this.#speaksV1 = speaksV1;
    this.#open();
    if (speaksV1) this.#greet(resumed, lost);
    if (resumed) {
      this.#hub.onEvent({
        type: "session.resumed",
        session: this.info,
        lost: lost ?? 0,
      });
    }
    const { timeoutMs = 0, idleMs = 0 } = this.#options;
    const end = this.end.bind(this);
    this.#stopLimits = [
      startTimeout(timeoutMs, end, this.#openedAt),
      startIdle(idleMs, socket, end),
    ];
    const feeding = this.#feed(socket);
    void this.#pump(socket);
    void socket.closed.then((close) => this.#closed(socket, close, feeding));
  }

  /** Goes back, or forward, to a number. */
  moveTo(number: number): void {
    this.#log = this.#hub.log;
    this.cursor = this.#acknowledged = number;
    this.#joinedAt = this.#hub.log.next;
    this.#isSkipping = false;
    // What is below has arrived: the program may have waited for that.
    this.#hub.moved();
  }

  /** There is something new to do: output, or the end. */
  wake(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  /** Leaves out all that waits, and tells the client. */
  skip(): void {
    let messages = this.#log.next - this.cursor;
    if (this.#log !== this.#hub.log) {
      this.#changeLog();
      messages += this.#log.next - this.cursor;
    }
    this.cursor = this.#log.next;
    this.#leftOut += messages;
    this.#isSkipping = true;
    this.#hub.onEvent({
      type: "session.skipped",
      session: this.info,
      messages,
    });
    this.wake();
  }

  /** The program has ended: the client gets everything that it printed, and is told. */
  finish(ending: Ended): void {
    this.#ending = ending;
    this.wake();
  }

  /** Ends it now, with a close code. Only the first reason counts. */
  end(code: number, reason: string): void {
    const socket = this.#socket;
    if (this.#isGone) return;
    if (socket !== null) {
      // It has been told already, or will be; it may never read.
      this.#patience ??= setTimeout(() => socket.abort(), CLOSE_MS);
    }
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#hub.isPrivate) this.#hub.stop();
    this.wake();
    if (socket === null) return this.#leave({ code, reason });
    if (this.#speaksV1) {
      void socket.send(
        controlBatch(this.#hub.framing, [{ type: "error", message: reason }]),
      );
    }
    void socket.close(code, reason).then(() => this.#leave({ code, reason }));
  }

  /** No client comes back any more. */
  drain(): void {
    if (this.#socket === null) this.end(CLOSE.GOING_AWAY, "server stopping");
  }

  kill(): void {
    this.end(CLOSE.GOING_AWAY, "server stopping");
    this.#socket?.abort();
  }

  endOrphans(): Promise<void> {
    return Promise.resolve();
  }

  get #stalls(): SessionState["stalls"] {
    const client = this.#socket?.stalls.read();
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

  #greet(resumed: boolean, lost: number | null): void {
    // What an earlier connection was not told, this one is told by the greeting.
    this.#controls = [{
      type: "hello",
      session: this.secret,
      epoch: this.#log.epoch,
      output: this.cursor,
      input: this.#received.messages,
      resume: this.#options.resumeMs / 1000,
      resumed,
      lost,
    }];
    this.#toldInput = { ...this.#received };
  }

  /** Program to client: sends from the cursor on, whatever there is in one write, whenever the connection takes more. */
  async #pump(socket: Socket): Promise<void> {
    const hub = this.#hub;
    while (this.#socket === socket && !this.#isOver) {
      if (this.#controls.length > 0) {
        await socket.send(
          controlBatch(this.#hub.framing, this.#controls.splice(0)),
        );
        continue;
      }
      if (this.#log !== hub.log) {
        if (this.cursor < this.#log.next) await this.#send(socket, Infinity);
        else this.#changeLog();
        continue;
      }
      const { count, at } = hub.restart;
      const isStale = this.#restarts !== count;
      if (isStale && this.cursor >= at) {
        this.#tellRestart();
        continue;
      }
      const { until, isOthers } = hub.stretchFor(this);
      if (this.cursor < until) {
        const end = isStale ? Math.min(until, at) : until;
        if (isOthers) this.#passOver(end);
        else await this.#send(socket, end);
      } else if (this.#ending !== null) {
        return await this.#farewell(socket, this.#ending);
      } else {
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
    }
  }

  async #send(socket: Socket, until: number): Promise<void> {
    if (this.#isSkipping) {
      this.#isSkipping = false;
      const told = this.#skipNote();
      this.#leftOut = 0;
      if (told !== null) return await socket.send(told);
    }
    const from = this.cursor;
    const segment = this.#log.segmentOf(from);
    const end = Math.min(until, segment.next);
    this.cursor = end;
    const { bounds, first } = segment;
    this.#sent.messages += end - from;
    this.#sent.bytes += bounds[2 * (end - first) - 1] -
      bounds[2 * (from - first)];
    await socket.sendShared(segment, from, end);
    this.#hub.moved();
  }

  /** Messages for others are counted, and not sent. */
  #passOver(until: number): void {
    this.cursor = until;
    this.#isSkipping = true;
  }

  /** What a client is sent in place of messages that were left out. Null if it gets nothing. */
  #skipNote(): Batch | null {
    if (this.#speaksV1) {
      return controlBatch(this.#hub.framing, [{
        type: "skip",
        output: this.cursor,
      }]);
    }
    return this.#leftOut === 0
      ? null
      : skipMessage(this.#hub.framing, this.#leftOut);
  }

  /** Goes on with the log that the hub has begun. */
  #changeLog(): void {
    this.#log = this.#hub.log;
    this.cursor = this.#acknowledged = this.#log.first;
    this.#joinedAt = this.#log.next;
    this.#isSkipping = false;
    this.#tellRestart();
  }

  #tellRestart(): void {
    this.#restarts = this.#hub.restart.count;
    if (!this.#speaksV1) return;
    this.#controls.push({
      type: "epoch",
      epoch: this.#log.epoch,
      output: this.cursor,
    });
  }

  /** Client to program: writes what the client sends until it sends no more. Waits while the program does not read. */
  async #feed(socket: Socket): Promise<void> {
    const { framing } = this.#hub;
    let batch;
    while ((batch = await socket.receive()) !== null) {
      // Somebody else goes on with the session, and has been told that this was not accepted.
      if (this.#socket !== null && this.#socket !== socket) return;
      if (batch.type !== framing.type) {
        const wrong = this.#speaksV1
          ? this.#takeControls(batch)
          : wrongType(framing);
        if (wrong === null) continue;
        return this.end(wrong.code, wrong.reason);
      }
      const why = this.#hub.whyMute(this);
      if (why !== null) return this.end(CLOSE.POLICY, why);
      this.#received.messages += batch.count;
      this.#received.bytes += payloadSize(batch);
      if (this.#speaksV1) this.#acknowledge();
      this.#behind.begin();
      await this.#hub.write(this, batch);
      this.#behind.end();
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
      if (control.type !== "ack") continue;
      const { output, epoch = this.#log.epoch } = control;
      // It was under way when another numbering began.
      if (epoch !== this.#log.epoch) continue;
      this.#acknowledged = Math.max(
        this.#acknowledged,
        Math.min(output, this.cursor),
      );
      this.#hub.moved();
    }
    return null;
  }

  /** Tells the client what has been accepted: soon, but not for each message. */
  #acknowledge(): void {
    const { messages, bytes } = this.#received;
    const told = this.#toldInput;
    if (
      messages - told.messages >= ACK_MESSAGES ||
      bytes - told.bytes >= ACK_BYTES
    ) return this.#tellInput();
    this.#ackTimer ??= setTimeout(() => this.#tellInput(), ACK_MS);
  }

  #tellInput(): void {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    if (this.#toldInput.messages === this.#received.messages) return;
    this.#toldInput = { ...this.#received };
    this.#controls.push({ type: "ack", input: this.#received.messages });
    this.wake();
  }

  /** The last words, behind all output. */
  async #farewell(socket: Socket, ending: Ended): Promise<void> {
    const { code, reason, exit } = ending;
    this.#isOver = true;
    if (this.#speaksV1) {
      await socket.send(
        controlBatch(this.#hub.framing, [
          exit === null ? { type: "error", message: reason } : {
            type: "exit",
            code: exit.signal === null ? exit.code : null,
            signal: exit.signal,
          },
        ]),
      );
    }
    await socket.close(code, reason);
    this.#leave({ code, reason });
  }

  /** The connection has ended, or begins to. */
  async #closed(
    socket: Socket,
    close: Close,
    feeding: Promise<void>,
  ): Promise<void> {
    if (this.#socket !== socket || this.#isOver) return;
    const { code, reason } = close;
    if (code === CLOSE.ABNORMAL && this.#canResume) {
      this.#detach(socket);
      void socket.close(code, reason);
      this.#hub.onEvent({ type: "session.lost", session: this.info, reason });
      this.#away = setTimeout(
        () => this.end(code, "connection lost, and not resumed in time"),
        this.#options.resumeMs,
      );
      return;
    }
    // The client says goodbye: what it sent before still goes to the program, and it gets what its own answers at once.
    if (this.#hub.isPrivate && this.#ending === null) {
      await settlesWithin(this.#gone.promise, EOF_MS);
    }
    if (this.#isOver) return;
    this.#isOver = true;
    this.wake();
    await Promise.all([
      socket.close(code, reason),
      this.#finishInput(feeding),
    ]);
    this.#leave({ code, reason });
  }

  async #finishInput(feeding: Promise<void>): Promise<void> {
    let taken: number;
    do {
      taken = this.#hub.taken;
      if (await settlesWithin(feeding, EOF_MS)) return;
    } while (this.#hub.taken > taken);
  }

  #detach(socket: Socket): void {
    const { count, ms } = socket.stalls.read();
    this.#stalledBefore.count += count;
    this.#stalledBefore.ms += ms;
    this.#socket = null;
    this.#controls = [];
    this.#stopTimers();
    this.wake();
  }

  #stopTimers(): void {
    this.#stopLimits.forEach((stop) => stop());
    this.#stopLimits = [];
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
  }

  #leave({ code, reason }: { code: number; reason: string }): void {
    this.#isOver = this.#isGone = true;
    this.#stopTimers();
    clearTimeout(this.#away);
    clearTimeout(this.#patience);
    const close = { code, reason };
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
      sent: { ...this.#sent },
      received: { ...this.#received },
      stalls: this.#stalls,
    });
  }
}

/** How a program ended, for its clients. */
export interface Ended {
  readonly code: number;
  readonly reason: string;
  /** Null if it has not ended by itself, or could not be started. */
  readonly exit: Exit | null;
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

function wrongType(framing: Framing): { code: number; reason: string } {
  return {
    code: CLOSE.UNSUPPORTED_DATA,
    reason: framing.type === "text"
      ? "this program takes text messages, not binary ones (--binary)"
      : "this program takes binary messages, not text",
  };
}

/** Tells a client without the subprotocol that messages were left out, where it is sent lines; other framings have no room for such a word. */
function skipMessage(framing: Framing, messages: number): Batch | null {
  const text = `websocketd: ${messages} messages left out`;
  switch (framing.name) {
    case "lines":
    case "nul":
      return batchOf("text", [text]);
    case "tagged":
      return batchOf("text", [
        JSON.stringify({ stream: "websocketd", data: text }),
      ]);
    default:
      return null;
  }
}

/** 128 random bits in 22 characters of base64url. */
export function randomId(): string {
  return crypto.getRandomValues(new Uint8Array(16))
    .toBase64({ alphabet: "base64url", omitPadding: true });
}
