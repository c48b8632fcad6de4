/**
 * What the clients of a program send it, from one run of it to the next.
 *
 * @module
 */
import type { Child } from "../process/command.ts";
import { settlesWithin } from "../settles_within.ts";

/** How long a program that has closed its stdin may take to end, in milliseconds. One that does not end had no wish for more. */
const CRASH_MS = 2000;
/** Bytes that a pipe takes whole or not at all (PIPE_BUF of Linux). */
const ATOMIC = 4096;

/** A run of the program that can be written to. */
export interface ReadingRun {
  readonly child: Pick<Child, "stdin" | "exited">;
  /** Whether it has ended or been told to, though its process may still be there. */
  readonly isEnding: boolean;
}

/** Settings of the input. */
export interface HubInputOptions {
  /** Whether what one run has not taken is for the next one. */
  readonly outlivesRuns: boolean;
  /** Bytes that are kept of clients that have left before the program took them. */
  readonly kept: number;
}

/** What waits to be written. */
interface Waiting {
  /** Whose it is; null if that is of no interest. */
  readonly client: string | null;
  readonly bytes: Uint8Array;
  /** The only run that it is for; null for whichever comes. */
  readonly onlyFor: ReadingRun | null;
  readonly done: () => void;
  isBeingWritten: boolean;
  /** Whether it is kept for a client that has left. */
  isKept: boolean;
}

/** Writes whole messages to whichever run reads, one after the other. */
export class HubInput {
  readonly #options: HubInputOptions;
  readonly #waiting: Waiting[] = [];
  /** Bytes kept for clients that have left. */
  #kept = 0;
  #isWriting = false;
  /** The run that reads, or null. */
  #run: ReadingRun | null = null;
  /** Settles when somebody reads, or nobody will any more. */
  #reading = Promise.withResolvers<void>();
  #greeting: Promise<void> = Promise.resolve();
  /** A run that lives on without reading. */
  #deaf: ReadingRun | null = null;
  readonly #over = Promise.withResolvers<void>();
  #isOver = false;

  constructor(options: HubInputOptions) {
    this.#options = options;
  }

  /** A run begins to read. The greeting comes before everything that waits. */
  begin(run: ReadingRun, greeting: Uint8Array): void {
    this.#run = run;
    this.#greeting = run.child.stdin.write(greeting);
    this.#reading.resolve();
    // What is written from then on is for the next run, which may have begun before: not every program can be killed.
    void run.child.exited.then(() => {
      if (this.#run !== run) return;
      this.#run = null;
      if (!this.#isOver) this.#reading = Promise.withResolvers();
    });
  }

  /** No other run begins any more. */
  end(): void {
    this.#isOver = true;
    this.#over.resolve();
    this.#reading.resolve();
  }

  /** Writes what a client has sent, after everything written before. Waits while nobody reads. Resolves when the program has taken the bytes, or never will. Never rejects. */
  write(bytes: Uint8Array, client: string | null): Promise<void> {
    return this.#add(bytes, client, null);
  }

  /** Writes what concerns only the run that reads now; nothing happens if there is none. */
  tell(bytes: () => Uint8Array): void {
    if (this.#run !== null) void this.#add(bytes(), null, this.#run);
  }

  /** A client has left for good: not more than a limit is kept of such clients. */
  forget(client: string): void {
    const own = this.#waiting.filter((waiting) =>
      waiting.client === client && !waiting.isBeingWritten && !waiting.isKept
    );
    for (const waiting of own) {
      if (this.#kept + waiting.bytes.length > this.#options.kept) {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        waiting.done();
      } else {
        this.#kept += waiting.bytes.length;
        waiting.isKept = true;
      }
    }
  }

  /** The next run is somewhere else: what waits is sent there, by whoever wrote it. */
  clear(): void {
    for (const { done } of this.#waiting.splice(0)) done();
    this.#kept = 0;
  }

  #add(
    bytes: Uint8Array,
    client: string | null,
    onlyFor: ReadingRun | null,
  ): Promise<void> {
    const { promise, resolve: done } = Promise.withResolvers<void>();
    this.#waiting.push({
      client,
      bytes,
      onlyFor,
      done,
      isBeingWritten: false,
      isKept: false,
    });
    if (!this.#isWriting) void this.#writeAll();
    return promise;
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      if (this.#run === null && !this.#isOver) await this.#reading.promise;
      await this.#greeting;
      const [next] = this.#waiting;
      // Its client may have left meanwhile.
      if (next === undefined) break;
      next.isBeingWritten = true;
      const isDone = await this.#give(next);
      next.isBeingWritten = false;
      if (!isDone || this.#waiting[0] !== next) continue;
      this.#waiting.shift();
      if (next.isKept) this.#kept -= next.bytes.length;
      next.done();
    }
    this.#isWriting = false;
  }

  /** Writes something. Returns whether that is the end of it: otherwise it is for the next run. */
  async #give({ bytes, onlyFor }: Waiting): Promise<boolean> {
    const run = this.#run;
    if (onlyFor !== null && onlyFor !== run) return true;
    if (run === null) return this.#isOver;
    const { stdin, exited } = run.child;
    const { open: wasOpen, written } = stdin;
    await stdin.write(bytes);
    if (stdin.open || stdin.written - written === bytes.length) return true;
    if (!this.#options.outlivesRuns || onlyFor !== null) return true;
    if (run === this.#deaf || this.#isOver) return true;
    // The program may have read some of it: nothing is to come twice.
    if (wasOpen && bytes.length > ATOMIC) return true;
    const { promise: over } = this.#over;
    if (await settlesWithin(exited, CRASH_MS, over)) return false;
    if (run.isEnding) {
      await Promise.race([exited, over]);
      return false;
    }
    this.#deaf = run;
    return true;
  }
}
