/**
 * CGI scripts (RFC 3875): a program for each plain request.
 *
 * @module
 */
import { SpawnError } from "../errors.ts";
import type { EventSink, SessionInfo } from "../events.ts";
import {
  type Child,
  startCommand,
  whyNotStartable,
} from "../process/command.ts";
import type { TerminateOptions } from "../process/terminate.ts";
import type { Sessions } from "../session/sessions.ts";
import { findScript, type Script } from "./cgi/find_script.ts";
import { localExchange } from "./cgi/local_exchange.ts";
import { isPlainFile } from "./cgi/plain_file.ts";
import { scriptEnv } from "./cgi/script_env.ts";
import type { ScriptHead } from "./cgi/script_head.ts";
import { ScriptRun } from "./cgi/script_run.ts";
import { whyPageRefused } from "./cgi/whose_page.ts";
import type { ProgramEnv } from "./cgi_env.ts";
import type { Exchange, Responder } from "./exchange.ts";
import { noSlot } from "./no_slot.ts";
import type { AccessOptions } from "./origin.ts";
import { type Refusal, refuse } from "./refuse.ts";
import { textResponse } from "./response.ts";
import { openRoot } from "./safe_path.ts";
import { notStartable } from "./script_directory.ts";
import { createSessionId } from "./session_id.ts";
import { DRAINING } from "./upgrade.ts";

/** What running scripts needs to know, made once for each server. */
export interface CgiOptions extends TerminateOptions {
  /** The directory with the scripts. */
  readonly cgiDir: string;
  /** Whether it is, or is in, or has in it, a directory whose files are served by another part: what is no script is left to that. @default {false} */
  readonly besideFiles?: boolean;
  /** How long one may run, in milliseconds, until the client has all of its answer; 0 is unlimited. @default {30000} */
  readonly timeoutMs?: number;
  readonly env: ProgramEnv;
  readonly access: AccessOptions;
  /** Whose slots the scripts take, and with whom they end. */
  readonly sessions: Sessions;
  /** Answers what a script sends on to another path of this server with a `Location` alone. */
  readonly redirect: Responder;
  readonly onEvent: EventSink;
}

/** {@linkcode CgiOptions}, checked and filled in. */
interface Site extends Required<CgiOptions> {
  readonly root: string;
  /** How many scripts have sent a request on, for those that come from here. */
  readonly hops: WeakMap<object, number>;
}

/** A script that is to answer a request. */
interface Call {
  readonly exchange: Exchange;
  readonly script: Script;
  readonly info: SessionInfo;
  readonly site: Site;
}

/** How often one request may be sent on by scripts. */
const MAX_HOPS = 5;

/**
 * Answers requests by running the scripts of a directory. Null for paths
 * without a script: those that lead to no file or out of the directory, those
 * with a name that begins with a dot, and with `besideFiles` those of other
 * files.
 *
 * A script runs in a slot, as sessions do, and ends with everything it has
 * started when its answer is complete, its client has gone, its time is up or
 * the server stops.
 *
 * @throws {OptionError} If there is no such directory.
 */
export function cgi(options: CgiOptions): Responder {
  const root = openRoot(options.cgiDir, "--cgidir");
  const site: Site = {
    timeoutMs: 30_000,
    closeMs: 0,
    besideFiles: false,
    ...options,
    root,
    hops: new WeakMap(),
  };
  return async (exchange) => {
    const script = await findScript(root, exchange.target.rawPath);
    if (script === null) return null;
    if (site.besideFiles && isPlainFile(script.path)) return null;
    const info = {
      ...exchange.info,
      id: createSessionId(),
      command: [script.path],
    };
    const call = { exchange, script, info, site };
    const refusal = whyRefused(call);
    return refusal === null
      ? await run(call)
      : refuse(refusal, exchange.info, options.onEvent);
  };
}

/** The checks, in order. Null if the script may run. */
function whyRefused({ exchange, script, site }: Call): Refusal | null {
  const { method, headers } = exchange.request;
  if (method === "CONNECT") {
    return {
      status: 405,
      reason: "method",
      message: "This server is no proxy: CONNECT leads nowhere",
      headers: [["allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"]],
    };
  }
  const refusal = whyPageRefused(headers, site.access);
  if (refusal !== null) return refusal;
  const problem = whyNotStartable(script.path, script.scriptName.slice(1));
  if (problem !== null) return notStartable(script.scriptName, problem);
  // A script learns from CONTENT_LENGTH that there is a body (RFC 3875 §4.1.2).
  if (headers.has("transfer-encoding")) {
    return {
      status: 411,
      reason: "program",
      message:
        "A CGI script must know how long the body is: send it with a Content-Length, not chunked",
    };
  }
  return site.sessions.draining ? DRAINING : null;
}

