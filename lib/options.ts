/**
 * The options of a server: their defaults, and the one place where every value
 * is checked.
 *
 * @module
 */
import {
  checkAll,
  type Checks,
  COUNT,
  DURATION,
  each,
  fits,
  isString,
  isWhole,
  oneOf,
  SWITCH,
} from "./check.ts";
import { OptionError } from "./errors.ts";
import type { EventSink } from "./events.ts";
import { createFraming } from "./framing/create_framing.ts";
import type { FramingOptions } from "./framing/framing.ts";
import { isToken } from "./http_token.ts";
import { authFiles } from "./http/auth/auth_files.ts";
import { Authenticator, type AuthOptions } from "./http/auth/authenticator.ts";
import { cgi, type CgiOptions } from "./http/cgi.ts";
import { clientScriptResponder } from "./http/client_script_responder.ts";
import { passedEnv } from "./http/cgi_env.ts";
import { parseCidrs } from "./http/forwarded.ts";
import { healthResponder } from "./http/health_responder.ts";
import { parseHost } from "./http/host.ts";
import { Metrics, type MetricsSource } from "./http/metrics.ts";
import { metricsResponder } from "./http/metrics_responder.ts";
import { type AccessOptions, isOriginEntry } from "./http/origin.ts";
import { devConsole as devConsolePage } from "./http/console/dev_console.ts";
import type { Exchange, Responder } from "./http/exchange.ts";
import { everyPath, type FindProgram } from "./http/program.ts";
import { type HeaderOptions, parseHeaderLines } from "./http/response.ts";
import { firstAnswer, type RouteContext } from "./http/router.ts";
import {
  parseShare,
  type ShareBy,
  type SharingOptions,
} from "./http/sharing.ts";
import { isInside, realPathOf } from "./http/safe_path.ts";
import { scriptDirectory } from "./http/script_directory.ts";
import { staticFiles } from "./http/static_files.ts";
import { told } from "./http/told.ts";
import type { HandshakeOptions } from "./http/upgrade.ts";
import type { ProgramFunction } from "./process/inline.ts";
import { DEFAULT_PASS_ENV } from "./process/platform.ts";
import { resolveCommand } from "./process/resolve_command.ts";
import { type Unbuffer, unbuffered, unbufferEnv } from "./process/unbuffer.ts";
import type { SessionOptions } from "./session/session.ts";
import { Relay, type RelayOptions } from "./relay/relay.ts";
import { parseRelayUrl } from "./relay/relay_url.ts";
import type { HubOptions } from "./session/hub_options.ts";
import { Hubs } from "./session/hubs.ts";
import { Sessions, type SlotOptions } from "./session/sessions.ts";
import type { SocketOptions } from "./socket/socket.ts";

/**
 * The program, and what it sees of the server.
 *
 * @example
 * ```ts
 * import { handler } from "@websocketd/websocketd";
 *
 * handler({
 *   command: "python3",
 *   args: ["-c", "print(input())"],
 *   passEnv: ["PATH", "LANG"],
 * });
 * ```
 */
