/**
 * From a request to a session: the checks, in order, then the upgrade.
 *
 * @module
 */
import type { SessionInfo } from "../events.ts";
import type { Framing } from "../framing/framing.ts";
import { Session, type SessionOptions } from "../session/session.ts";
import type { Sessions, Slot } from "../session/sessions.ts";
import { CLOSE } from "../socket/close_codes.ts";
import type { SocketOptions } from "../socket/socket.ts";
import { admit, type AdmitContext } from "./admit.ts";
import { cgiEnv } from "./cgi_env.ts";
import type { Arrival, Exchange, RequestHead } from "./exchange.ts";
import {
  badHandshake,
  chooseSubprotocol,
  whyHandshakeRefused,
} from "./handshake.ts";
import { whyHostRefused } from "./host.ts";
import { type AccessOptions, whyOriginRefused } from "./origin.ts";
import { noSlot } from "./no_slot.ts";
import type { FindProgram, LocatedProgram } from "./program.ts";
import { type Refusal, refuse } from "./refuse.ts";
import type { HeaderLine } from "./response.ts";
import { reverseLookup } from "./reverse_lookup.ts";
import { createSessionId } from "./session_id.ts";
import type { Upgraded, Upgrading } from "./upgrading.ts";

/** Settings of the handshake itself. */
export interface HandshakeOptions {
  /** Subprotocols this server speaks, the preferred one first. @default {[]} */
  readonly subprotocol?: readonly string[];
  /** Whether to look up the client's name for `REMOTE_HOST`; the handshake waits for it. @default {false} */
  readonly reverseLookup?: boolean;
}

/** What an upgrade needs to know, made once for each server. */
export interface UpgradeContext extends AdmitContext {
  /** Null if there is nothing for WebSockets. */
  readonly findProgram: FindProgram | null;
  readonly framing: Framing;
  readonly access: AccessOptions;
  readonly handshake: HandshakeOptions;
  readonly headersWs: readonly HeaderLine[];
  readonly socket: SocketOptions;
  readonly session: SessionOptions;
  readonly sessions: Sessions;
}

/** Answers a request for a WebSocket: a session, or a refusal that says what to do. Null if the engine answers by itself. */
export async function upgrade(
  arrival: Arrival<RequestHead>,
  upgrading: Upgrading,
  findProgram: FindProgram,
  context: UpgradeContext,
): Promise<Response | null> {
  const { sessions, handshake, onEvent } = context;

  const refusal = whyRefused(arrival, context);
  if (refusal !== null) return refuse(refusal, arrival.info, onEvent);
  const info = await admit(arrival, context);
  if (info instanceof Response) return info;
  const located = await findProgram(arrival.target);
  if ("reason" in located) return refuse(located, info, onEvent);
  const slot = await sessions.take(info.remoteAddr);
  if (typeof slot === "string") {
    return refuse(noSlot(slot, sessions.maxForks), info, onEvent);
  }
  try {
    // In a slot: name servers are not asked for more clients than programs may run.
    const remoteHost = handshake.reverseLookup
      ? await reverseLookup(info.remoteAddr)
      : info.remoteHost;
    const visitor = { ...info, remoteHost };
    const isGone = await upgrading.hasLeft();
    // What may have changed in the meantime.
    const late = sessions.draining ? DRAINING : isGone ? GONE : null;
    if (late === null) {
      return start(
        { ...arrival, info: visitor, located },
        slot,
        upgrading,
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

/** A request that has passed all checks. */
interface Admitted extends Arrival<RequestHead> {
  readonly located: LocatedProgram;
}

/** Upgrades, and begins a session when the client has the answer. */
function start(
  { request, raw, target, info: visitor, located }: Admitted,
  slot: Slot,
  upgrading: Upgrading,
  context: UpgradeContext,
): Response | null {
  const { handshake, framing, sessions, onEvent } = context;
  const { program, command, scriptName, pathInfo } = located;
  // All of it before the upgrade: afterwards the runtime knows nothing of the request any more.
  const info: SessionInfo = { ...visitor, id: createSessionId(), command };
  const { headers } = request;
  const env = cgiEnv({
    ...context.env,
    id: info.id,
    info: visitor,
    target,
    scriptName,
    pathInfo,
    headers,
  });
  const offered = headers.get("sec-websocket-protocol");
  const answer = {
    protocol: chooseSubprotocol(offered, handshake.subprotocol ?? []) ??
      context.authenticator.fallbackProtocol(raw.headers),
    headers: context.headersWs,
  };
  let upgraded: Upgraded;
  try {
    upgraded = upgrading.accept(answer, context.socket);
  } catch (error) {
    slot.release();
    const message = error instanceof Error ? error.message : String(error);
    return refuse(badHandshake(message), visitor, onEvent);
  }
  const { socket, opened, response } = upgraded;
  const session = new Session(
    { info, socket, program, env, framing, onEvent },
    context.session,
  );
  void opened.then(async (open) => {
    if (open && !sessions.draining) return sessions.run(session, slot);
    // Nothing that begins after a drain would be waited for.
    if (open) await socket.close(CLOSE.GOING_AWAY, "server stopping");
    slot.release();
  });
  return response;
}

/** The checks, in order. Null if the request may go on to ask for a program and a slot. */
function whyRefused(
  { request }: Exchange<RequestHead>,
  { sessions, access }: UpgradeContext,
): Refusal | null {
  if (sessions.draining) return DRAINING;
  const handshake = whyHandshakeRefused(request);
  if (handshake !== null) return handshake;
  return whyHostRefused(request.headers, access.host) ??
    whyOriginRefused(request.headers, access);
}

/** Nothing begins any more. */
export const DRAINING: Refusal = {
  status: 503,
  reason: "draining",
  message: "This server is stopping: try again later",
  headers: [["retry-after", "5"]],
};

/** Nobody reads it. But to upgrade a connection that has ended costs the runtime an open file for good (Deno 2.9.6). */
const GONE: Refusal = badHandshake("The client left before it was answered");