/** Runs the script, unless there is no slot or the system refuses. */
async function run(call: Call): Promise<Response> {
  const { exchange, script, info, site } = call;
  const { sessions, timeoutMs, closeMs, onEvent } = site;
  const { body, signal } = exchange.request;
  const slot = await sessions.take(info.remoteAddr);
  if (typeof slot === "string") {
    return refuse(noSlot(slot, sessions), exchange.info, onEvent);
  }
  if (sessions.draining) {
    slot.release();
    return refuse(DRAINING, exchange.info, onEvent);
  }
  const startedAt = performance.now();
  let child: Child;
  try {
    child = startCommand(
      { command: script.path, cwd: script.directory },
      scriptEnv(exchange, info, script, site.root, site.env),
    );
  } catch (error) {
    slot.release();
    if (!(error instanceof SpawnError)) throw error;
    onEvent({ type: "error", session: info, message: error.message, error });
    return answered(
      call,
      500,
      `Cannot start ${nameOf(call)}: the log of this server says why`,
    );
  }
  const startMs = performance.now() - startedAt;
  onEvent({ type: "cgi.started", session: info, pid: child.pid, startMs });
  const parts = { info, child, body, signal, timeoutMs, closeMs, onEvent };
  const run = new ScriptRun(parts);
  void sessions.run(run, slot);
  void run.ended.then(() =>
    onEvent({
      type: "cgi.ended",
      session: info,
      pid: child.pid,
      exit: child.exit,
      durationMs: performance.now() - startedAt,
    })
  );
  const head = await run.head;
  if (head === null) return stopped(call, run);
  if (typeof head === "string") {
    run.stop("output");
    return failed(call, 500, head);
  }
  if (head.redirect === null) return respond(call, head, run);
  void run.discard();
  // What comes next may need its slot.
  await run.ended;
  slot.release();
  return await sendOn(call, head.redirect);
}

/** What the script says, to the client. */
function respond(
  call: Call,
  { status, headers }: ScriptHead,
  run: ScriptRun,
): Response {
  const { exchange } = call;
  tell(call, status);
  void run.ended.then(() => {
    if (run.cause === "limit") report(call, reasonOfLimit(call));
  });
  const hasNoBody = [204, 205, 304].includes(status);
  if (!hasNoBody && exchange.request.method !== "HEAD") {
    return new Response(run.body(), { status, headers });
  }
  void run.discard();
  if (status === 204 || status === 205) headers.delete("content-length");
  return new Response(null, { status, headers });
}

/** The script was stopped before it said anything. */
function stopped(call: Call, { cause }: ScriptRun): Response {
  switch (cause) {
    case "limit":
      return failed(call, 504, reasonOfLimit(call));
    case "server":
      return refuse(DRAINING, call.exchange.info, call.site.onEvent);
    default:
      // Nobody reads it.
      return answered(call, 400, "The client left before it was answered");
  }
}

/** RFC 3875 §6.2.2: the client gets what it would have got for that path. */
async function sendOn(call: Call, location: string): Promise<Response> {
  const { exchange, site } = call;
  const hops = (site.hops.get(exchange.request) ?? 0) + 1;
  if (hops > MAX_HOPS) {
    return failed(
      call,
      500,
      `sent the request on, the ${hops}th script to do so: they may go in circles`,
    );
  }
  const next = localExchange(exchange, location);
  site.hops.set(next.request, hops);
  return await site.redirect(next) ??
    answered(
      call,
      404,
      "404 page not found: a CGI script has sent this request to a path where nothing is",
    );
}

/** The script is to blame. */
function failed(call: Call, status: number, how: string): Response {
  report(call, how);
  return answered(call, status, `The CGI script ${nameOf(call)} ${how}`);
}

function answered(call: Call, status: number, sentence: string): Response {
  tell(call, status);
  return textResponse(status, sentence);
}

function tell({ info, script, site }: Call, status: number): void {
  site.onEvent({
    type: "request",
    request: info,
    status,
    message: "CGI",
    script: script.path,
  });
}

function report({ script, info, site }: Call, how: string): void {
  const message = `The CGI script ${JSON.stringify(script.path)} ${how}`;
  site.onEvent({ type: "error", session: info, message });
}

function reasonOfLimit({ site }: Call): string {
  return `did not end within ${site.timeoutMs / 1000} s (--cgitimeout)`;
}

function nameOf({ script }: Call): string {
  return JSON.stringify(script.scriptName);
}
