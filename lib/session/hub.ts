/**
 * One program and its clients: many, or one that may lose its connection.
 *
 * @module
 */
import { Backoff } from "../backoff.ts";
import { concat } from "../concat.ts";
import { SpawnError } from "../errors.ts";
import type { EventSink, Exit, SessionInfo } from "../events.ts";
import type { Batch } from "../framing/batch.ts";
import type { Framing } from "../framing/framing.ts";
import { OutputLog } from "../framing/output_log.ts";
import type { AnyProgram } from "../process/start_program.ts";
import { settlesWithin } from "../settles_within.ts";
import { CLOSE } from "../socket/close_codes.ts";
import { AddressedMessages, type Stretch } from "./addressed_messages.ts";
import { History, type JoinPoint, type LogPlace } from "./history.ts";
import { HubInput } from "./hub_input.ts";
import { type HubOptions, resolveHubOptions } from "./hub_options.ts";
import { Pace, type PacedHub } from "./pace.ts";
import { ProgramRun } from "./program_run.ts";
import { randomId, Seat, type SeatHub } from "./seat.ts";
import type { Ended } from "./seat_connection.ts";
import { type JoinRelay, Leadership, type LeadingHub } from "./leadership.ts";
import {
  joinLine,
  leaveLine,
  messageLines,
  messageOf,
  ordersOf,
} from "./share_events.ts";
import type { SessionState, SlotHolder } from "./sessions.ts";

/** A program that ran this long is a good one: when it fails after all, it is started again at once, in milliseconds. */
const GOOD_MS = 10_000;
/** How often to look whether other servers still need a program, in milliseconds. */
const LOOK_MS = 500;

/** What a hub is made of. */
export interface HubParts {
  /** Names the program in events. For a program of one client, that client's own. */
  readonly info: SessionInfo;
  readonly program: AnyProgram;
  readonly env: Readonly<Record<string, string>>;
  readonly framing: Framing;
  readonly onEvent: EventSink;
  /** Whether the program belongs to one client. */
  readonly isPrivate: boolean;
  /** Shares the program with the hubs of other servers. Default: it runs here. */
  readonly relay?: JoinRelay;
}

/**
 * A program that runs, its output as a log, and a seat for each client.
 *
 * Each message is made and numbered once. A client that joins later gets whole
 * messages from there on.
 */
export class Hub implements SlotHolder, SeatHub, LeadingHub, PacedHub {
  readonly info: SessionInfo;
  readonly isPrivate: boolean;
  readonly framing: Framing;
  readonly onEvent: EventSink;
  log = new OutputLog(randomId());
  readonly restart = { count: 0, at: 0 };
  startMs = 0;
  readonly #parts: HubParts;
  readonly #options: Required<HubOptions>;
  readonly seats = new Set<Seat>();
  #endPause = (): void => {};
  /** Whether somebody is about to join. */
  readonly #isExpected: () => boolean;
  #run: ProgramRun | null = null;
  readonly #input: HubInput;
  #takenBefore = 0;
  readonly #history: History;
  readonly #addressed = new AddressedMessages();
  #hasComplained = false;
  #isStopping = false;
  #ended: Ended | null = null;
  #lingering: ReturnType<typeof setTimeout> | undefined;
  #isDraining = false;
  readonly #pace: Pace;
  readonly #emptied = Promise.withResolvers<void>();
  readonly #gone = Promise.withResolvers<void>();
  #lastClose: { readonly code: number; readonly reason: string } | null = null;
  /** Null if no other server has part in the program. */
  readonly #leadership: Leadership | null;
  #runs = 0;

