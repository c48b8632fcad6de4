/**
 * How a client ends, as an exit status and in words.
 *
 * @module
 */
import { FramingError } from "../errors.ts";
import { CLOSE, type Close } from "../socket/close_codes.ts";

/** Exit statuses of our own. Any other is the program's. Numbers of sysexits.h, where shells look for them. */
export const STATUS = {
  /** All went as it should. */
  OK: 0,
  /** The server ended the connection for a reason of its own: a limit, a message it does not take, a program that cannot be started. */
  SERVER: 70,
  /** There was no connection, or it was lost. */
  UNAVAILABLE: 69,
  /** stdin cannot be read or sent, or stdout cannot be written. */
  IO: 74,
  /** The server is too busy or stops: trying later may work. */
  LATER: 75,
  /** A signal asked for it, or Ctrl-C: 128 + the number of SIGINT. */
  INTERRUPTED: 130,
  /** Nobody reads stdout any more: what a shell shows for SIGPIPE. */
  PIPE: 141,
} as const;

/** How a client has ended. */
export interface ClientEnd {
  /** Exit status. */
  readonly status: number;
  /** What happened, in one sentence. */
  readonly message: string;
  /** Whether this is no more than the end of the program, or what the user asked for, so that nobody has to be told. */
  readonly isExpected: boolean;
}

/** The user wants no more. */
export const INTERRUPTED: ClientEnd = {
  status: STATUS.INTERRUPTED,
  message: "Interrupted",
  isExpected: true,
};
/** One message has come, and that was all that was wanted. */
export const ANSWERED: ClientEnd = {
  status: STATUS.OK,
  message: "Closed after the first answer",
  isExpected: true,
};
/** The same, but there was none. */
export const UNANSWERED: ClientEnd = {
  status: STATUS.UNAVAILABLE,
  message: "The connection has ended before an answer came",
  isExpected: false,
};
/** The input has ended, and the server has been silent long enough. */
export const INPUT_ENDED: ClientEnd = {
  status: STATUS.OK,
  message: "Closed after the end of the input",
  isExpected: true,
};

/** The largest exit status, and the largest signal number of any system. */
const MOST_EXIT = 255, MOST_SIGNAL = 64;

/** Close codes after which the same server, or the one in its place, will accept again (RFC 6455 §7.4.1, IANA's registry). */
const LATER: ReadonlySet<number> = new Set([
  CLOSE.GOING_AWAY,
  1012, // Service restart
  CLOSE.TRY_AGAIN,
  1014, // Bad gateway
]);

/** What the close code of a connection means that the user did not end. 1005, no code at all, counts as an end without trouble. */
export function endOf({ code, reason, by }: Close): ClientEnd {
  const words = reason === "" ? `${code}` : `${code} ${reason}`;
  if (code === CLOSE.ABNORMAL) {
    return {
      status: STATUS.UNAVAILABLE,
      message: `Connection lost${
        reason === "connection lost" ? "" : `: ${reason}`
      }`,
      isExpected: false,
    };
  }
  const status = programStatus(code);
  return {
    status: status ?? (LATER.has(code) ? STATUS.LATER : STATUS.SERVER),
    // Only what a server may not send makes a client close by itself, with none of the program's codes.
    message: by === "server" || status !== null
      ? `Closed by the server: ${words}`
      : `Closed for what the server sent: ${words}`,
    isExpected: status !== null,
  };
}

/** Whether it makes sense to connect again after a connection that ended so: never when the program has ended. */
export function isWorthRetrying({ code }: Close): boolean {
  return code === CLOSE.ABNORMAL || LATER.has(code);
}

/** The exit status of the program that a close code tells of, or null if it tells of none. */
function programStatus(code: number): number | null {
  if (code === CLOSE.NORMAL || code === CLOSE.NO_STATUS) return 0;
  const exit = code - CLOSE.EXIT, signal = code - CLOSE.SIGNAL;
  if (exit >= 0 && exit <= MOST_EXIT) return exit;
  return signal > 0 && signal <= MOST_SIGNAL ? 128 + signal : null;
}

/** There was no connection: the server is not there, or has refused, perhaps `forNow`. */
export function notConnected(message: string, forNow = false): ClientEnd {
  const status = forNow ? STATUS.LATER : STATUS.UNAVAILABLE;
  return { status, message, isExpected: false };
}

/** The output cannot be written. */
export function endOfOutput(error: unknown): ClientEnd {
  if (error instanceof Deno.errors.BrokenPipe) {
    return {
      status: STATUS.PIPE,
      message: "Nobody reads stdout any more",
      isExpected: true,
    };
  }
  return failedIO("Cannot write stdout", error);
}

/** The input cannot be read, or not be sent. */
export function endOfInput(error: unknown): ClientEnd {
  return failedIO(
    error instanceof FramingError ? "Cannot send stdin" : "Cannot read stdin",
    error,
  );
}

function failedIO(what: string, error: unknown): ClientEnd {
  if (!(error instanceof Error)) throw error;
  const why = error.message.replace(/ \(os error \d+\)$/, "");
  return {
    status: STATUS.IO,
    message: `${what}: ${why}`,
    isExpected: false,
  };
}
