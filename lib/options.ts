/**
 * The options of a server: their defaults, and the one place where every value
 * is checked.
 *
 * @module
 */
import { OptionError } from "./errors.ts";
import type { EventSink } from "./events.ts";
import { createFraming } from "./framing/create_framing.ts";
import type { FramingOptions } from "./framing/framing.ts";
import { passedEnv } from "./http/cgi_env.ts";
import { parseHost } from "./http/host.ts";
import { type AccessOptions, isOriginEntry } from "./http/origin.ts";
import { everyPath } from "./http/program.ts";
import { type HeaderOptions, parseHeaderLines } from "./http/response.ts";
import type { RouteContext } from "./http/router.ts";
import type { HandshakeOptions } from "./http/upgrade.ts";
import { DEFAULT_PASS_ENV } from "./process/platform.ts";
import { resolveCommand } from "./process/resolve_command.ts";
import { type Unbuffer, unbuffered, unbufferEnv } from "./process/unbuffer.ts";
import type { SessionOptions } from "./session/session.ts";
import { Sessions, type SlotOptions } from "./session/sessions.ts";
import type { SocketOptions } from "./socket/socket.ts";

/** The program, and what it sees of the server. */
export interface ProgramOptions {
  /** The program to run for each client: a path, or a name to look up in PATH. */
  readonly command: string;
  /** Its arguments. @default {[]} */
  readonly args?: readonly string[];
  /** Its working directory. Default: the server's. */
  readonly cwd?: string;
  /**
   * Variables of the server's own environment that it gets. Default: `PATH`
   * and what the system needs to find libraries.
   */
  readonly passEnv?: readonly string[];
  /**
   * What makes it print at once although it sees a pipe: `env` sets
   * `PYTHONUNBUFFERED=1`, `stdbuf` starts it through GNU stdbuf.
   *
   * @default {"env"}
   */
  readonly unbuffer?: Unbuffer;
}

/** Everything that can be said about how a program is served. */
export interface Options
  extends
    ProgramOptions,
    FramingOptions,
    AccessOptions,
    HandshakeOptions,
    HeaderOptions,
    SlotOptions,
    SocketOptions,
    SessionOptions {
  /** How long sessions may go on after a drain has begun, in milliseconds. @default {3000} */
  readonly drainMs?: number;
  /** Receives what happens. It must not throw. */
  readonly onEvent?: EventSink;
}

/** Options with every value checked and everything made that is made once. */
export interface ResolvedOptions extends RouteContext {
  readonly drainMs: number;
}

/**
 * Checks options and fills in defaults.
 *
 * @throws {OptionError} If a value cannot be used; the message says which and what to write instead.
 */
export function resolveOptions(options: Options): ResolvedOptions {
  checkOptions(options);
  const { passEnv = DEFAULT_PASS_ENV, unbuffer = "env", args = [] } = options;
  const common = parseHeaderLines(options.header ?? []);
  const program = {
    command: resolveCommand(options.command),
    args,
    cwd: options.cwd,
  };
  return {
    findProgram: everyPath(unbuffered(program, unbuffer), [
      program.command,
      ...args,
    ]),
    responders: [],
    framing: createFraming(options),
    passed: passedEnv(passEnv),
    passNames: new Set(passEnv),
    set: unbufferEnv(unbuffer),
    access: options,
    handshake: options,
    headersWs: [...common, ...parseHeaderLines(options.headerWs ?? [])],
    headersHttp: [...common, ...parseHeaderLines(options.headerHttp ?? [])],
    socket: options,
    session: options,
    sessions: new Sessions(options),
    drainMs: options.drainMs ?? 3000,
    onEvent: unthrowing(options.onEvent ?? (() => {})),
  };
}

/**
 * Checks each option by itself.
 *
 * @throws {OptionError} If a value cannot be used; the message names option and flag, and says what to write instead.
 */
export function checkOptions(options: Options): void {
  if (options.command === undefined) {
    throw new OptionError("Cannot start without a command: name a program");
  }
  for (const [name, [flag, check]] of Object.entries(CHECKS)) {
    const value: unknown = options[name as keyof Options];
    const wrong = value === undefined ? null : check(value);
    if (wrong === null) continue;
    throw new OptionError(
      `Cannot use ${
        Deno.inspect(wrong.value, { strAbbreviateSize: 100 })
      } for ${name}${
        flag === null ? "" : ` (${flag})`
      }: write ${wrong.instead}`,
    );
  }
}

