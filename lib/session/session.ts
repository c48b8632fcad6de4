/**
 * One session: a client, a program, and how the two end.
 *
 * @module
 */
import { FramingError, SpawnError } from "../errors.ts";
import type { EventSink, Exit, SessionInfo } from "../events.ts";
import type { Framing } from "../framing/framing.ts";
import { type Child, type Program, startCommand } from "../process/command.ts";
import { describeExit, signalNumber } from "../process/exit.ts";
import type { Output } from "../process/output.ts";
import { StderrLines } from "../process/stderr_lines.ts";
import {
  terminate,
  type TerminateHooks,
  terminateOrphans,
} from "../process/terminate.ts";
import { CLOSE } from "../socket/close_codes.ts";
import type { Socket } from "../socket/socket.ts";
import { drain, feed, forward } from "./bridge.ts";

/** How long a program that has ended may leave its output open to others, in milliseconds, before those are ended. */
const GRACE_MS = 1000;
/** More than any pipe holds: what comes after so many bytes was not printed by the program that has ended. */
const PIPE_BYTES = 1 << 20;
/** How long output may stay silent when nobody known is left who could print it, in milliseconds. */
const SILENT_MS = 200;
/** How long a client is given to take a close frame that it has not asked for, in milliseconds. */
const CLOSE_MS = 2000;

/** Limits of one session. */
export interface SessionOptions {
  /** Longest time a session may last, in milliseconds; 0 is unlimited. Then close code 1008. @default {0} */
  readonly timeoutMs?: number;
  /** Longest time without a message in either direction, in milliseconds; 0 is unlimited. Then close code 1008. @default {0} */
  readonly idleMs?: number;
  /** Added to each wait of the ladder that ends a program, in milliseconds. @default {0} */
  readonly closeMs?: number;
}

/** What a session is made of. */
export interface SessionParts {
  readonly info: SessionInfo;
  readonly socket: Socket;
  readonly program: Program;
  readonly env: Readonly<Record<string, string>>;
  readonly framing: Framing;
  readonly onEvent: EventSink;
}

/** Why a session ends, as far as the client is told. */
interface Ending {
  readonly code: number;
  readonly reason: string;
  /** Whether the client's side has ended: it is told nothing, and what it sent last still reaches the program. */
  readonly byClient?: boolean;
  /** Whether the program has ended by itself: then the client gets all it printed, however long it takes to read. */
  readonly byProgram?: boolean;
}

/** A client and a program, from open to close. */
export class Session {
  readonly info: SessionInfo;
  readonly #parts: SessionParts;
  readonly #options: Required<SessionOptions>;
  readonly #ending = Promise.withResolvers<Ending>();
  readonly #hurry = Promise.withResolvers<void>();

  constructor(parts: SessionParts, options: SessionOptions = {}) {
    this.info = parts.info;
    this.#parts = parts;
    this.#options = { timeoutMs: 0, idleMs: 0, closeMs: 0, ...options };
  }

  /** Ends the session from outside, with a close code and the ladder. Only the first reason counts. */
  end(code: number, reason: string): void {
    this.#ending.resolve({ code, reason });
  }

  /** Kills the program at once and drops the client. */
  kill(): void {
    this.end(CLOSE.GOING_AWAY, "server stopping");
    this.#hurry.resolve();
    this.#parts.socket.abort();
  }

