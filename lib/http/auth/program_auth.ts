/**
 * A program decides who is admitted.
 *
 * @module
 */
import { SpawnError } from "../../errors.ts";
import { type Child, startCommand } from "../../process/command.ts";
import { resolveCommand } from "../../process/resolve_command.ts";
import type { Refusal } from "../refuse.ts";
import { createSessionId } from "../session_id.ts";
import type { Attempt, AuthMethod, Identity } from "./auth_method.ts";
import { BASIC_CHALLENGE } from "./basic_auth.ts";
import { BUSY } from "./busy.ts";
import { type Verdict, VerdictRun } from "./verdict_run.ts";
import { removeBearerProtocols } from "./token_request.ts";
import { Turns } from "./turns.ts";

/**
 * Admits whom a program admits (`--auth=exec:PROGRAM`). It gets the request as
 * CGI variables and an empty stdin. Exit status 0 within 5 s admits, and the
 * first line of its output is the user; any other refuses. What it prints on
 * stderr goes to the log.
 */
export class ProgramAuth implements AuthMethod {
  readonly asksFor: string;
  // A browser must be told to ask for what the program may want to know.
  readonly challenge = BASIC_CHALLENGE;
  readonly #command: string;
  readonly #onProblem: (message: string) => void;
  readonly #turns = new Turns({ atOnce: 8, waiting: 64, perAddress: 16 });
  readonly #running = new Set<VerdictRun>();
  #isClosed = false;

  /**
   * @param onProblem Receives sentences for the log.
   * @throws {OptionError} If there is no such program.
   */
  constructor(command: string, onProblem: (message: string) => void) {
    this.#command = resolveCommand(command);
    this.asksFor = "what its own program for logins admits (--auth=exec)";
    this.#onProblem = onProblem;
  }

  async check(attempt: Attempt): Promise<Identity | Refusal | null> {
    const release = await this.#turns.take(attempt.visitor.hostname);
    if (release === null) return BUSY;
    const child = this.#start(attempt);
    if (child === null) {
      release();
      return null;
    }
    const { user, problem } = await this.#ask(child, attempt.signal, release);
    if (problem !== null) this.#report(problem);
    return user === null ? null : { user, authType: "Exec" };
  }

  /** A token that no page can send in another way is for the program that decides only. */
  clean(headers: Headers): void {
    removeBearerProtocols(headers);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#running].map((run) => {
      run.kill();
      return run.ended;
    }));
  }

  /** Starts the program, if anybody still wants to know. */
  #start({ env, signal }: Attempt): Child | null {
    if (this.#isClosed || signal?.aborted) return null;
    try {
      // An id of its own: what it starts must not be taken for a session's.
      return startCommand({ command: this.#command }, {
        ...env(),
        UNIQUE_ID: createSessionId(),
      });
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error;
      this.#onProblem(`${error.message} (--auth=exec)`);
      return null;
    }
  }

  /** What the program says. Its turn is over when it is gone, which the client need not wait for. */
  #ask(
    child: Child,
    signal: AbortSignal | undefined,
    release: () => void,
  ): Promise<Verdict> {
    const run = new VerdictRun(child, (line) => this.#report(`says: ${line}`));
    const stop = () => run.stop();
    this.#running.add(run);
    signal?.addEventListener("abort", stop);
    void run.verdict.then(() => signal?.removeEventListener("abort", stop));
    void run.ended.then(() => {
      this.#running.delete(run);
      release();
    });
    return run.verdict;
  }

  #report(what: string): void {
    this.#onProblem(`"${this.#command}" (--auth=exec) ${what}`);
  }
}
