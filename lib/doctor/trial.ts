/**
 * A program, started to see what it does.
 *
 * @module
 */
import type { Exit } from "../events.ts";
import { type Child, type Program, startCommand } from "../process/command.ts";
import type { Signal } from "../process/family.ts";
import { StderrLines } from "../process/stderr_lines.ts";
import { terminate, terminateOrphans } from "../process/terminate.ts";
import { settlesWithin } from "../settles_within.ts";

/** How much output is kept to be looked at, in bytes. */
const KEPT = 1 << 20;
/** How long a program gets to end when its stdin has ended, in milliseconds. Many need to finish what they do. */
const EOF_MS = 1000;

/** Silence after which a line that has no end yet counts as one that waits for something, in milliseconds. */
const QUIET_MS = 300;

/** How a trial ended. */
export interface TrialEnd {
  readonly exit: Exit | null;
  /** What it took: nothing, the end of its stdin, or the last signal sent. */
  readonly by: "itself" | "stdin" | Signal;
  /** Whether programs that it had started outlived it. */
  readonly leftOthers: boolean;
}

/** A program that runs with pipes, and what has come out of them so far. */
export class Trial {
  /** When the first byte of stdout came, in milliseconds from the start; null if none has. */
  firstMs: number | null = null;
  /** Bytes in the first read. */
  firstSize = 0;
  /** Bytes on stdout, without those that came after the end of stdin. */
  beforeEof = 0;
  /** Bytes on stdout. */
  bytes = 0;
  /** The longest stretch without a newline or NUL, in bytes, as far as one goes over several reads. */
  longest = 0;
  /** Whether it ran and was silent when its stdin was ended: what it had printed was meant to be read. */
  wasWaiting = false;
  /** What it said last on stderr, empty if nothing. */
  lastWords = "";
  readonly #child: Child;
  readonly #start = performance.now();
  readonly #kept: Uint8Array[] = [];
  readonly #first = Promise.withResolvers<void>();
  readonly #readers: Promise<unknown>;
  #keptBytes = 0;
  /** Bytes since the last newline or NUL. */
  #unfinished = 0;
  #lastMs = 0;
  /** When it was sent a line, in milliseconds from the start; null if it was not. */
  #sentMs: number | null = null;
  #isEof = false;
  /** Ends every wait, if it ever resolves. */
  readonly #hurry: Promise<unknown> | undefined;

  /**
   * Starts it.
   *
   * @param env Its whole environment, with a `UNIQUE_ID` that nobody else has.
   * @param hurry Ends every wait when it resolves.
   * @throws {SpawnError} If it cannot be started.
   */
  constructor(
    program: Program,
    env: Readonly<Record<string, string>>,
    hurry?: Promise<unknown>,
  ) {
    this.#hurry = hurry;
    this.#child = startCommand(program, env);
    this.#readers = Promise.all([this.#readStdout(), this.#readStderr()]);
  }

  /** How it ended, or null while it runs. */
  get exit(): Exit | null {
    return this.#child.exit;
  }

  /** Whether it was sent a line. */
  get wasSent(): boolean {
    return this.#sentMs !== null;
  }

  /** How long it took to print, from its start or, if it was sent a line, from then on, in milliseconds; null if it has printed nothing. */
  get reactionMs(): number | null {
    return this.firstMs === null ? null : this.firstMs - (this.#sentMs ?? 0);
  }

  /** Milliseconds since the start. */
  get ageMs(): number {
    return performance.now() - this.#start;
  }

  /** What it has printed, from the beginning, up to 1 MiB. */
  get output(): Uint8Array {
    const all = new Uint8Array(this.#keptBytes);
    let at = 0;
    for (const chunk of this.#kept) {
      all.set(chunk, at);
      at += chunk.byteLength;
    }
    return all;
  }

  /**
   * Waits for output; if there is none in time and the program runs, sends it
   * something and waits once more.
   *
   * @param line Null sends nothing.
   * @param answerMs How long an answer to the line is waited for. Default: as long as before it.
   */
  async provoke(
    line: Uint8Array | null,
    ms: number,
    answerMs = ms,
  ): Promise<void> {
    await this.prints(ms);
    if (line === null || this.firstMs !== null || this.exit !== null) return;
    this.#sentMs = this.ageMs;
    void this.#child.stdin.write(line); // Waits for a program that may never read.
    await this.prints(answerMs);
  }

  /** Waits until it has printed something, its output has ended, or time is up. */
  async prints(ms: number): Promise<void> {
    await settlesWithin(this.#first.promise, Math.max(0, ms), this.#hurry);
  }

  /** Waits until it has ended, or time is up. */
  async ends(ms: number): Promise<void> {
    await settlesWithin(this.#child.exited, ms, this.#hurry);
  }

  /**
   * Ends it as a server does when a client leaves. Nothing of it runs any more
   * when this resolves, as far as it can be known. Never rejects.
   *
   * @param isPatient Whether it gets time between the end of its stdin and the first signal.
   */
  async end(closeMs: number, isPatient = true): Promise<TrialEnd> {
    const child = this.#child;
    this.#isEof = true;
    this.wasWaiting = child.exit === null &&
      this.ageMs - this.#lastMs > QUIET_MS;
    let by: TrialEnd["by"] = child.exit === null ? "stdin" : "itself";
    child.family.remember();
    void child.stdin.close(); // As above.
    if (isPatient) await this.ends(EOF_MS);
    const leftOthers = child.exit !== null && await child.family.alive();
    const hooks = { closeMs, hurry: this.#hurry };
    if (child.exit === null) {
      await terminate(child, { ...hooks, onSignal: (signal) => by = signal });
    } else await terminateOrphans(child, hooks);
    await child.stdin.abort();
    // Whatever is still in the pipes is read; who else holds them open is not waited for.
    await settlesWithin(this.#readers, 100);
    await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
    await this.#readers;
    return { exit: child.exit, by, leftOthers };
  }

  async #readStdout(): Promise<void> {
    for (;;) {
      const chunk = await this.#child.stdout.read();
      if (chunk === null) break;
      this.#take(chunk);
      if (this.firstMs === null) {
        this.firstMs = this.ageMs;
        this.firstSize = chunk.byteLength;
        this.#first.resolve();
      }
    }
    this.#first.resolve();
  }

  #take(chunk: Uint8Array): void {
    this.#lastMs = this.ageMs;
    this.bytes += chunk.byteLength;
    if (!this.#isEof) this.beforeEof += chunk.byteLength;
    const ends = [10, 0];
    const firsts = ends.map((end) => chunk.indexOf(end)).filter((i) => i >= 0);
    if (firsts.length === 0) this.#unfinished += chunk.byteLength;
    else {
      const first = this.#unfinished + Math.min(...firsts);
      this.longest = Math.max(this.longest, first);
      const last = Math.max(...ends.map((end) => chunk.lastIndexOf(end)));
      this.#unfinished = chunk.byteLength - last - 1;
    }
    this.longest = Math.max(this.longest, this.#unfinished);
    const room = KEPT - this.#keptBytes;
    if (room <= 0) return;
    const kept = chunk.slice(0, room);
    this.#kept.push(kept);
    this.#keptBytes += kept.byteLength;
  }

  async #readStderr(): Promise<void> {
    const lines = new StderrLines();
    for (;;) {
      const chunk = await this.#child.stderr.read();
      const ended = chunk === null ? lines.end() : lines.push(chunk);
      this.lastWords = ended.filter((line) => line.trim() !== "").at(-1) ??
        this.lastWords;
      if (chunk === null) return;
    }
  }
}
