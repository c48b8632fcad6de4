/**
 * One session: a client, a program, and how the two end.
 *
 * @module
 */
import { SpawnError } from "../errors.ts";
import type { EventSink, SessionInfo } from "../events.ts";
import type { Framing } from "../framing/framing.ts";
import type { Child } from "../process/command.ts";
import { type AnyProgram, startProgram } from "../process/start_program.ts";
import {
  terminate,
  type TerminateHooks,
  type TerminateOptions,
  terminateOrphans,
} from "../process/terminate.ts";
import { settlesWithin } from "../settles_within.ts";
import { CLOSE } from "../socket/close_codes.ts";
import type { Socket } from "../socket/socket.ts";
import { StallClock } from "../socket/stall_clock.ts";
import { feed } from "./bridge.ts";
import { type LimitOptions, startIdle, startTimeout } from "./limits.ts";
import {
  type Ending,
  EOF_MS,
  outputFailed,
  programEnded,
} from "./program_end.ts";
import { ProgramOutput } from "./program_output.ts";
import type { SessionState, SlotHolder } from "./sessions.ts";

/** How long a client is given to take a close frame that it has not asked for, in milliseconds. */
const CLOSE_MS = 2000;

/** Settings of one session. */
export interface SessionOptions extends LimitOptions, TerminateOptions {}

/** What a session is made of. */
export interface SessionParts {
  readonly info: SessionInfo;
  readonly socket: Socket;
  readonly program: AnyProgram;
  readonly env: Readonly<Record<string, string>>;
  readonly framing: Framing;
  readonly onEvent: EventSink;
}

/** A client and a program, from open to close. */
export class Session implements SlotHolder {
  readonly info: SessionInfo;
  readonly #parts: Omit<SessionParts, "env">;
  readonly #options: Required<SessionOptions>;
  readonly #ending = Promise.withResolvers<Ending>();
  readonly #hurry = Promise.withResolvers<void>();
  #child: Child | null = null;
  /** Only until the program has been started: a waiting session should hold little. */
  #env: SessionParts["env"] | null;
  /** Whether the program's side ended first, so that only the client keeps the session open. */
  #waitsForClient = false;
  #patience: ReturnType<typeof setTimeout> | undefined;
  /** How long the program held the client back. */
  readonly #behind = new StallClock();

  constructor(parts: SessionParts, options: SessionOptions = {}) {
    const { env, ...rest } = parts;
    this.info = parts.info;
    this.#parts = rest;
    this.#env = env;
    this.#options = { timeoutMs: 0, idleMs: 0, closeMs: 0, ...options };
  }

  /** How it stands. */
  get state(): SessionState {
    const { info, socket } = this.#parts;
    return {
      id: info.id,
      isRunning: this.#child !== null && this.#child.exit === null,
      sent: socket.sent,
      received: socket.received,
      stalls: this.#stalls,
      rttMs: socket.rttMs,
    };
  }

  get #stalls(): SessionState["stalls"] {
    const { stalls } = this.#parts.socket;
    return { client: stalls.read(), program: this.#behind.read() };
  }

