/**
 * What a program prints, from its start to the last byte.
 *
 * @module
 */
import type { Framing } from "../framing/framing.ts";
import type { Child } from "../process/command.ts";
import type { Output } from "../process/output.ts";
import { StderrLines } from "../process/stderr_lines.ts";
import { settlesWithin } from "../settles_within.ts";
import type { Socket } from "../socket/socket.ts";
import { drain, forward } from "./bridge.ts";

/** How long a program that has ended may leave its output open to others, in milliseconds, before those are ended. */
const GRACE_MS = 1000;
/** More than any pipe holds: what comes after so many bytes was not printed by the program that has ended. */
const PIPE_BYTES = 1 << 20;
/** How long output may stay silent when nobody known is left who could print it, in milliseconds. */
const SILENT_MS = 200;

/** What reading the output to its end needs besides the program. */
export interface OutputHooks {
  /** Receives stderr line by line. */
  readonly onStderrLine: (line: string) => void;
  /** Ends those whom the program has left behind, who may hold its output open. Never rejects. */
  readonly endOrphans: () => Promise<void>;
  /** Settles when there is no time left to wait for anybody. */
  readonly hurry: Promise<unknown>;
}

/** Carries the output of one program to its client and its log. */
export class ProgramOutput {
  /** Settles when everything that becomes messages has been sent. Rejects with a `FramingError` if it cannot become messages. */
  readonly sent: Promise<void>;
  readonly #child: Child;
  readonly #hooks: OutputHooks;
  /** The streams that become messages. */
  readonly #streams: readonly Output[];
  readonly #stderr: Promise<void>;
  readonly #lines = new StderrLines();
  #hurried = false;

  /** Begins to read. */
  constructor(
    child: Child,
    framing: Framing,
    socket: Pick<Socket, "send">,
    hooks: OutputHooks,
  ) {
    this.#child = child;
    this.#hooks = hooks;
    void hooks.hurry.then(() => this.#hurried = true);
    const log = (chunk: Uint8Array) =>
      this.#lines.push(chunk).forEach(hooks.onStderrLine);
    const stdout = forward(child.stdout, framing.decoder("stdout"), socket);
    if (framing.sendsStderr) {
      this.#streams = [child.stdout, child.stderr];
      this.#stderr = forward(
        child.stderr,
        framing.decoder("stderr"),
        socket,
        log,
      );
      this.sent = Promise.all([stdout, this.#stderr]).then(() => {});
    } else {
      this.#streams = [child.stdout];
      this.#stderr = drain(child.stderr, log);
      this.sent = stdout;
    }
  }

  /**
   * Waits until everything is sent that a program printed which has ended.
   * Others may hold its output open: what it left in the pipe is read in any
   * case, then they are ended too.
   *
   * @throws {FramingError} If the last of the output cannot become messages.
   */
  async sendRest(): Promise<void> {
    const before = bytesOf(this.#streams);
    while (!await this.#within(this.sent, GRACE_MS)) {
      // Otherwise the client is slow, and the program's own output still on its way.
      if (
        areWaiting(this.#streams) || this.#hurried ||
        bytesOf(this.#streams) - before > PIPE_BYTES
      ) {
        await this.#hooks.endOrphans();
        await this.#readLast(this.sent, this.#streams);
        await Promise.all(this.#streams.map((stream) => stream.cancel()));
        break;
      }
    }
    await this.sent;
  }

  /** Reads what is left of stderr, and stops reading. Never rejects. */
  async end(): Promise<void> {
    await this.#readLast(this.#stderr, [this.#child.stderr]);
    this.#lines.end().forEach(this.#hooks.onStderrLine);
    await Promise.all([
      this.#child.stdout.cancel(),
      this.#child.stderr.cancel(),
    ]);
  }

  /**
   * Reads what is left in the pipes of a program that has ended: to their end,
   * or, if somebody holds them open, until nothing has come for some time.
   * Those who go on printing are ended; if they cannot be found, it stops
   * after more than the program can have left.
   */
  async #readLast(
    ended: Promise<unknown>,
    streams: readonly Output[],
  ): Promise<void> {
    const first = bytesOf(streams);
    for (let turn = 0;; turn++) {
      const before = bytesOf(streams);
      if (await this.#within(ended, SILENT_MS)) return;
      const now = bytesOf(streams);
      if (now - first > PIPE_BYTES || this.#hurried) return;
      const isLate = turn * SILENT_MS >= GRACE_MS;
      if (areWaiting(streams) && (now === before || isLate)) return;
      if (turn === 0) await this.#hooks.endOrphans();
    }
  }

  #within(promise: Promise<unknown>, ms: number): Promise<boolean> {
    return settlesWithin(promise, ms, this.#hooks.hurry);
  }
}

function bytesOf(streams: readonly Output[]): number {
  return streams.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Whether everything that was printed has been read and sent. */
function areWaiting(streams: readonly Output[]): boolean {
  return streams.every(({ waiting, ended }) => waiting || ended);
}
