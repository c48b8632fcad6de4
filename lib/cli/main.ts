/**
 * The command line: argv in, exit code out.
 *
 * @module
 */
import {
  endOnSignals,
  ListenError,
  OptionError,
  resolveCommand,
  serve,
} from "../mod.ts";
import type { Event, EventSink, ServeOptions, Server } from "../mod.ts";
import { type Answer, readCommandLine } from "./command_line.ts";
import { invocation } from "./invocation.ts";
import { listenProblem } from "./listen_problem.ts";
import { type Log, startLog } from "./log.ts";
import type { Plan } from "./options_from_args.ts";

/** Longest wait for a slow reader of the log when the server ends. */
const FLUSH_MS = 1000;

const ADMIN_IS_OPEN =
  "Other machines can read what --adminaddress answers: nobody has to log in there, and nothing is encrypted";

/**
 * Runs websocketd.
 *
 * Help and version go to stdout, what is wrong with the command line to stderr,
 * the log to stdout. Never rejects.
 *
 * @param args The command line, without the program's own name.
 * @returns The exit code: 0 after a drain or when what was asked for is printed, 1 for
 * a command line that makes no sense, 2 for a flag that cannot be read, 3 when it
 * cannot listen, 128 + n when a second signal n ended it.
 */
export async function main(args: readonly string[]): Promise<number> {
  // Loaded only now: a server starts without them.
  if (asksForClient(args)) {
    const { runConnect } = await import("./connect/run_connect.ts");
    return await runConnect(args.slice(1));
  }
  if (asksForCheck(args)) {
    const { runCheck } = await import("./check/run_check.ts");
    return await runCheck(args.slice(1));
  }
  const { plan, answer, hints } = readCommandLine(args, invocation());
  if (answer !== undefined) return print(answer);
  for (const hint of hints) console.error(hint);
  const log = startLog({ level: plan.logLevel, format: plan.logFormat });
  const code = await run(plan, log);
  await log.flush(FLUSH_MS);
  return code;
}

