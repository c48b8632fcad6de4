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
  /** Whether the program has ended, or closed its output, by itself: then the client gets all it printed, however long it takes to read. */
  readonly byProgram?: boolean;
}

/** A client and a program, from open to close. */
export class Session {
  readonly info: SessionInfo;
  readonly #parts: Omit<SessionParts, "env">;
  readonly #options: Required<SessionOptions>;
  readonly #ending = Promise.withResolvers<Ending>();
  readonly #hurry = Promise.withResolvers<void>();
  #hurried = false;
  #child: Child | null = null;
  /** Only until the program has been started: a waiting session should hold little. */
  #env: SessionParts["env"] | null;
  /** Whether the program's side ended first, so that only the client keeps the session open. */
  #waitsForClient = false;
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: SessionParts, options: SessionOptions = {}) {
    const { env, ...rest } = parts;
    this.info = parts.info;
    this.#parts = rest;
    this.#env = env;
    this.#options = { timeoutMs: 0, idleMs: 0, closeMs: 0, ...options };
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
    this.#hurried = true;
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
      child = this.#start();
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
    this.#child = child;
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

  /** @throws {SpawnError} If the program cannot be started. */
  #start(): Child {
    const env = this.#env ?? {};
    this.#env = null;
    return startCommand(this.#parts.program, env);
  }

  /** Ends what the program has left behind. To be called some time after {@linkcode run} has resolved. Never rejects. */
  async endOrphans(): Promise<void> {
    const child = this.#child;
    if (child !== null) await terminateOrphans(child, this.#ladder(child));
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
    const outputs = framing.sendsStderr
      ? [child.stdout, child.stderr]
      : [child.stdout];
    const input = feed(socket, framing, child.stdin);

    void input.then((ok) => ok || this.#endForWrongType());
    void socket.closed.then(({ code, reason, by }) =>
      this.#ending.resolve({ code, reason, byClient: by === "client" })
    );
    const stopTimeout = this.#startTimeout();
    const stopIdle = this.#startIdle();
    const first = await Promise.race([
      this.#ending.promise,
      output.then(() => null, outputFailed),
      child.exited.then(() => null),
    ]);
    stopIdle();
    // Null: the program's side ended first.
    this.#waitsForClient = first === null;
    const ending = first === null
      ? await this.#programEnded(child, output, outputs)
      : await this.#endProgram(child, first, input);

    await this.#readLast(child, stderr.catch(() => {}), [child.stderr]);
    log.end();
    await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
    await child.stdin.abort();
    await this.#closeSocket(ending);
    stopTimeout();
    this.#waitsForClient = false;
    clearTimeout(this.#patience);
    return ending;
  }

  /** The program has ended, or has closed its output: sees to it that the client gets everything, and finds out how it ended. */
  async #programEnded(
    child: Child,
    output: Promise<void>,
    outputs: readonly Output[],
  ): Promise<Ending> {
    let signalled = false;
    if (child.exit === null) {
      // Most programs close their output by ending. One that does not gets the
      // ladder: there is nothing left that a client could see. What is
      // signalled after its end is only what it has left behind.
      void child.stdin.close();
      const waitMs = 100 + this.#options.closeMs;
      if (!await endsWithin(child.exited, waitMs, this.#hurry.promise)) {
        await terminateOrphans(
          child,
          this.#ladder(child, () => signalled ||= child.exit === null),
        );
      }
    } else {
      try {
        await this.#outputEnded(child, output, outputs);
      } catch (error) {
        return outputFailed(error);
      }
    }
    if (signalled || child.exit === null) {
      return {
        code: CLOSE.NORMAL,
        reason: "the program closed its output",
        byProgram: true,
      };
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
    // Before its stdin ends, upon which it may end and leave others behind.
    child.family.remember();
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
  async #outputEnded(
    child: Child,
    output: Promise<void>,
    outputs: readonly Output[],
  ): Promise<void> {
    const before = bytesOf(outputs);
    const settled = output.then(() => {}, () => {});
    for (;;) {
      if (await endsWithin(settled, GRACE_MS, this.#hurry.promise)) break;
      // Otherwise the client is slow, and the program's own output still on its way.
      if (
        areWaiting(outputs) || bytesOf(outputs) - before > PIPE_BYTES ||
        this.#hurried
      ) {
        await terminateOrphans(child, this.#ladder(child));
        await this.#readLast(child, settled, outputs);
        await Promise.all(outputs.map((one) => one.cancel()));
        break;
      }
    }
    await output;
  }

  /**
   * Reads what is left in the pipes of a program that has ended: to their end,
   * or, if somebody holds them open, until nothing has come for some time.
   * Those who go on printing are ended; if they cannot be found, it stops
   * after more than the program can have left.
   */
  async #readLast(
    child: Child,
    ended: Promise<unknown>,
    outputs: readonly Output[],
  ): Promise<void> {
    const first = bytesOf(outputs);
    for (let turn = 0;; turn++) {
      const before = bytesOf(outputs);
      if (await endsWithin(ended, SILENT_MS, this.#hurry.promise)) return;
      const now = bytesOf(outputs);
      if (now - first > PIPE_BYTES || this.#hurried) return;
      const isLate = turn * SILENT_MS >= GRACE_MS;
      if (areWaiting(outputs) && (now === before || isLate)) return;
      if (turn === 0) await terminateOrphans(child, this.#ladder(child));
    }
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

  /** Starts the time limit of the whole session; returns what stops it. */
  #startTimeout(): () => void {
    const { timeoutMs } = this.#options;
    if (timeoutMs <= 0) return () => {};
    const at = performance.now() + timeoutMs;
    const reason = `time limit of ${timeoutMs / 1000} s reached (--timeout)`;
    return callAt(() => at, () => this.end(CLOSE.POLICY, reason));
  }

  /** Starts the time limit between messages; returns what stops it. */
  #startIdle(): () => void {
    const { idleMs } = this.#options;
    const { socket } = this.#parts;
    if (idleMs <= 0) return () => {};
    const reason = `no message for ${idleMs / 1000} s (--idle)`;
    return callAt(
      () => socket.lastMessageAt + idleMs,
      () => this.end(CLOSE.POLICY, reason),
    );
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

function bytesOf(outputs: readonly Output[]): number {
  return outputs.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Whether everything that was printed has been read and sent. */
function areWaiting(outputs: readonly Output[]): boolean {
  return outputs.every(({ waiting, ended }) => waiting || ended);
}

/** Calls back when a time has come, by `performance.now()`; it may move meanwhile. Returns what stops it. */
function callAt(time: () => number, then: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = () => {
    const leftMs = time() - performance.now();
    if (leftMs <= 0) then();
    else timer = setTimeout(wait, Math.ceil(leftMs));
  };
  wait();
  return () => clearTimeout(timer);
}

/** Whether a promise settles within some time, and before another. Leaves no timer behind. */
async function endsWithin(
  promise: Promise<unknown>,
  ms: number,
  orUntil?: Promise<unknown>,
): Promise<boolean> {
  const { promise: timeout, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), ms);
  void orUntil?.then(() => resolve(false));
  const ended = await Promise.race([promise.then(() => true), timeout]);
  clearTimeout(timer);
  return ended;
}