  /** Ends the session from outside, with a close code and the ladder. Only the first reason counts. */
  end(code: number, reason: string): void {
    this.#ending.resolve({ code, reason });
    if (!this.#waitsForClient) return;
    // It has been told how the program ended, or will be when it has read all before; it may never read.
    this.#patience ??= setTimeout(() => this.#parts.socket.abort(), CLOSE_MS);
  }

  /** Kills the program at once and drops the client. */
  kill(): void {
    this.end(CLOSE.GOING_AWAY, "server stopping");
    this.#hurry.resolve();
    this.#parts.socket.abort();
  }

  /** Starts the program and resolves when program and client are gone. Call once. Never rejects. */
  async run(): Promise<void> {
    const { info, socket, onEvent } = this.#parts;
    const startedAt = performance.now();
    let child: Child | null = null;
    let ending: Ending;
    try {
      child = this.#child = this.#start();
      onEvent({
        type: "session.opened",
        session: info,
        pid: child.pid,
        startMs: performance.now() - startedAt,
      });
      ending = await this.#bridge(child);
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error;
      onEvent({ type: "error", session: info, message: error.message, error });
      ending = {
        code: CLOSE.INTERNAL,
        reason: error.message.replace(/^Cannot/, "cannot"),
      };
      await this.#closeSocket(ending);
    }
    onEvent({
      type: "session.closed",
      session: info,
      pid: child?.pid ?? null,
      code: ending.code,
      reason: ending.reason,
      exit: child?.exit ?? null,
      durationMs: performance.now() - startedAt,
      sent: { ...socket.sent },
      received: { ...socket.received },
      stalls: this.#stalls,
    });
  }

  /** @throws {SpawnError} If the program cannot be started. */
  #start(): Child {
    const env = this.#env ?? {};
    this.#env = null;
    return startProgram(this.#parts.program, env);
  }

  /** Ends what the program has left behind. To be called some time after {@linkcode run} has resolved. Never rejects. */
  async endOrphans(): Promise<void> {
    const child = this.#child;
    if (child !== null) await terminateOrphans(child, this.#ladder(child));
  }

  /** Joins the two until one of them ends, then ends the other. */
  async #bridge(child: Child): Promise<Ending> {
    const { socket, framing } = this.#parts;
    const { timeoutMs, idleMs } = this.#options;
    const end = this.end.bind(this);
    const output = new ProgramOutput(child, framing, socket, {
      onStderrLine: (line) => this.#logStderr(child, line),
      endOrphans: () => terminateOrphans(child, this.#ladder(child)),
      hurry: this.#hurry.promise,
    });
    const input = feed(
      socket,
      framing,
      child.stdin,
      this.#behind,
    );

    void input.then((ok) => ok || this.#endForWrongType());
    void socket.closed.then(({ code, reason, by }) =>
      this.#ending.resolve({ code, reason, byClient: by === "client" })
    );
    const stopTimeout = startTimeout(timeoutMs, end);
    const stopIdle = startIdle(idleMs, socket, end);
    const first = await Promise.race([
      this.#ending.promise,
      output.sent.then(() => null, outputFailed),
      child.exited.then(() => null),
    ]);
    stopIdle();
    // Null: the program's side ended first.
    this.#waitsForClient = first === null;
    const ending = first === null
      ? await programEnded(child, output, {
        closeMs: this.#options.closeMs,
        hurry: this.#hurry.promise,
        ladder: (onSignal) => this.#ladder(child, onSignal),
      })
      : await this.#endProgram(child, first, input, output);

    await output.end();
    await child.stdin.abort();
    await this.#closeSocket(ending);
    stopTimeout();
    this.#waitsForClient = false;
    clearTimeout(this.#patience);
    return ending;
  }

  /** Ends a program that has not ended by itself. */
  async #endProgram(
    child: Child,
    ending: Ending,
    input: Promise<unknown>,
    output: ProgramOutput,
  ): Promise<Ending> {
    // Before its stdin ends, upon which it may end and leave others behind.
    child.family.remember();
    const closed = ending.byClient
      ? this.#answerClose(ending, output)
      : this.#closeSocket(ending);
    if (ending.byClient) await this.#finishInput(child, input);
    await terminate(child, this.#ladder(child));
    await closed;
    return ending;
  }

  /** The client says goodbye: it still gets what the program answers at once to the messages before (RFC 6455 §5.5.1). */
  async #answerClose(ending: Ending, output: ProgramOutput): Promise<void> {
    await settlesWithin(output.sent.catch(() => {}), EOF_MS);
    await this.#closeSocket(ending);
  }

  /** The client has left: what it sent before still goes to the program, as long as that reads. */
  async #finishInput(child: Child, input: Promise<unknown>): Promise<void> {
    const waitMs = EOF_MS + this.#options.closeMs;
    let written: number;
    do {
      written = child.stdin.written;
      if (await settlesWithin(input, waitMs)) return;
    } while (child.stdin.written > written);
  }

  /** Closes the client's side. Only output that a program ended by itself is worth more than 2 s of waiting. */
  async #closeSocket(ending: Ending): Promise<void> {
    const { socket } = this.#parts;
    const timer = ending.byProgram
      ? undefined
      : setTimeout(() => socket.abort(), CLOSE_MS);
    await socket.close(ending.code, ending.reason);
    clearTimeout(timer);
  }

  #endForWrongType(): void {
    this.#ending.resolve({
      code: CLOSE.UNSUPPORTED_DATA,
      reason: this.#parts.framing.type === "text"
        ? "this program takes text messages, not binary ones (--binary)"
        : "this program takes binary messages, not text",
    });
  }

  #logStderr({ pid }: Child, line: string): void {
    const { info, onEvent } = this.#parts;
    onEvent({ type: "child.stderr", session: info, pid, line });
  }

  #ladder(child: Child, onSignal?: () => void): TerminateHooks {
    const { info, onEvent } = this.#parts;
    return {
      closeMs: this.#options.closeMs,
      hurry: this.#hurry.promise,
      onSignal: (signal) => {
        onSignal?.();
        onEvent({
          type: "child.signalled",
          session: info,
          pid: child.pid,
          signal,
        });
      },
    };
  }
}
