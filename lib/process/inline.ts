/**
 * Programs that are functions of this process.
 *
 * @module
 */
import type { Exit } from "../events.ts";
import type { Child } from "./command.ts";
import { exitBySignal } from "./exit.ts";
import type { Family, Signal } from "./family.ts";
import { Input } from "./input.ts";
import { MemoryPipe } from "./memory_pipe.ts";
import { Output } from "./output.ts";
import { type ProgramIo, programIo } from "./program_io.ts";

/**
 * How a function says how it ended: its exit status, 0 to 255, which is 0 if
 * it returns nothing, or the name of a signal that might have killed it, such
 * as `SIGTERM`.
 */
export type ProgramResult = number | Deno.Signal | void;

/**
 * A program that is a function: called once for each client, with the streams
 * and the environment that a program would have, and ended the same way.
 *
 * It ends when it returns, and what it has printed is sent first. What it
 * throws is printed on stderr, and the exit status is 1. When it has to end,
 * its stdin ends; 100 ms later `signal` is aborted, as by SIGINT; 250 ms later,
 * as by SIGTERM, everything that it reads and writes fails. After another
 * 500 ms it is forgotten, as if by SIGKILL: nothing can end a function that
 * goes on, so that one that ignores all this goes on for ever.
 *
 * It shares its thread with the server and all other sessions, which wait while
 * it computes.
 *
 * @example
 * ```ts
 * import { handler, type ProgramFunction } from "@websocketd/websocketd";
 *
 * const upperCase: ProgramFunction = async (io) => {
 *   for await (const line of io.lines()) await io.print(line.toUpperCase());
 * };
 * handler({ program: upperCase });
 * ```
 */
export type ProgramFunction = (
  io: ProgramIo,
) => ProgramResult | Promise<ProgramResult>;

/** A function to run as a program. */
export interface InlineProgram {
  readonly run: ProgramFunction;
  /** What it sees as its arguments. @default {[]} */
  readonly args?: readonly string[];
}

/**
 * Starts a function as if it was a program. Its process id is 0.
 *
 * @param env Its whole environment.
 */
export function startInline(
  { run, args = [] }: InlineProgram,
  env: Readonly<Record<string, string>>,
): Child {
  return new RunningFunction(run, { env, args });
}

class RunningFunction implements Child {
  readonly pid = 0;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly exited: Promise<Exit>;
  readonly family: Family = {
    alive: () => Promise.resolve(this.#exit === null),
    signal: (signal) => Promise.resolve(this.#signal(signal)),
    remember(): void {}, // What it starts is its own affair.
  };
  #exit: Exit | null = null;
  /** The last signal it got. */
  #last: Signal | null = null;
  readonly #pipes = {
    stdin: new MemoryPipe(),
    stdout: new MemoryPipe(),
    stderr: new MemoryPipe(),
  };
  readonly #abort = new AbortController();
  readonly #exited = Promise.withResolvers<Exit>();

  constructor(
    run: ProgramFunction,
    given: Pick<ProgramIo, "env" | "args">,
  ) {
    this.exited = this.#exited.promise;
    this.stdin = new Input(this.#pipes.stdin);
    this.stdout = new Output(this.#pipes.stdout);
    this.stderr = new Output(this.#pipes.stderr);
    void this.#run(
      run,
      programIo(this.#pipes, { ...given, signal: this.#abort.signal }),
    );
  }

  get exit(): Exit | null {
    return this.#exit;
  }

  async #run(run: ProgramFunction, io: ProgramIo): Promise<void> {
    let exit: Exit;
    try {
      // Not at once: whoever starts it wants to know that it has been started first.
      await Promise.resolve();
      exit = exitOf(await run(io));
    } catch (error) {
      exit = await this.#failed(error, io);
    }
    // After all that it has printed and not waited for.
    await Promise.all([this.#pipes.stdout.close(), this.#pipes.stderr.close()]);
    this.#end(exit);
  }

  async #failed(error: unknown, io: ProgramIo): Promise<Exit> {
    if (this.#last !== null && isAbort(error)) return exitBySignal(this.#last)!;
    try {
      await io.printError(Deno.inspect(error));
    } catch {
      // Nobody reads it any more.
    }
    return { code: 1, signal: null };
  }

  #signal(signal: Signal): void {
    if (this.#exit !== null) return;
    this.#last = signal;
    const reason = new DOMException(`The program got ${signal}`, "AbortError");
    this.#abort.abort(reason);
    if (signal === "SIGINT") return;
    for (const pipe of Object.values(this.#pipes)) pipe.fail(reason);
    if (signal === "SIGKILL") this.#end(exitBySignal(signal)!);
  }

  #end(exit: Exit): void {
    if (this.#exit !== null) return;
    this.#exit = exit;
    void this.#pipes.stdin.cancel();
    void this.#pipes.stdout.abort();
    void this.#pipes.stderr.abort();
    this.#exited.resolve(exit);
  }
}

/** @throws {TypeError} If it is none. */
function exitOf(result: unknown): Exit {
  if (result === undefined) return { code: 0, signal: null };
  const exit = typeof result === "string"
    ? exitBySignal(result)
    : Number.isInteger(result) && result as number >= 0 &&
        result as number <= 255
    ? { code: result as number, signal: null }
    : null;
  if (exit !== null) return exit;
  throw new TypeError(
    `Cannot end with ${
      Deno.inspect(result)
    }: a program returns its exit status, 0 to 255, the name of a signal such as SIGTERM, or nothing`,
  );
}

/** Whether it was thrown because the program has to end. */
function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