  /** @param isExpected Whether somebody is about to join: the program waits for them. What changes that calls {@linkcode settled}. */
  constructor(
    parts: HubParts,
    options: HubOptions = {},
    isExpected: () => boolean = () => false,
  ) {
    this.#parts = parts;
    this.#isExpected = isExpected;
    this.info = parts.info;
    this.isPrivate = parts.isPrivate;
    this.framing = parts.framing;
    this.onEvent = parts.onEvent;
    this.#options = resolveHubOptions(options, parts.isPrivate);
    this.#history = new History(this, this.#options);
    this.#pace = new Pace(this, this.#options);
    this.#input = new HubInput({
      outlivesRuns: this.#options.restart !== "never",
      kept: this.#options.sendBuffer,
    });
    this.#leadership = parts.relay === undefined
      ? null
      : new Leadership(this, parts.relay);
  }

  /** How the one client of a program stands; clients of a shared one tell it themselves. */
  get state(): SessionState | undefined {
    if (!this.isPrivate) return undefined;
    const [seat] = this.seats;
    return seat?.state;
  }

  get unpublished(): number {
    return Math.min(this.#leadership?.unpublished ?? Infinity, this.log.next);
  }

  /** Process id, or null while the program does not run. */
  get pid(): number | null {
    return this.#run?.child.pid ?? null;
  }

  /** Bytes the program has taken of all input. */
  get taken(): number {
    return this.#takenBefore + (this.#run?.child.stdin.written ?? 0);
  }

  /** Settles when the program is gone and is not started again. Never rejects. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  /** Settles when it is known where a client begins that joins. Never rejects. */
  get ready(): Promise<void> {
    return this.#leadership?.ready ?? Promise.resolve();
  }

  /** Whether it is over: the program is not started again. */
  get isOver(): boolean {
    return this.#ended !== null || this.#isStopping;
  }

  /** Somebody who was about to join has joined, or does not. Ends a program without clients, now or later. */
  settled(): void {
    this.#linger();
  }

  /** Gives a client a seat. It is to be attached to a connection at once. */
  join(info: SessionInfo, point: JoinPoint | number = {}): Seat {
    const { resumeMs, timeoutMs, idleMs } = this.#options;
    const from = typeof point === "number"
      ? point
      : this.#history.beginning(point);
    const seat = new Seat(info, this, from, { resumeMs, timeoutMs, idleMs });
    this.seats.add(seat);
    this.#leadership?.count(this.seats.size);
    this.#tell(() => joinLine(info));
    if (this.#ended !== null) seat.finish(this.#ended);
    return seat;
  }

  /** Where a client goes on that was at a place: there, or with the oldest message that is kept. `lost` are those between; null if it was in another numbering. */
  placeOf(
    place: LogPlace,
  ): { readonly from: number; readonly lost: number | null } {
    return this.#history.placeOf(place);
  }

  /** Runs the program, again and again if need be, and resolves when it is over and, if it belongs to one client, that is gone. Never rejects. */
  async run(): Promise<void> {
    const ended = await this.#runAll();
    await this.#leadership?.close(this.#isStopping ? null : ended);
    this.#ended = ended;
    this.#gone.resolve();
    this.#input.end();
    clearTimeout(this.#lingering);
    this.moved();
    for (const seat of this.seats) seat.finish(ended);
    if (!this.isPrivate) return;
    const [seat] = this.seats;
    await this.#emptied.promise;
    seat?.tellClosed(
      this.#lastClose!,
      this.pid,
      this.#run?.child.exit ?? null,
    );
  }

  /** Ends the program and all its clients. */
  end(code: number, reason: string): void {
    this.stop();
    for (const seat of this.seats) seat.end(code, reason);
  }

  /** No more clients will come: a program without any is ended. */
  drain(): void {
    this.#isDraining = true;
    if (this.seats.size === 0) return this.stop();
    // Clients of a shared program are told by themselves.
    if (this.isPrivate) { for (const seat of this.seats) seat.drain(); }
  }

  kill(): void {
    this.stop();
    this.#run?.kill();
    for (const seat of this.seats) seat.kill();
  }

  async endOrphans(): Promise<void> {
    await this.#run?.endOrphans();
  }

  stop(): void {
    this.#isStopping = true;
    clearTimeout(this.#lingering);
    this.#endPause();
    this.#input.end();
    this.#run?.stop();
    this.#leadership?.stop(STOPPED);
    this.#pace.stop();
  }

  /** Another server runs the program, so many milliseconds from now. */
  yieldProgram(endMs: number): void {
    this.#run?.stop(endMs);
    this.#input.clear();
  }

  whyMute(seat: Seat): string | null {
    const { input } = this.#options;
    if (input === "all") return null;
    if (input === "none") return "this program takes no input (--input=none)";
    const [first] = this.seats;
    return seat === first
      ? null
      : "this program takes input from its first client only (--input=first)";
  }

  write({ info: { id } }: Seat, batch: Batch): Promise<void> {
    if (this.#options.shareEvents) {
      return this.#input.write(messageLines(id, batch), id);
    }
    return this.#leadership?.write(id, batch) ?? this.writeToProgram(id, batch);
  }

  /** Gives the program that runs here what a client has sent. Resolves when it has taken that, or never will. Never rejects. */
  writeToProgram(client: string, batch: Batch): Promise<void> {
    return this.#input.write(this.framing.encode(batch), client);
  }

  /** A client of another server has left. */
  forgetInput(client: string): void {
    this.#input.forget(client);
  }

  stretch(from: number, client: string): Stretch {
    return this.#addressed.stretch(from, this.log.next, client);
  }

  countOthers(from: number, client: string): number {
    return this.#addressed.countOthers(from, client);
  }

  moved(): void {
    this.#pace.moved();
  }

  left(
    seat: Seat,
    close: { readonly code: number; readonly reason: string },
  ): void {
    if (this.isPrivate) {
      this.#lastClose = close;
      this.#emptied.resolve();
      // Its last seat tells the end, so it stays.
      return this.stop();
    }
    this.seats.delete(seat);
    this.#leadership?.forget(seat.info.id);
    this.#leadership?.count(this.seats.size);
    this.#input.forget(seat.info.id);
    this.#tell(() => leaveLine(seat.info.id, close.code));
    this.moved();
    this.#linger();
  }

  /** Runs the program until it is not to be started again, and resolves with how it ended. */
  async #runAll(): Promise<RunEnded> {
    const backoff = new Backoff();
    for (;;) {
      // Waits for nothing where there is no other server: the process id is in the events of a client that joins right now.
      const elsewhere = this.#leadership === null
        ? null
        : await this.#leadership.turn();
      if (elsewhere !== null) return { ...elsewhere, couldStart: false };
      const ended = await this.#runOnce();
      if ((this.#run?.ranMs ?? 0) >= GOOD_MS) backoff.reset();
      const hasYielded = this.#leadership?.leads === false &&
        !this.#isStopping;
      const againMs = hasYielded
        ? 0
        : this.#goesOn(ended)
        ? backoff.next()
        : null;
      this.#tellStopped(
        hasYielded ? "another server runs it now" : ended.reason,
        againMs,
      );
      this.#takenBefore = this.taken;
      if (againMs === null) return ended;
      const before = this.#run;
      this.#run = null;
      await before?.endOrphans();
      if (!this.#isStopping) await this.#pause(againMs);
      if (this.#isStopping) return ended;
      this.restart.count++;
      this.restart.at = this.log.next;
      for (const seat of this.seats) seat.wake();
    }
  }

  /** Waits, but not for one who is stopped. */
  async #pause(ms: number): Promise<void> {
    // One for each wait: what is never settled would keep all that ever waited for it.
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#endPause = resolve;
    await settlesWithin(promise, ms);
  }

  #tellStopped(reason: string, againMs: number | null): void {
    if (this.isPrivate) return;
    this.onEvent({
      type: "hub.stopped",
      session: this.info,
      pid: this.pid,
      reason,
      exit: this.#run?.child.exit ?? null,
      againMs,
    });
  }

  /** Runs the program once, and resolves with how it ended. */
  async #runOnce(): Promise<RunEnded> {
    const startedAt = performance.now();
    const { program, env } = this.#parts;
    const { count } = this.restart;
    // Descendants are found by it: it must be another one each time.
    const id = this.#runs === 0
      ? env.UNIQUE_ID
      : `${env.UNIQUE_ID}.${this.#runs}`;
    this.#runs++;
    let run: ProgramRun;
    try {
      run = this.#run = new ProgramRun(
        program,
        { ...env, UNIQUE_ID: id },
        this.framing,
        {
          output: { send: (batch) => this.#take(batch) },
          closeMs: this.#options.closeMs,
          onStderrLine: (pid, line) =>
            this.onEvent({
              type: "child.stderr",
              session: this.info,
              pid,
              line,
            }),
          onSignal: (pid, signal) =>
            this.onEvent({
              type: "child.signalled",
              session: this.info,
              pid,
              signal,
            }),
        },
      );
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error;
      const { message } = error;
      this.onEvent({ type: "error", session: this.info, message, error });
      return {
        code: CLOSE.INTERNAL,
        reason: message.replace(/^Cannot/, "cannot"),
        exit: null,
        couldStart: count > 0,
      };
    }
    this.startMs = performance.now() - startedAt;
    this.#hasComplained = false;
    if (!this.isPrivate) {
      this.onEvent({
        type: "hub.started",
        session: this.info,
        pid: run.child.pid,
        startMs: this.startMs,
        restarts: count,
      });
    }
    if (this.#isStopping) run.stop();
    this.#input.begin(run, this.#whoIsHere());
    const { code, reason, byProgram } = await run.ended;
    const exit = !byProgram
      ? null
      : code === CLOSE.NORMAL
      ? SUCCESS
      : run.child.exit;
    return { code, reason, exit, couldStart: true };
  }

  /** Tells the program that runs about a client; the next one is told who is there. */
  #tell(line: () => Uint8Array): void {
    if (this.#options.shareEvents) this.#input.tell(line);
  }

  /** A program that is started has not seen its clients come. What they have sent meanwhile comes behind it. */
  #whoIsHere(): Uint8Array {
    if (!this.#options.shareEvents) return new Uint8Array(0);
    return concat([...this.seats].map(({ info }) => joinLine(info)));
  }

  /** Whether the program is to be started again. */
  #goesOn({ code, couldStart }: RunEnded): boolean {
    if (this.#isStopping || this.#isDraining || !couldStart) return false;
    const { restart } = this.#options;
    return restart === "always" ||
      (restart === "on-failure" && code !== CLOSE.NORMAL);
  }

  /** Takes messages of the program: into the log, and to everybody. Waits first if somebody has to be waited for. */
  async #take(batch: Batch): Promise<void> {
    await this.#pace.admit();
    if (this.#options.shareEvents) this.#obey(batch);
    else this.append(batch);
  }

  /** Does what the lines of a program say that knows its clients. */
  #obey(batch: Batch): void {
    for (const order of ordersOf(batch)) {
      if (order === null) {
        this.#complain();
        continue;
      }
      const { data, to, except, close, reason } = order;
      if (data !== null) {
        if (to !== null || except.size > 0) {
          this.#addressed.add(this.log.next, { to, except });
        }
        this.append(messageOf(data));
      }
      if (close.size === 0) continue;
      for (const seat of this.seats) {
        if (close.has(seat.info.id)) seat.end(CLOSE.POLICY, reason);
      }
    }
  }

  /** Once for each run: a program that knows nothing of this prints nothing else. */
  #complain(): void {
    if (this.#hasComplained) return;
    this.#hasComplained = true;
    this.onEvent({
      type: "error",
      session: this.info,
      message:
        'A line of the shared program is not JSON as --share-events wants it, such as {"data":"hello"}, and was sent to nobody',
    });
  }

  /** Appends messages, and sees to it that they are sent. */
  append(batch: Batch): void {
    if (batch.count === 0) return;
    this.#pace.newest = this.log.next;
    if (this.log.append(batch)) this.#forget();
    this.#leadership?.grown();
    for (const seat of this.seats) seat.wake();
  }

  /** Appends messages of a program that runs elsewhere. */
  appendRemote(batch: Batch): void {
    this.#pace.sift();
    this.append(batch);
  }

  /** Begins another log: that of a program on another server, or of one that follows such a program. */
  beginLog(log: OutputLog): void {
    this.log = log;
    this.restart.at = this.#pace.newest = log.next;
    for (const seat of this.seats) seat.wake();
  }

  /** Forgets what nobody needs any more. */
  #forget(): void {
    const { log } = this;
    const { sendBuffer } = this.#options;
    // For one that can come back, or is away, no more is kept than for one that is slow.
    const kept = this.isPrivate ? 0 : log.withinCost(sendBuffer);
    let floor = Math.min(
      this.#history.start,
      Math.max(this.unpublished, kept),
    );
    for (const seat of this.seats) {
      floor = Math.min(
        floor,
        seat.isHere ? seat.cursorIn(log) : Infinity,
        Math.max(seat.needsOf(log), kept),
      );
    }
    log.forget(floor);
    this.#addressed.forget(log.first);
  }

  /** Ends a program without clients, now or later. */
  #linger(): void {
    if (!this.#isDeserted || this.isOver) return;
    if (this.#leadership?.isNeededElsewhere) {
      clearTimeout(this.#lingering);
      this.#lingering = setTimeout(() => this.#linger(), LOOK_MS);
      return;
    }
    const { lingerMs } = this.#options;
    // A program that runs elsewhere goes on there.
    if (this.#leadership?.leads === false && lingerMs < Infinity) {
      return this.stop();
    }
    if (lingerMs === 0 || this.#isDraining) return this.stop();
    if (lingerMs === Infinity) return;
    clearTimeout(this.#lingering);
    this.#lingering = setTimeout(() => {
      if (this.#isDeserted) this.stop();
    }, lingerMs);
  }

  /** Whether nobody is here, nor about to come. */
  get #isDeserted(): boolean {
    return this.seats.size === 0 && !this.#isExpected();
  }
}

/** How one run of the program ended. */
interface RunEnded extends Ended {
  /** Whether it is worth another try: a program that could not be started the first time is a mistake to be told. */
  readonly couldStart: boolean;
}

const SUCCESS: Exit = { code: 0, signal: null };

/** Nobody is told: whoever stops a hub has told its clients why. */
const STOPPED: Ended = {
  code: CLOSE.GOING_AWAY,
  reason: "server stopping",
  exit: null,
};
