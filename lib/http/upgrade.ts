/**
 * From a request to a session: the checks, in order, then the upgrade.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { EventSink, RequestInfo, SessionInfo } from "../events.ts";
import type { Framing } from "../framing/framing.ts";
import type { Program } from "../process/command.ts";
import { Session, type SessionOptions } from "../session/session.ts";
import type { NoSlot, Sessions, Slot } from "../session/sessions.ts";
import { CLOSE } from "../socket/close_codes.ts";
import { idleTimeoutSeconds, NativeSocket } from "../socket/native.ts";
import type { SocketOptions } from "../socket/socket.ts";
import { cgiEnv } from "./cgi_env.ts";
import {
  chooseSubprotocol,
  type Refusal,
  whyHandshakeRefused,
} from "./handshake.ts";
import { isHostAllowed, parseHost } from "./host.ts";
import { type AccessOptions, whyOriginRefused } from "./origin.ts";
import {
  clientOf,
  describeRequest,
  type RequestTarget,
  targetOf,
} from "./request.ts";
import { addHeaders, type HeaderLine, textResponse } from "./response.ts";
import { reverseLookup } from "./reverse_lookup.ts";
import { createSessionId } from "./session_id.ts";

/** How long a client may take to receive the 101 answer, in milliseconds. */
const HANDSHAKE_MS = 10_000;
/** How long the WebSocket may then take to open, in milliseconds: if the client has gone meanwhile, the runtime says nothing. */
const OPEN_MS = 2000;

/** Settings of the handshake itself. */
export interface HandshakeOptions {
  /** Subprotocols this server speaks, the preferred one first. @default {[]} */
  readonly subprotocol?: readonly string[];
  /** Whether to look up the client's name for `REMOTE_HOST`; the handshake waits for it. @default {false} */
  readonly reverseLookup?: boolean;
}

/** What an upgrade needs to know, made once for each server. */
export interface UpgradeContext {
  readonly program: Program;
  /** The command as the user gave it, for the log. */
  readonly command: readonly string[];
  readonly framing: Framing;
  readonly passed: Readonly<Record<string, string>>;
  readonly passNames: ReadonlySet<string>;
  /** Variables set in every program's environment. */
  readonly set: Readonly<Record<string, string>>;
  readonly access: AccessOptions;
  readonly handshake: HandshakeOptions;
  readonly headersWs: readonly HeaderLine[];
  readonly socket: SocketOptions;
  readonly session: SessionOptions;
  readonly sessions: Sessions;
  readonly onEvent: EventSink;
}

/** Answers a request for a WebSocket: 101 and a session, or a refusal that says what to do. */
export async function upgrade(
  request: Request,
  info: Deno.ServeHandlerInfo,
  context: UpgradeContext,
): Promise<Response> {
  const { sessions, handshake, onEvent } = context;
  const client = clientOf(info);
  const target = targetOf(request);
  const described = describeRequest(request, target, client);

  const refusal = whyRefused(request, target.path, context);
  if (refusal !== null) return refuse(refusal, described, onEvent);
  const slot = sessions.acquire(client.hostname);
  if (typeof slot === "string") {
    return refuse(noSlot(slot, sessions.size), described, onEvent);
  }
  try {
    // In a slot: name servers are not asked for more clients than programs may run.
    const remoteHost = handshake.reverseLookup
      ? await reverseLookup(client.hostname)
      : client.hostname;
    const visitor = { ...described, remoteHost };
    const isGone = await hasLeft(request.signal);
    // What may have changed in the meantime.
    const late = sessions.draining ? DRAINING : isGone ? GONE : null;
    if (late === null) {
      return start(
        { request, target, visitor, answered: info.completed },
        slot,
        context,
      );
    }
    slot.release();
    return refuse(late, visitor, onEvent);
  } catch (error) {
    slot.release();
    throw error;
  }
}

/**
 * Whether the client of a request has left. The runtime knows after a turn or
 * two, and upgrading the connection of one that has costs it an open file for
 * good. Only with `"unstable": ["no-legacy-abort"]` in deno.json does the
 * signal mean this; otherwise it says no.
 */