/** Whether this is `connect URL`. A program of that name is started as `./connect`, or from PATH without an address behind it. */
function asksForClient([first, ...rest]: readonly string[]): boolean {
  if (first !== "connect") return false;
  const hasAddress = rest.some((word) =>
    word === "--help" || /^--?unixsocket\b/.test(word) ||
    /^(?:(?:ws|http)s?:\/\/|[\w.-]*:\d+|\[)/i.test(word)
  );
  // The client says best what is wrong with an address.
  return hasAddress || !isProgram("connect");
}

function isProgram(command: string): boolean {
  try {
    resolveCommand(command);
    return true;
  } catch (error) {
    // Whoever may not look has started it as a server does.
    return !(error instanceof OptionError);
  }
}

/** Whether this is `check COMMAND`. A program of that name is started as `./check`, by its path, or without a word behind it. */
function asksForCheck(args: readonly string[]): boolean {
  return args[0] === "check" && args.length > 1;
}

function print({ stdout, stderr, code }: Answer): number {
  // console ignores a reader that is gone: `--help | head -1` is no failure.
  if (stdout !== "") console.log(stdout.replace(/\n$/, ""));
  if (stderr !== "") console.error(stderr.replace(/\n$/, ""));
  return code;
}

async function run({ options }: Plan, log: Log): Promise<number> {
  using _guard = surviveErrors(log);
  for (const line of whatIsServed(options)) log.server("info", line);
  for (const line of loosenessOf(options)) log.server("error", line);
  const early: Event[] = [];
  let onEvent: EventSink = (event) => void early.push(event);
  function logEvents(): void {
    for (const event of early.splice(0)) log.sink(event);
    onEvent = log.sink;
  }
  try {
    const problem = listenProblem(options);
    if (problem !== undefined) throw new ListenError(problem);
    const server = await serve({
      ...options,
      onEvent: (event) => onEvent(event),
    });
    // Before the log says that it listens: who waits for that line may send a signal at once.
    const ended = endOnSignals(server);
    const urls = early.filter((event) => event.type === "server.listening")
      .filter(({ url, purpose }) => purpose === "clients" && url.includes("//"))
      .map(({ url }) => url.replace(/^ws/, "http"));
    const isAdminOpen = early.some((event) =>
      event.type === "server.listening" && event.purpose === "admin" &&
      !isLoopback(event.hostname)
    );
    logEvents();
    for (const line of whereItIsServed(options, urls)) log.server("info", line);
    if (isAdminOpen) log.server("info", ADMIN_IS_OPEN);
    advise(options, server, log);
    return await ended;
  } catch (error) {
    logEvents();
    return explain(error, log);
  }
}

function explain(error: unknown, log: Log): number {
  if (error instanceof ListenError) {
    log.server("fatal", `Can't start server: ${error.message}`);
    return 3;
  }
  if (error instanceof OptionError) {
    console.error(error.message);
    return 1;
  }
  log.server("fatal", `Can't go on: ${withStack(error)}`);
  return 1;
}

/** What is served, in the original's words. */
function whatIsServed(options: ServeOptions): string[] {
  const { command, args = [], dir, staticDir, cgiDir } = options;
  const lines = [];
  if (command !== undefined) {
    // With a space at the end where there are no arguments, as there.
    lines.push(`Serving using application   : ${command} ${args.join(" ")}`);
  }
  if (dir !== undefined) lines.push(`Serving from directory      : ${dir}`);
  if (staticDir !== undefined) {
    lines.push(`Serving static content from : ${staticDir}`);
  }
  if (cgiDir !== undefined) {
    lines.push(`Serving CGI scripts from    : ${cgiDir}`);
  }
  return lines;
}

/** Origins that admit more than a server with TLS should, in the original's words. */
function loosenessOf({ ssl, origin = [] }: ServeOptions): string[] {
  if (!ssl) return [];
  return origin.filter((one) => !/:\/\/|^\*$|^null$/.test(one)).map((one) =>
    `--origin="${one}" has no scheme, so it also accepts insecure http origins; use "https://${one}" to require TLS`
  );
}

/** Where what is no WebSocket is found. */
function whereItIsServed(
  { command, dir, staticDir, cgiDir, devConsole }: ServeOptions,
  urls: readonly string[],
): string[] {
  const hasFiles = staticDir !== undefined || cgiDir !== undefined;
  const hasPrograms = command !== undefined || dir !== undefined;
  const lines = hasFiles && hasPrograms
    ? urls.map((url) => `Serving CGI or static files : ${url}`)
    : [];
  if (devConsole) {
    const path = hasFiles ? "_console/" : "";
    lines.push(
      ...urls.map((url) => `Developer console enabled   : ${url}${path}`),
    );
  }
  return lines;
}

/** What somebody who has just started this should know. */
function advise(options: ServeOptions, server: Server, log: Log): void {
  const isLocal = server.addresses.every(({ hostname }) =>
    isLoopback(hostname)
  );
  const { address, auth = [], ssl, sslCa } = options;
  if (isLocal && address === undefined && server.addresses.length > 0) {
    log.server(
      "info",
      "Only this machine can connect; --address='*' opens it to others",
    );
  }
  const lacks = [
    ...(ssl ? [] : ["nothing is encrypted (--ssl)"]),
    ...(auth.length > 0 || sslCa ? [] : ["nobody has to log in (--auth)"]),
  ];
  if (!isLocal && lacks.length > 0) {
    log.server("info", `Other machines can connect: ${lacks.join(", ")}`);
  }
  const how = howToLogIn(server);
  // On stderr: a log is kept, and whoever reads it must not find the token there.
  if (how !== null) console.error(how);
}

/** The random token, as a link wherever one can be opened: there is none to a unix socket. */
function howToLogIn({ link, token }: Server): string | null {
  if (link !== null) return `Open ${link}`;
  if (token === null) return null;
  return `The token is ${token}: send "Authorization: Bearer TOKEN" or the subprotocol bearer.TOKEN, or add ?token=TOKEN to an address`;
}

function isLoopback(hostname: string): boolean {
  return hostname.startsWith("127.") || hostname === "::1";
}

/** Logs what nobody caught, in this program or in a library, and goes on: it must not end the sessions of everybody. */
function surviveErrors(log: Log): Disposable {
  function onRejection(event: PromiseRejectionEvent): void {
    event.preventDefault();
    log.server("error", `Unhandled rejection: ${withStack(event.reason)}`);
  }
  function onError(event: ErrorEvent): void {
    event.preventDefault();
    log.server("error", `Unhandled error: ${withStack(event.error)}`);
  }
  globalThis.addEventListener("unhandledrejection", onRejection);
  globalThis.addEventListener("error", onError);
  return {
    [Symbol.dispose](): void {
      globalThis.removeEventListener("unhandledrejection", onRejection);
      globalThis.removeEventListener("error", onError);
    },
  };
}

function withStack(error: unknown): string {
  return error instanceof Error && error.stack !== undefined
    ? error.stack
    : Deno.inspect(error);
}