/** A listener that fails, at once or later, must not end a session. */
export function unthrowing(onEvent: EventSink): EventSink {
  return (event) => {
    try {
      const result: unknown = onEvent(event);
      if (result instanceof Promise) result.catch(() => {});
    } catch {
      // Its own affair; there is nobody to tell.
    }
  };
}

/** Looks at a value of which nothing is known: callers may write JavaScript. Returns what is wrong, or null. */
type Check = (value: unknown) => Wrong | null;

interface Wrong {
  readonly value: unknown;
  /** What to write instead. */
  readonly instead: string;
}

/** Timers of 2^31 ms and more fire at once; this is 23 days, and leaves room for what is added to it. */
const LONGEST_MS = 2_000_000_000;
const COUNT = "a whole number, 0 for unlimited";
const DURATION = `milliseconds, from 0 to ${LONGEST_MS}`;
const HEADERS = each(isString, "a list of lines such as Name: value");
const SWITCH = fits((value) => typeof value === "boolean", "true or false");

/** For every option the flag that sets it, or null, and what its value must be. */
const CHECKS: {
  readonly [Name in keyof Required<Options>]: readonly [
    flag: string | null,
    check: Check,
  ];
} = {
  command: [null, fits(isArgument, "the path or the name of a program")],
  args: [null, each(isArgument, "a list of texts without NUL")],
  cwd: [null, fits(isArgument, "the path of a directory")],
  passEnv: [
    "--passenv",
    each(isVariableName, "a list of names without values, as in PATH,LANG"),
  ],
  unbuffer: ["--unbuffer", oneOf("env", "stdbuf", "off")],
  framing: [
    "--framing",
    oneOf("lines", "nul", "raw", "chunks", "length32", "tagged"),
  ],
  maxLine: [
    "--maxline",
    fits((value) => isWhole(value) && value >= 1, "a whole number from 1"),
  ],
  invalidUtf8: ["--invalid-utf8", oneOf("replace", "close")],
  origin: [
    "--origin",
    each(
      (entry) => isString(entry) && isOriginEntry(entry),
      "a list of example.com, example.com:8080, https://example.com, null or *",
    ),
  ],
  sameOrigin: ["--sameorigin", SWITCH],
  onlyListed: [null, SWITCH],
  host: [
    "--host",
    each(isHostName, "a list of names such as example.com, or * for any"),
  ],
  subprotocol: [
    "--subprotocol",
    each(isToken, "a list of letters, digits, dots and dashes, as in chat.v1"),
  ],
  reverseLookup: ["--reverselookup", SWITCH],
  header: ["--header", HEADERS],
  headerWs: ["--header-ws", HEADERS],
  headerHttp: ["--header-http", HEADERS],
  maxForks: ["--maxforks", fits(isWhole, COUNT)],
  maxPerIp: ["--maxperip", fits(isWhole, COUNT)],
  maxFrameSize: ["--maxframesize", fits(isWhole, COUNT)],
  pingMs: ["--pingms", fits(isDuration, DURATION)],
  timeoutMs: ["--timeout", fits(isDuration, DURATION)],
  idleMs: ["--idle", fits(isDuration, DURATION)],
  closeMs: ["--closems", fits(isDuration, DURATION)],
  drainMs: ["--drainms", fits(isDuration, DURATION)],
  onEvent: [null, fits((value) => typeof value === "function", "a function")],
};

/** A value that has to be of one kind. */
function fits(is: (value: unknown) => boolean, instead: string): Check {
  return (value) => is(value) ? null : { value, instead };
}

/** A list whose entries all have to be of one kind; the first that is not is the wrong one. */
function each(is: (entry: unknown) => boolean, instead: string): Check {
  return (value) => {
    if (!Array.isArray(value)) return { value, instead };
    const at = value.findIndex((entry) => !is(entry));
    return at === -1 ? null : { value: value[at], instead };
  };
}

/** One of some words. */
function oneOf(...words: readonly string[]): Check {
  return fits(
    (value) => words.some((word) => word === value),
    `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`,
  );
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

/** What a program can be given: the system ends texts at NUL. */
function isArgument(value: unknown): boolean {
  return isString(value) && !value.includes("\0");
}

function isVariableName(value: unknown): boolean {
  return isString(value) && !/[=\0]/.test(value);
}

function isHostName(value: unknown): boolean {
  return isString(value) && (value === "*" || parseHost(value) !== null);
}

/** RFC 6455 §4.1: a token of RFC 9110 §5.6.2. */
function isToken(value: unknown): boolean {
  return isString(value) && /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(value);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isDuration(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value <= LONGEST_MS;
}