async function hasLeft(signal: AbortSignal): Promise<boolean> {
  for (let turns = 0; turns < 2 && !signal.aborted; turns++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return signal.aborted;
}

/** A request that has passed all checks. */
interface Admitted {
  readonly request: Request;
  readonly target: RequestTarget;
  readonly visitor: RequestInfo;
  /** Settles when the answer has left, or cannot any more. */
  readonly answered: Promise<void>;
}

/** Upgrades, and begins a session when the client has the answer. */
function start(
  { request, target, visitor, answered }: Admitted,
  slot: Slot,
  context: UpgradeContext,
): Response {
  const { program, command, framing, sessions, onEvent } = context;
  // All of it before the upgrade: afterwards the runtime knows nothing of the request any more.
  const info: SessionInfo = { ...visitor, id: createSessionId(), command };
  const env = {
    ...context.set,
    ...cgiEnv({
      id: info.id,
      info: visitor,
      target,
      headers: request.headers,
      passed: context.passed,
      passNames: context.passNames,
    }),
  };
  let upgraded: { socket: WebSocket; response: Response };
  try {
    upgraded = acceptHandshake(request, context);
  } catch (error) {
    slot.release();
    const message = error instanceof Error ? error.message : String(error);
    return refuse(badHandshake(message), visitor, onEvent);
  }
  const socket = new NativeSocket(upgraded.socket, context.socket, {
    hostname: visitor.remoteAddr,
    port: visitor.remotePort,
  });
  const session = new Session(
    { info, socket, program, env, framing, onEvent },
    context.session,
  );
  void opensInTime(socket, answered).then(async (open) => {
    if (open && !sessions.draining) return sessions.run(session, slot);
    // Nothing that begins after a drain would be waited for.
    if (open) await socket.close(CLOSE.GOING_AWAY, "server stopping");
    slot.release();
  });
  return upgraded.response;
}

/** Whether the WebSocket opens. One that opens too late is dropped: its slot is another's by then. */
async function opensInTime(
  socket: NativeSocket,
  answered: Promise<void>,
): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  let timer = setTimeout(() => resolve(false), HANDSHAKE_MS);
  let isWaiting = true;
  const hurry = () => {
    if (!isWaiting) return;
    clearTimeout(timer);
    timer = setTimeout(() => resolve(false), OPEN_MS);
  };
  void answered.then(hurry, hurry);
  const opens = await Promise.race([socket.opened, late]);
  isWaiting = false;
  clearTimeout(timer);
  if (!opens) void socket.opened.then((open) => open && socket.abort());
  return opens;
}

/** The checks, in order. Null if the request may go on to ask for a slot. */
function whyRefused(
  request: Request,
  path: string | null,
  { sessions, access }: UpgradeContext,
): Refusal | null {
  if (sessions.draining) return DRAINING;
  const handshake = whyHandshakeRefused(request);
  if (handshake !== null) return handshake;
  if (path === null) {
    return badHandshake(
      'The path has a "." or ".." segment, a NUL or percent-encoding that is not UTF-8',
    );
  }
  const header = request.headers.get("host");
  if (header === null) {
    return badHandshake('A WebSocket handshake needs the header "Host"');
  }
  const host = parseHost(header);
  if (host === null) {
    return badHandshake(`Host ${JSON.stringify(header)} is not a host`);
  }
  if (!isHostAllowed(host, access.host ?? [])) {
    return {
      status: 403,
      reason: "host",
      message:
        `Host "${host.name}" is not this server's: add --host=${host.name}`,
    };
  }
  const origin = whyOriginRefused(request.headers.get("origin"), host, access);
  return origin === null
    ? null
    : { status: 403, reason: "origin", message: origin };
}

const DRAINING: Refusal = {
  status: 503,
  reason: "draining",
  message: "This server is stopping: try again later",
  headers: [["retry-after", "5"]],
};

/** Nobody reads it. But to upgrade a connection that has ended costs the runtime an open file for good (Deno 2.9.6). */
const GONE: Refusal = badHandshake("The client left before it was answered");

function noSlot(limit: NoSlot, running: number): Refusal {
  return {
    status: 429,
    reason: limit,
    message: limit === "limit"
      ? `All ${running} programs that may run at once are running (--maxforks)`
      : "This address already has as many programs running as it may (--maxperip)",
    headers: [["retry-after", "1"]],
  };
}

function badHandshake(message: string): Refusal {
  return { status: 400, reason: "handshake", message };
}

/** The server's half of the handshake, with the headers its user adds. */
function acceptHandshake(
  request: Request,
  { handshake, socket, headersWs }: UpgradeContext,
): { socket: WebSocket; response: Response } {
  const offered = request.headers.get("sec-websocket-protocol");
  const chosen = chooseSubprotocol(offered, handshake.subprotocol ?? []);
  // The runtime splits the list at comma and space only, and throws if it then misses the protocol.
  const understood = chosen !== null && offered!.split(", ").includes(chosen);
  const upgraded = Deno.upgradeWebSocket(request, {
    idleTimeout: idleTimeoutSeconds(socket.pingMs ?? 15_000),
    ...(understood && { protocol: chosen }),
  });
  try {
    const { headers } = upgraded.response;
    if (chosen !== null) headers.set("sec-websocket-protocol", chosen);
    addHeaders(headers, headersWs);
  } catch {
    // Deno before 2.5.5 does not let the headers of this answer be changed.
  }
  return upgraded;
}

function refuse(
  { status, reason, message, headers }: Refusal,
  request: RequestInfo,
  onEvent: EventSink,
): Response {
  onEvent({ type: "session.refused", request, status, reason, message });
  return textResponse(status, message, headers);
}
