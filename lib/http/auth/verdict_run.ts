/**
 * One run of a program that decides whether a client is admitted.
 *
 * @module
 */
import { concat } from "../../concat.ts";
import type { Child } from "../../process/command.ts";
import type { Output } from "../../process/output.ts";
import { StderrLines } from "../../process/stderr_lines.ts";
import { terminate, terminateOrphans } from "../../process/terminate.ts";
import { settlesWithin } from "../../settles_within.ts";
import { userName } from "./user_name.ts";

/** How long it may take, in milliseconds. */
const LIMIT_MS = 5000;
/** How long others may hold open the output of one that has ended, in milliseconds. */
const GRACE_MS = 200;
/** What it may print, in bytes, on stdout and stderr together. */
const MOST_BYTES = 65536;
/** How many lines of its stderr reach the log. */
const MOST_LINES = 100;
/** More than a user name has; what its first line has beyond it is not kept. */
const MOST_KEPT = 4096;

/** What it says. */
export interface Verdict {
  /** The user it admits, maybe empty; null if it admits nobody. */
  readonly user: string | null;
  /** What went wrong, as the end of a sentence, or null. */
  readonly problem: string | null;
}

/** A program under way. */
export class VerdictRun {
  /** Never rejects. */
  readonly verdict: Promise<Verdict>;
  /** Resolves, some time after the verdict, when the program and all it has started are gone. Never rejects. */
  readonly ended: Promise<void>;
  readonly #child: Child;
  readonly #onStderrLine: (line: string) => void;
  readonly #stopped = Promise.withResolvers<void>();
  readonly #hurry = Promise.withResolvers<void>();
  readonly #reading: Promise<unknown>;
  #isStopped = false;
  #problem: string | null = null;
  #bytes = 0;
  #firstLine: Uint8Array = new Uint8Array(0);

  constructor(child: Child, onStderrLine: (line: string) => void) {
    this.#child = child;
    this.#onStderrLine = onStderrLine;
    void child.stdin.close();
    this.#reading = Promise.all([this.#readLine(), this.#logStderr()]);
    this.verdict = this.#judge();
    this.ended = this.verdict.then(() => this.#cleanUp());
  }

  /** Nobody wants to know any more: it admits nobody, and is ended gently. */
  stop(): void {
    this.#isStopped = true;
    this.#stopped.resolve();
  }

  /** The same, at once. */
  kill(): void {
    this.stop();
    this.#hurry.resolve();
  }

  async #judge(): Promise<Verdict> {
    const { exited } = this.#child;
    const stopped = this.#stopped.promise;
    const hasEnded = await settlesWithin(exited, LIMIT_MS, stopped);
    const admits = hasEnded && (await exited).code === 0;
    // What it printed last may still be in the pipe.
    if (admits) await settlesWithin(this.#reading, GRACE_MS, stopped);
    if (!hasEnded && !this.#isStopped) {
      this.#problem = `did not end within ${LIMIT_MS / 1000} s`;
    }
    if (this.#problem !== null || !admits) {
      return { user: null, problem: this.#problem };
    }
    const user = this.#user();
    return {
      user,
      problem: user === null
        ? "printed what cannot be a user name: at most 256 characters of UTF-8, no control characters"
        : null,
    };
  }

  #user(): string | null {
    try {
      const decoder = new TextDecoder("utf-8", { fatal: true });
      return userName(decoder.decode(this.#firstLine));
    } catch {
      return null;
    }
  }

  async #cleanUp(): Promise<void> {
    const { family, exit, stdin, stdout, stderr } = this.#child;
    const hooks = { hurry: this.#hurry.promise };
    family.remember();
    if (exit === null) await terminate(this.#child, hooks);
    else await terminateOrphans(this.#child, hooks);
    await Promise.all([stdin.abort(), stdout.cancel(), stderr.cancel()]);
    await this.#reading;
  }

  async #readLine(): Promise<void> {
    let isComplete = false;
    await this.#read(this.#child.stdout, (chunk) => {
      if (isComplete) return;
      const end = chunk.indexOf(10);
      isComplete = end !== -1;
      const part = isComplete ? chunk.subarray(0, end) : chunk;
      this.#firstLine = concat([this.#firstLine, part]).subarray(0, MOST_KEPT);
    });
  }

  async #logStderr(): Promise<void> {
    const lines = new StderrLines();
    let count = 0;
    const log = (line: string) => {
      count++;
      if (count <= MOST_LINES) this.#onStderrLine(line);
    };
    await this.#read(
      this.#child.stderr,
      (chunk) => lines.push(chunk).forEach(log),
    );
    lines.end().forEach(log);
    if (count > MOST_LINES) {
      this.#onStderrLine(`… (lines left out: ${count - MOST_LINES})`);
    }
  }

  /** Reads to the end, or until it has printed too much. */
  async #read(
    output: Output,
    onChunk: (chunk: Uint8Array) => void,
  ): Promise<void> {
    for (;;) {
      const chunk = await output.read();
      if (chunk === null) return;
      this.#bytes += chunk.byteLength;
      if (this.#bytes > MOST_BYTES) {
        this.#problem = `printed more than ${MOST_BYTES} bytes`;
        this.stop();
        return;
      }
      onChunk(chunk);
    }
  }
}
