/**
 * The subprotocol `websocketd.v1`: what client and server tell each other
 * besides the messages of the program, so that a lost connection costs neither
 * side a message.
 *
 * Data messages are exactly what a client without the subprotocol gets and
 * sends, numbered by counting. Control messages are JSON objects of the other
 * type: binary messages where the program's messages are text, text messages
 * where they are binary. The server's first message is always a
 * {@linkcode Hello}, so the type of that one tells which.
 *
 * @module
 */

/** The name of the subprotocol, as client and server agree on it (RFC 6455 §1.9). */
export const PROTOCOL = "websocketd.v1";

/** Close codes that only this subprotocol has. A client tries none of them again. */
export const SESSION_CLOSE = {
  /** Another connection goes on with the session. */
  RESUMED_ELSEWHERE: 4409,
  /** There is nothing to go on with: the time is over, or the server is another one. */
  SESSION_OVER: 4410,
} as const;

/** Comes first, always. */
export interface Hello {
  readonly type: "hello";
  /** Names the session for whoever wants to go on with it, and is a secret therefore: 128 random bits, 22 characters of base64url. */
  readonly session: string;
  /** Names a numbering of output. It goes on when the program is started again, and another begins when another server has started it. Letters, digits, `-` and `_`. */
  readonly epoch: string;
  /** Number of the data message that the server sends next. */
  readonly output: number;
  /** How many data messages of this session the server has accepted. */
  readonly input: number;
  /** How long a lost connection can be resumed, in seconds; 0 if not at all. */
  readonly resume: number;
  /** Whether this connection goes on where a lost one was. */
  readonly resumed: boolean;
  /** How many of the messages asked for are gone; null if that cannot be known. */
  readonly lost: number | null;
}

/** All data messages of the client below this number are accepted: they reach the program once and in order. */
export interface InputAck {
  readonly type: "ack";
  readonly input: number;
}

/** The next data message has this number: those before it have been left out. */
export interface Skip {
  readonly type: "skip";
  readonly output: number;
  /** How many of those were for this client: the others were for other clients only. Default: all. */
  readonly lost?: number;
}

/** The program was started again; the next data message has this number in this numbering. */
export interface Epoch {
  readonly type: "epoch";
  readonly epoch: string;
  readonly output: number;
}

/** How the program ended. The close frame that follows says the same. */
export interface ExitControl {
  readonly type: "exit";
  /** Null if a signal ended it. */
  readonly code: number | null;
  /** `SIGTERM`; null if it ended by itself. */
  readonly signal: string | null;
}

/** Why the connection is about to be closed, if it is not for the program's end. */
export interface ErrorControl {
  readonly type: "error";
  readonly message: string;
}

/** What a server says. */
export type ServerControl =
  | Hello
  | InputAck
  | Skip
  | Epoch
  | ExitControl
  | ErrorControl;

/** The client has all data messages below this number: the server may forget them. */
export interface OutputAck {
  readonly type: "ack";
  readonly output: number;
  /** What the number is one of: another one's mean nothing, and are ignored. Default: what the server sends at the moment. */
  readonly epoch?: string;
}

/** What a client says. */
export type ClientControl = OutputAck;

/** A control message of a type that this version does not know. It is to be ignored. */
export interface UnknownControl {
  readonly type: "unknown";
}

/** The text of a control message. Where the program's messages are text, its UTF-8 is sent as a binary message. */
export function encodeControl(control: ServerControl | ClientControl): string {
  return JSON.stringify(control);
}

/** Reads a client's control message. Null if it is malformed. */
export function parseClientControl(
  message: string | Uint8Array,
): ClientControl | UnknownControl | null {
  const control = parseControl(message);
  if (control === null) return null;
  if (control.type !== "ack") return { type: "unknown" };
  const { output, epoch } = control;
  if (!isNumber(output)) return null;
  if (epoch === undefined) return { type: "ack", output };
  return typeof epoch === "string" ? { type: "ack", output, epoch } : null;
}

/** A JSON object with a type, of which nothing else is known. Null if the message is none. */
export function parseControl(
  message: string | Uint8Array,
): { readonly type: string; readonly [name: string]: unknown } | null {
  try {
    const control = JSON.parse(
      typeof message === "string"
        ? message
        : new TextDecoder("utf-8", { fatal: true }).decode(message),
    );
    return typeof control?.type === "string" ? control : null;
  } catch {
    return null;
  }
}

/** Where a client was when it lost its connection. */
export interface ResumePoint {
  readonly session: string;
  /** Number of the first data message that the client does not have. */
  readonly output: number;
  readonly epoch: string;
}

const RESUME = /^resume\.([\w-]{22})\.(0|[1-9]\d{0,15})\.([\w-]{1,64})$/;

/**
 * What a client offers besides {@linkcode PROTOCOL} to go on with a session:
 * `resume.SESSION.OUTPUT.EPOCH`. It stands among the subprotocols and not in
 * the URL because URLs are logged.
 */
export function resumeToken({ session, output, epoch }: ResumePoint): string {
  return `resume.${session}.${output}.${epoch}`;
}

/** Whether an offered subprotocol is meant to be a {@linkcode resumeToken}, well-formed or not: it is a secret, and never chosen. */
export function isResumeToken(offered: string): boolean {
  return offered.startsWith("resume.");
}

/** Reads a {@linkcode resumeToken}. Null if it is none, or malformed. */
export function parseResumeToken(offered: string): ResumePoint | null {
  const match = RESUME.exec(offered);
  if (match === null) return null;
  const output = Number(match[2]);
  if (!isNumber(output)) return null;
  return { session: match[1], output, epoch: match[3] };
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
