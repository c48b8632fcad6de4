/**
 * From a request to a session: the checks, in order, then the upgrade.
 *
 * @module
 */
import { PROTOCOL } from "../client/protocol.ts";
import type { SessionInfo } from "../events.ts";
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
import {
  type Opener,
  type Opening,
  type OpeningContext,
  prepareOpening,
} from "./opening.ts";
import type { FindProgram } from "./program.ts";
import type { ProtocolOffer } from "./protocol_offer.ts";
import { type Refusal, refuse } from "./refuse.ts";
import type { HeaderLine } from "./response.ts";
import { reverseLookup } from "./reverse_lookup.ts";
import { createSessionId } from "./session_id.ts";
import type { Upgraded, Upgrading } from "./upgrading.ts";

/**
 * Settings of the handshake itself.
 *
 * @example
 * ```ts
 * import { handler } from "@websocketd/websocketd";
 *
 * handler({ command: "cat", subprotocol: ["chat.v2", "chat.v1"] });
 * ```
 */
export interface HandshakeOptions {
  /** Subprotocols this server speaks, the preferred one first. @default {[]} */
  readonly subprotocol?: readonly string[];
  /** Whether to look up the client's name for `REMOTE_HOST`; the handshake waits for it. @default {false} */
  readonly reverseLookup?: boolean;
}

/** What an upgrade needs to know, made once for each server. */
export interface UpgradeContext extends AdmitContext, OpeningContext {
  /** Null if there is nothing for WebSockets. */
  readonly findProgram: FindProgram | null;
  readonly access: AccessOptions;
  readonly handshake: HandshakeOptions;
  readonly headersWs: readonly HeaderLine[];
  readonly socket: SocketOptions;
}

/** A request for a WebSocket. */
export interface Handshaking extends Arrival<RequestHead> {
  readonly offer: ProtocolOffer;
}

/** Answers a request for a WebSocket: a session, or a refusal that says what to do. Null if the engine answers by itself. */
export async function upgrade(
  arrival: Handshaking,
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
  const opening = await prepareOpening({ ...arrival, info, located }, context);
  if ("reason" in opening) return refuse(opening, info, onEvent);
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
        opening,
        upgrading,
        context,
      );
    }
    opening.cancel();
    return refuse(late, visitor, onEvent);
  } catch (error) {
    opening.cancel();
    throw error;
  }
}

/** A request that has passed all checks. */
type Admitted = Handshaking & Opener;

/** Upgrades, and begins a session when the client has the answer. */
function start(
  { request, raw, target, info: visitor, located, offer }: Admitted,
  opening: Opening,
  upgrading: Upgrading,
  context: UpgradeContext,
): Response | null {
  const { handshake, sessions, onEvent } = context;
  const { command, scriptName, pathInfo } = located;
  // All of it before the upgrade: afterwards the runtime knows nothing of the request any more.
  const info: SessionInfo = {
    ...visitor,
    id: createSessionId(),
    command,
    ...(opening.hub !== undefined && { hub: opening.hub }),
  };
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
    protocol: offer.speaksV1
      ? PROTOCOL
      : chooseSubprotocol(offered, handshake.subprotocol ?? []) ??
        context.authenticator.fallbackProtocol(raw.headers),
    headers: context.headersWs,
  };
  let upgraded: Upgraded;
  try {
    upgraded = upgrading.accept(answer, context.socket);
  } catch (error) {
    opening.cancel();
    const message = error instanceof Error ? error.message : String(error);
    return refuse(badHandshake(message), visitor, onEvent);
  }
  const { socket, opened, response } = upgraded;
  void opened.then(async (open) => {
    if (open && !sessions.draining) return opening.begin(socket, { info, env });
    // Nothing that begins after a drain would be waited for.
    if (open) await socket.close(CLOSE.GOING_AWAY, "server stopping");
    opening.cancel();
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