export interface ProgramOptions {
  /** The program to run for each client: a path, or a name to look up in PATH. */
  readonly command?: string;
  /**
   * Instead of `command`: a function of this process to call for each client.
   *
   * @example
   * ```ts
   * import { serve } from "@websocketd/websocketd";
   *
   * const server = await serve({
   *   port: 0,
   *   async program({ lines, print, env }) {
   *     await print(`hello ${env.REMOTE_ADDR}`);
   *     for await (const line of lines()) await print(line.toUpperCase());
   *   },
   * });
   * await server.drain();
   * ```
   */
  readonly program?: ProgramFunction;
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

/**
 * What is served besides the program.
 *
 * @example
 * ```ts
 * import { handler } from "@websocketd/websocketd";
 *
 * // Files, and a page to try WebSockets with at /_console/
 * handler({ command: "cat", staticDir: "examples/html", devConsole: true });
 * ```
 */
export interface WebOptions {
  /** Instead of `command`: a directory, every program in which is served by its path. */
  readonly dir?: string;
  /** Directory whose files are served to plain HTTP requests. Default: none. */
  readonly staticDir?: string;
  /** Whether to list directories of `staticDir` that have no `index.html`. @default {false} */
  readonly listing?: boolean;
  /** Directory whose CGI scripts are run for plain HTTP requests. Default: none. */
  readonly cgiDir?: string;
  /** How long a CGI script may run, in milliseconds; 0 is unlimited. @default {30000} */
  readonly cgiTimeoutMs?: number;
  /** Whether to serve a page to try WebSockets with: at every path, or at `/_console/` beside files and scripts. @default {false} */
  readonly devConsole?: boolean;
  /** Path that is answered with metrics in the text format of Prometheus. Default: none. */
  readonly metrics?: string;
  /** Path that is answered with 200, and with 503 while the server stops. Default: none. */
  readonly health?: string;
}

/** Everything that can be said about how a program is served. */
export interface Options
  extends
    ProgramOptions,
    WebOptions,
    FramingOptions,
    AccessOptions,
    AuthOptions,
    HandshakeOptions,
    HeaderOptions,
    SlotOptions,
    SocketOptions,
    SessionOptions,
    SharingOptions,
    RelayOptions,
    HubOptions {
  /** How long sessions may go on after a drain has begun, in milliseconds. @default {3000} */
  readonly drainMs?: number;
  /** Receives what happens. It must not throw. */
  readonly onEvent?: EventSink;
}

/** Options with every value checked and everything made that is made once. */
export interface ResolvedOptions extends RouteContext {
  readonly drainMs: number;
}

/** What a server has besides its options. */
export interface Surroundings {
  /** Paths of files that are never served, besides those that `auth` names. @default {[]} */
  readonly secrets?: readonly string[];
  /** What answers for several servers together. Default: each tells its own. */
  readonly metrics?: MetricsSource;
}

/**
 * Checks options and fills in defaults.
 *
 * @throws {OptionError} If a value cannot be used; the message says which and what to write instead.
 */
export function resolveOptions(
  options: Options,
  { secrets = [], metrics: common }: Surroundings = {},
): ResolvedOptions {
  checkOptions(options);
  const { passEnv = DEFAULT_PASS_ENV, unbuffer = "env" } = options;
  const sessions = new Sessions(options);
  const own = options.metrics === undefined || common !== undefined
    ? null
    : new Metrics({ live: () => sessions.states() });
  const tell = unthrowing(options.onEvent ?? (() => {}));
  const onEvent: EventSink = own === null ? tell : (event) => {
    own.sink(event);
    tell(event);
  };
  const metrics = common ?? own;
  const everywhere = parseHeaderLines(options.header ?? []);
  const env = {
    passed: passedEnv(passEnv),
    passNames: new Set(passEnv),
    set: unbufferEnv(unbuffer),
  };
  const parts = { env, sessions, access: options, onEvent };
  const findProgram = programFinder(options);
  return {
    ...parts,
    findProgram,
    responders: respondersOf(options, secrets, parts),
    open: [
      ...options.health === undefined ? [] : [
        healthResponder({
          path: options.health,
          isDraining: () => sessions.draining,
        }),
      ],
      ...findProgram === null ? [] : [
        told(
          "CLIENT SCRIPT",
          clientScriptResponder({
            access: options,
            directories: [options.cgiDir, options.staticDir]
              .filter((path) => path !== undefined),
          }),
          onEvent,
        ),
      ],
    ],
    operator: options.metrics === undefined || metrics === null ? [] : [
      metricsResponder({ path: options.metrics, metrics }),
    ],
    framing: createFraming(options),
    isTrusted: parseCidrs(options.trustProxy ?? []),
    authenticator: new Authenticator(options, onEvent),
    handshake: options,
    headersWs: [...everywhere, ...parseHeaderLines(options.headerWs ?? [])],
    headersHttp: [...everywhere, ...parseHeaderLines(options.headerHttp ?? [])],
    socket: options,
    session: options,
    share: shareOf(options),
    relay: relayOf(options, onEvent),
    hubs: new Hubs(sessions, {
      ...options,
      ...(options.shareStart === "now" && { lingerMs: Infinity }),
    }),
    drainMs: options.drainMs ?? 3000,
  };
}

/** The parts that answer plain requests, in order. */
function respondersOf(
  options: Options,
  keys: readonly string[],
  parts: Pick<CgiOptions, "env" | "sessions" | "access" | "onEvent">,
): Responder[] {
  const { devConsole, cgiDir, cgiTimeoutMs, closeMs } = options;
  const { staticDir, listing, dir } = options;
  const { onEvent } = parts;
  const responders: Responder[] = [];
  if (devConsole) {
    const everyPath = cgiDir === undefined && staticDir === undefined;
    responders.push(told("DEVCONSOLE", devConsolePage({ everyPath }), onEvent));
  }
  if (cgiDir !== undefined) {
    const redirect = (exchange: Exchange) => firstAnswer(exchange, responders);
    responders.push(cgi({
      ...parts,
      cgiDir,
      besideFiles: staticDir !== undefined && isNested(cgiDir, staticDir),
      timeoutMs: cgiTimeoutMs,
      closeMs,
      redirect,
    }));
  }
  if (staticDir !== undefined) {
    // What is a program there is to be run, not read.
    const programDirs = [cgiDir, dir].filter((path) => path !== undefined)
      .map(realPathOf);
    const root = realPathOf(staticDir);
    // One that is not the static one, nor around it, holds nothing else.
    const except = programDirs.filter((path) => !isInside(path, root));
    const secrets = [
      ...keys,
      ...authFiles(options.auth ?? []),
      ...programFiles(options),
    ];
    const files = staticFiles({
      staticDir,
      listing,
      except,
      secrets,
      programDirs,
    });
    responders.push(told("STATIC", files, onEvent));
  }
  return responders;
}

/** The program itself, and what of its arguments is a file: `server.py` of `python3 server.py` is the program, too. */
function programFiles({ command, args = [], cwd }: Options): string[] {
  if (command === undefined) return [];
  const files = args.map((arg) =>
    cwd === undefined || /^(?:[/\\]|[a-z]:)/i.test(arg) ? arg : `${cwd}/${arg}`
  );
  return [resolveCommand(command), ...files.filter(isFile)];
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Whether two directories are one, or one of them is within the other. */
function isNested(one: string, other: string): boolean {
  const [first, second] = [realPathOf(one), realPathOf(other)];
  return isInside(first, second) || isInside(second, first);
}

/** @throws {OptionError} If there is no such program. */
function programFinder(
  { command, program: run, args = [], cwd, dir, unbuffer = "env" }: Options,
): FindProgram | null {
  if (run !== undefined) {
    return everyPath({ run, args }, [run.name || "program", ...args]);
  }
  if (dir !== undefined) return scriptDirectory(dir, { cwd, unbuffer });
  if (command === undefined) return null;
  const program = { command: resolveCommand(command), args, cwd };
  return everyPath(unbuffered(program, unbuffer), [program.command, ...args]);
}

/**
 * Checks each option by itself.
 *
 * @throws {OptionError} If a value cannot be used; the message names option and flag, and says what to write instead.
 */
export function checkOptions(options: Options): void {
  const { command, program, dir, cgiDir, staticDir, cwd, unbuffer } = options;
  const { listing, metrics, health } = options;
  const served = [command, program, dir, cgiDir, staticDir];
  if (served.every((one) => one === undefined)) {
    throw new OptionError(
      "Cannot start without something to serve: set command, program, dir (--dir), cgiDir (--cgidir) or staticDir (--staticdir)",
    );
  }
  if (command !== undefined && dir !== undefined) {
    throw new OptionError(
      "Cannot serve both a command and a directory of programs (--dir): choose one",
    );
  }
  checkAll(options, CHECKS);
  if (listing && staticDir === undefined) {
    throw new OptionError(
      "Cannot use listing (--listing) without staticDir (--staticdir): it is about directories there",
    );
  }
  if (metrics !== undefined && metrics === health) {
    throw new OptionError(
      `Cannot answer ${metrics} with both metrics (--metrics) and health (--health): give each a path of its own`,
    );
  }
  if (program !== undefined) {
    const useless = Object.entries({ command, dir, cwd })
      .find(([_, value]) => value !== undefined)?.[0] ??
      (unbuffer === "stdbuf" ? 'unbuffer: "stdbuf"' : undefined);
    if (useless !== undefined) {
      throw new OptionError(
        `Cannot use ${useless} with program, which is a function of this process: leave one of them out`,
      );
    }
  }
  checkSharing(options);
}

/** @throws {OptionError} If it is no address of a relay. */
function relayOf(
  { relay }: Options,
  onEvent: EventSink,
): Relay | null {
  if (relay === undefined) return null;
  return new Relay(
    parseRelayUrl(relay),
    (isConnected, message) =>
      onEvent({ type: "relay.changed", isConnected, message }),
  );
}

function shareOf({ share }: Options): ShareBy | null {
  return share === undefined ? null : parseShare(share);
}

/** What makes no sense for programs of one client each. */
const ONLY_SHARED = [
  ["input", "--input"],
  ["shareStart", "--share-start"],
  ["shareEvents", "--share-events"],
  ["lingerMs", "--linger"],
  ["restart", "--restart"],
  ["slow", "--slow"],
  ["history", "--history"],
  ["historyBytes", "--history"],
  ["maxClients", "--maxclients"],
  ["relay", "--relay"],
] as const;

/** @throws {OptionError} If what is said about sharing contradicts itself. */
function checkSharing(options: Options): void {
  const { share, shareStart, lingerMs, history, historyBytes, dir } = options;
  const { relay, input, slow } = options;
  const lone = share === undefined
    ? ONLY_SHARED.find(([name]) => options[name] !== undefined)
    : undefined;
  const why = lone !== undefined
    ? `${lone[0]} (${
      lone[1]
    }) without share (--share): it is about programs that many clients share`
    : options.shareEvents && (options.framing ?? "lines") !== "lines"
    ? `shareEvents (--share-events) with framing=${options.framing} (--framing): it is lines of JSON; leave one of them out`
    : history !== undefined && historyBytes !== undefined
    ? "both history and historyBytes (--history): choose one"
    : relay !== undefined && input === "first"
    ? "input=first (--input) with relay (--relay): nobody knows which of several servers' clients is the first; leave one of them out"
    : relay !== undefined && options.shareEvents
    ? "shareEvents (--share-events) with relay (--relay): a program is told of the clients of its own server only; leave one of them out"
    : relay !== undefined && slow === "wait"
    ? "slow=wait (--slow) with relay (--relay): a client of one server does not hold up those of another; choose close or drop"
    : shareStart !== "now"
    ? null
    : share !== "all" || dir !== undefined
    ? "shareStart=now (--share-start) for more than one program: only with share=all (--share), and without dir (--dir), is it known which to start"
    : lingerMs !== undefined
    ? "lingerMs (--linger) with shareStart=now (--share-start): that program runs until the server ends; leave one of them out"
    : null;
  if (why !== null) throw new OptionError(`Cannot use ${why}`);
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

const DIRECTORY = fits(isArgument, "the path of a directory");
const PATH = fits(
  (value) => isString(value) && /^\/[!$&-;=@-~]*$/.test(value),
  "a path of a URL, as in /metrics",
);
const HEADERS = each(isString, "a list of lines such as Name: value");

/** For every option the flag that sets it, or null, and what its value must be. */
const CHECKS: Checks<Options> = {
  command: [null, fits(isArgument, "the path or the name of a program")],
  program: [null, fits((value) => typeof value === "function", "a function")],
  args: [null, each(isArgument, "a list of texts without NUL")],
  cwd: [null, fits(isArgument, "the path of a directory")],
  dir: ["--dir", DIRECTORY],
  staticDir: ["--staticdir", DIRECTORY],
  listing: ["--listing", SWITCH],
  cgiDir: ["--cgidir", DIRECTORY],
  cgiTimeoutMs: ["--cgitimeout", DURATION],
  devConsole: ["--devconsole", SWITCH],
  metrics: ["--metrics", PATH],
  health: ["--health", PATH],
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
  auth: [
    "--auth",
    each(
      isString,
      "a list of basic:FILE, token, token:FILE, header:NAME or exec:PROGRAM",
    ),
  ],
  trustProxy: [
    "--trustproxy",
    each(isString, "a list of addresses such as 10.0.0.0/8, or unix"),
  ],
  subprotocol: [
    "--subprotocol",
    each(
      isSubprotocol,
      "a list of letters, digits, dots and dashes, as in chat.v1",
    ),
  ],
  reverseLookup: ["--reverselookup", SWITCH],
  header: ["--header", HEADERS],
  headerWs: ["--header-ws", HEADERS],
  headerHttp: ["--header-http", HEADERS],
  maxForks: ["--maxforks", COUNT],
  maxPerIp: ["--maxperip", COUNT],
  maxClients: ["--maxclients", COUNT],
  relay: ["--relay", fits(isString, "an address such as nats://HOST/GROUP")],
  share: [
    "--share",
    fits(
      (value) => isString(value) && parseShare(value) !== null,
      "all, path, query:NAME or header:NAME",
    ),
  ],
  shareStart: ["--share-start", oneOf("first", "now")],
  shareEvents: ["--share-events", SWITCH],
  input: ["--input", oneOf("all", "first", "none")],
  lingerMs: [
    "--linger",
    fits(
      (value) => value === Infinity || DURATION(value) === null,
      "milliseconds, or Infinity for ever",
    ),
  ],
  restart: ["--restart", oneOf("never", "on-failure", "always")],
  slow: ["--slow", oneOf("close", "drop", "wait")],
  sendBuffer: [
    "--sendbuffer",
    fits((value) => isWhole(value) && value >= 1, "a whole number from 1"),
  ],
  history: ["--history", fits(isCount, "a number of messages")],
  historyBytes: ["--history", fits(isCount, "a number of bytes")],
  resumeMs: ["--resume", DURATION],
  maxFrameSize: ["--maxframesize", COUNT],
  pingMs: ["--pingms", DURATION],
  compress: ["--compress", SWITCH],
  timeoutMs: ["--timeout", DURATION],
  idleMs: ["--idle", DURATION],
  closeMs: ["--closems", DURATION],
  drainMs: ["--drainms", DURATION],
  onEvent: [null, fits((value) => typeof value === "function", "a function")],
};

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

function isCount(value: unknown): boolean {
  return isWhole(value) && value >= 0;
}

/** RFC 6455 §4.1. */
function isSubprotocol(value: unknown): boolean {
  return isString(value) && isToken(value);
}
