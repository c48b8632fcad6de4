/**
 * One run of a program whose clients come and go.
 *
 * @module
 */
import type { Framing } from "../framing/framing.ts";
import type { Child } from "../process/command.ts";
import { type AnyProgram, startProgram } from "../process/start_program.ts";
import {
  terminate,
  type TerminateHooks,
  terminateOrphans,
} from "../process/terminate.ts";
import { settlesWithin } from "../settles_within.ts";
import { CLOSE } from "../socket/close_codes.ts";
import type { Socket } from "../socket/socket.ts";
import { type Ending, outputFailed, programEnded } from "./program_end.ts";
import { ProgramOutput } from "./program_output.ts";

/** What a run needs besides the program. */
export interface RunHooks {
  /** Receives what the program prints. Waiting in it holds the program back. */
  readonly output: Pick<Socket, "send">;
  /** More time for the program to end by itself, in milliseconds. */
  readonly closeMs: number;
  /** Receives stderr line by line. */
  readonly onStderrLine: (pid: number, line: string) => void;
  /** Called for each signal sent. */
  readonly onSignal: (pid: number, signal: string) => void;
}

/** A program that runs, from its start to its last byte. */
export class ProgramRun {
  readonly child: Child;
  /** Resolves when the program is gone and all it printed has been taken, with how it ended. Never rejects, but for a failure of this server's own. */
  readonly ended: Promise<Ending>;
  readonly #hooks: RunHooks;
  readonly #startedAt = performance.now();
  #ranMs: number | null = null;
  #isEnding = false;
  readonly #stopping = Promise.withResolvers<Ending>();
  readonly #hurry = Promise.withResolvers<void>();

  /**
   * Starts the program.
   *
   * @throws {SpawnError} If it cannot be started.
   */
  constructor(
    program: AnyProgram,
    env: Readonly<Record<string, string>>,
    framing: Framing,
    hooks: RunHooks,
  ) {
    this.#hooks = hooks;
    const child = this.child = startProgram(program, env);
    const output = new ProgramOutput(child, framing, hooks.output, {
      onStderrLine: (line) => hooks.onStderrLine(child.pid, line),
      endOrphans: () => this.endOrphans(),
      hurry: this.#hurry.promise,
    });
    this.ended = this.#run(output);
  }

  /** How long it ran until it ended, printed its last or was told to end, in milliseconds; null if it runs. What comes then may take as long as its clients like. */
  get ranMs(): number | null {
    return this.#ranMs;
  }

  /** Whether the program has ended or is told to, though its process may still be there. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Ends the program, gently first. @param endMs For how long, in milliseconds: then it is killed. Default: as long as the ladder takes. */
  stop(endMs?: number): void {
    this.#isEnding = true;
    this.#stopping.resolve(STOPPED);
    if (endMs === undefined) return;
    void settlesWithin(this.ended, endMs)
      .then((isGone) => isGone || this.kill());
  }

  /** Ends the program at once. */
  kill(): void {
    this.stop();
    this.#hurry.resolve();
  }

  /** Ends what the program has left behind. Never rejects. */
  endOrphans(): Promise<void> {
    return terminateOrphans(this.child, this.#ladder());
  }

  async #run(output: ProgramOutput): Promise<Ending> {
    const { child } = this;
    const first = await Promise.race([
      this.#stopping.promise,
      output.sent.then(() => null, outputFailed),
      child.exited.then(() => null),
    ]);
    this.#ranMs = performance.now() - this.#startedAt;
    this.#isEnding = true;
    let ending: Ending;
    if (first === null) {
      ending = await programEnded(child, output, {
        closeMs: this.#hooks.closeMs,
        hurry: this.#hurry.promise,
        ladder: (onSignal) => this.#ladder(onSignal),
      });
    } else {
      ending = first;
      // Before its stdin ends, upon which it may end and leave others behind.
      child.family.remember();
      await terminate(child, this.#ladder());
    }
    await output.end();
    await child.stdin.abort();
    return ending;
  }

  #ladder(onSignal?: () => void): TerminateHooks {
    return {
      closeMs: this.#hooks.closeMs,
      hurry: this.#hurry.promise,
      onSignal: (signal) => {
        onSignal?.();
        this.#hooks.onSignal(this.child.pid, signal);
      },
    };
  }
}

/** Nobody is told: whoever stops a program has told its clients why. */
const STOPPED: Ending = { code: CLOSE.GOING_AWAY, reason: "server stopping" };