  /** Starts the program and resolves when program and client are gone. Call once. Never rejects. */
  async run(): Promise<void> {
    const { info, socket, program, env, onEvent } = this.#parts;
    const startedAt = performance.now();
    let child: Child | null = null;
    let ending: Ending;
    try {
      child = startCommand(program, env);
      onEvent({ type: "session.opened", session: info, pid: child.pid });
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
    });
  }

  /** Joins the two until one of them ends, then ends the other. */
  async #bridge(child: Child): Promise<Ending> {
    const { socket, framing } = this.#parts;
    const log = this.#stderrLog(child);
    const stdout = forward(child.stdout, framing.decoder("stdout"), socket);
    const stderr = framing.sendsStderr
      ? forward(child.stderr, framing.decoder("stderr"), socket, log.push)
      : drain(child.stderr, log.push);
    const output = framing.sendsStderr
      ? Promise.all([stdout, stderr]).then(() => {})
      : stdout;
    const input = feed(socket, framing, child.stdin);

    void input.then((ok) => ok || this.#endForWrongType());
    void socket.closed.then(({ code, reason, by }) =>
      this.#ending.resolve({ code, reason, byClient: by === "client" })
    );
    const stopTimers = this.#startTimers();
    const first = await Promise.race([
      this.#ending.promise,
      output.then(() => null, outputFailed),
      child.exited.then(() => null),
    ]);
    stopTimers();
    // Null: the program's side ended first.
    const ending = first === null
      ? await this.#programEnded(child, output)
      : await this.#endProgram(child, first, input);

    await endsOrFallsSilent(stderr.catch(() => {}), child.stderr, SILENT_MS);
    log.end();
    await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
    await child.stdin.abort();
    await this.#closeSocket(ending);
    await terminateOrphans(child, this.#ladder(child));
    return ending;
  }

  /** The program has ended, or has closed its output: sees to it that the client gets everything, and finds out how it ended. */
  async #programEnded(child: Child, output: Promise<void>): Promise<Ending> {
    let signalled = false;
    if (child.exit === null) {
      // Most programs close their output by ending. This one gets the ladder
      // in case it does not: there is nothing left that a client could see.
      await terminate(child, this.#ladder(child, () => signalled = true));
    } else {
      try {
        await this.#outputEnded(child, output);
      } catch (error) {
        return outputFailed(error);
      }
    }
    if (signalled || child.exit === null) {
      return { code: CLOSE.NORMAL, reason: "the program closed its output" };
    }
    return {
      code: closeCodeOf(child.exit),
      reason: describeExit(child.exit),
      byProgram: true,
    };
  }

  /** Ends a program that has not ended by itself. */
  async #endProgram(
    child: Child,
    ending: Ending,
    input: Promise<unknown>,
  ): Promise<Ending> {
    const closed = this.#closeSocket(ending);
    if (ending.byClient) await this.#finishInput(child, input);
    await terminate(child, this.#ladder(child));
    await closed;
    return ending;
  }

  /**
   * Waits for the end of the output of a program that has ended. Others may
   * hold it open: what it left in the pipe is read in any case, then they are
   * ended too.
   *
   * @throws {FramingError} If the last of the output cannot become messages.
   */
  async #outputEnded(child: Child, output: Promise<void>): Promise<void> {
    const before = child.stdout.bytes;
    const settled = output.then(() => {}, () => {});
    for (;;) {
      if (await endsWithin(settled, GRACE_MS)) break;
      // Otherwise the client is slow, and the program's own output still on its way.
      if (child.stdout.waiting || child.stdout.bytes - before > PIPE_BYTES) {
        await terminateOrphans(child, this.#ladder(child));
        await endsOrFallsSilent(settled, child.stdout, SILENT_MS);
        await child.stdout.cancel();
        break;
      }
    }
    await output;
  }

  /** The client has left: what it sent before still goes to the program, as long as that reads. */
  async #finishInput(child: Child, input: Promise<unknown>): Promise<void> {
    const waitMs = 100 + this.#options.closeMs; // as long as the ladder gives a program to read EOF
    let written: number;
    do {
      written = child.stdin.written;
      if (await endsWithin(input, waitMs)) return;
    } while (child.stdin.written > written);
  }

  /** Closes the client's side. Only the output of a program that ended by itself is worth more than 2 s of waiting. */
  async #closeSocket(ending: Ending): Promise<void> {
    const { socket } = this.#parts;
    const timer = ending.byProgram
      ? undefined
      : setTimeout(() => socket.abort(), CLOSE_MS);
    await socket.close(ending.code, ending.reason);
    clearTimeout(timer);
  }

  #endForWrongType(): void {
    this.end(
      CLOSE.UNSUPPORTED_DATA,
      this.#parts.framing.type === "text"
        ? "this program takes text messages, not binary ones (--binary)"
        : "this program takes binary messages, not text",
    );
  }

  /** Starts the session's time limits; returns what stops them. */
  #startTimers(): () => void {
    const { timeoutMs, idleMs } = this.#options;
    const { socket } = this.#parts;
    let idleTimer: ReturnType<typeof setTimeout> | undefined;
    const timeoutTimer = timeoutMs > 0
      ? setTimeout(
        () =>
          this.end(
            CLOSE.POLICY,
            `time limit of ${timeoutMs / 1000} s reached (--timeout)`,
          ),
        timeoutMs,
      )
      : undefined;
    const watchIdle = (waitMs: number) => {
      idleTimer = setTimeout(() => {
        const leftMs = socket.lastMessageAt + idleMs - performance.now();
        if (leftMs > 0) watchIdle(leftMs);
        else {this.end(
            CLOSE.POLICY,
            `no message for ${idleMs / 1000} s (--idle)`,
          );}
      }, waitMs);
    };
    if (idleMs > 0) watchIdle(idleMs);
    return () => {
      clearTimeout(timeoutTimer);
      clearTimeout(idleTimer);
    };
  }

  /** Sends the program's stderr to the log, line by line. */
  #stderrLog(child: Child): { push(chunk: Uint8Array): void; end(): void } {
    const { info, onEvent } = this.#parts;
    const lines = new StderrLines();
    const report = (line: string) =>
      onEvent({ type: "child.stderr", session: info, pid: child.pid, line });
    return {
      push: (chunk) => lines.push(chunk).forEach(report),
      end: () => lines.end().forEach(report),
    };
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

function outputFailed(error: unknown): Ending {
  if (!(error instanceof FramingError)) throw error;
  return { code: CLOSE.INTERNAL, reason: error.message };
}

function closeCodeOf(exit: Exit): number {
  if (exit.signal !== null) return CLOSE.SIGNAL + signalNumber(exit);
  return exit.code === 0 ? CLOSE.NORMAL : CLOSE.EXIT + exit.code;
}

/** Whether a promise settles within some time. Leaves no timer behind. */
async function endsWithin(
  promise: Promise<unknown>,
  ms: number,
): Promise<boolean> {
  const { promise: timeout, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), ms);
  const ended = await Promise.race([promise.then(() => true), timeout]);
  clearTimeout(timer);
  return ended;
}

/** Waits for the end of an output, or until nothing has come for some time. */
async function endsOrFallsSilent(
  ended: Promise<unknown>,
  output: Output,
  ms: number,
): Promise<void> {
  for (;;) {
    const before = output.bytes;
    if (await endsWithin(ended, ms)) return;
    if (output.waiting && output.bytes === before) return;
  }
}
