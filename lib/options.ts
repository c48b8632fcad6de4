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
import type { AccessOptions } from "./http/origin.ts";
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
  const { passEnv = DEFAULT_PASS_ENV, unbuffer = "env", args = [] } = options;
  for (const name of passEnv) checkVariableName(name);
  for (const name of options.host ?? []) checkHostName(name);
  for (const name of options.subprotocol ?? []) checkSubprotocol(name);
  for (const name of NUMBERS) checkNumber(name, options[name]);
  const common = parseHeaderLines(options.header ?? []);
  const program = {
    command: resolveCommand(options.command),
    args,
    cwd: options.cwd,
  };
  return {
    program: unbuffered(program, unbuffer),
    command: [program.command, ...args],
    framing: createFraming(options),
    passed: passedEnv(passEnv),
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

/** Options that are numbers. Those that may be negative take that for "unlimited". */
const NUMBERS = [
  "maxLine",
  "maxForks",
  "maxPerIp",
  "maxFrameSize",
  "pingMs",
  "timeoutMs",
  "idleMs",
  "closeMs",
  "drainMs",
] as const;

const MAY_BE_NEGATIVE: ReadonlySet<string> = new Set([
  "maxForks",
  "maxPerIp",
  "maxFrameSize",
]);

function checkNumber(name: string, value: number | undefined): void {
  if (value === undefined) return;
  if (!Number.isFinite(value)) {
    throw new OptionError(`Cannot use ${value} for ${name}: write a number`);
  }
  if (value < 0 && !MAY_BE_NEGATIVE.has(name)) {
    throw new OptionError(`Cannot use ${value} for ${name}: write 0 or more`);
  }
}

function checkVariableName(name: string): void {
  if (/[=\0]/.test(name)) {
    throw new OptionError(
      `Cannot pass the variable ${
        JSON.stringify(name)
      }: write names without values, as in --passenv=PATH,LANG`,
    );
  }
}

function checkHostName(name: string): void {
  if (name !== "*" && parseHost(name) === null) {
    throw new OptionError(
      `Cannot use ${
        JSON.stringify(name)
      } for --host: write a name such as example.com, or * for any`,
    );
  }
}

function checkSubprotocol(name: string): void {
  // RFC 6455 §4.1: a token of RFC 9110 §5.6.2.
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) {
    throw new OptionError(
      `Cannot use ${
        JSON.stringify(name)
      } for --subprotocol: write letters, digits, dots and dashes, as in chat.v1`,
    );
  }
}

/** A listener that fails must not end a session. */
function unthrowing(onEvent: EventSink): EventSink {
  return (event) => {
    try {
      onEvent(event);
    } catch {
      // Its own affair; there is nobody to tell.
    }
  };
}
