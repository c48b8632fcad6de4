/**
 * How a program ended, and what its clients are told.
 *
 * @module
 */
import { FramingError } from "../errors.ts";
import type { Exit } from "../events.ts";
import type { Child } from "../process/command.ts";
import { describeExit, signalNumber } from "../process/exit.ts";
import { type TerminateHooks, terminateOrphans } from "../process/terminate.ts";
import { settlesWithin } from "../settles_within.ts";
import { CLOSE } from "../socket/close_codes.ts";
import type { ProgramOutput } from "./program_output.ts";

/** How long a program is given to end when its output or its input has ended, in milliseconds, as in the ladder. */
export const EOF_MS = 100;

/** Why a session ends, as far as the client is told. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
  /** Whether the client's side has ended: it is told nothing, and what it sent last still reaches the program. */
  readonly byClient?: boolean;
  /** Whether the program has ended, or closed its output, by itself: then the client gets all it printed, however long it takes to read. */
  readonly byProgram?: boolean;
}

/** What ending a program needs besides the program. */
export interface ProgramEndHooks {
  /** More time for the program to end by itself, in milliseconds. */
  readonly closeMs: number;
  /** Settles when there is no time left to wait for anybody. */
  readonly hurry: Promise<unknown>;
  /** The ladder's settings. */
  readonly ladder: (onSignal?: () => void) => TerminateHooks;
}

/** A program has ended, or has closed its output: sees to it that everything it printed is sent, and finds out how it ended. */
export async function programEnded(
  child: Child,
  output: ProgramOutput,
  { closeMs, hurry, ladder }: ProgramEndHooks,
): Promise<Ending> {
  let signalled = false;
  if (child.exit === null) {
    // Most programs close their output by ending. One that does not gets the
    // ladder: there is nothing left that a client could see. What is
    // signalled after its end is only what it has left behind.
    void child.stdin.close();
    if (!await settlesWithin(child.exited, EOF_MS + closeMs, hurry)) {
      await terminateOrphans(
        child,
        ladder(() => signalled ||= child.exit === null),
      );
    }
  } else {
    try {
      await output.sendRest();
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

/** What a client is told when output cannot become messages. Anything else is thrown on. */
export function outputFailed(error: unknown): Ending {
  if (!(error instanceof FramingError)) throw error;
  return { code: CLOSE.INTERNAL, reason: error.message };
}

function closeCodeOf(exit: Exit): number {
  if (exit.signal !== null) return CLOSE.SIGNAL + signalNumber(exit);
  return exit.code === 0 ? CLOSE.NORMAL : CLOSE.EXIT + exit.code;
}
