/**
 * What becomes of a client whose connection is open: a session of its own, a
 * seat at a program that others have too, or the seat that it had before.
 *
 * @module
 */
import { SESSION_CLOSE } from "../client/protocol.ts";
import type { EventSink, RequestInfo, SessionInfo } from "../events.ts";
import type { Framing } from "../framing/framing.ts";
import type { Relay } from "../relay/relay.ts";
import { controlBatch } from "../session/control_batch.ts";
import type { HubParts } from "../session/hub.ts";
import type { Hubs } from "../session/hubs.ts";
import { Session, type SessionOptions } from "../session/session.ts";
import type { Sessions } from "../session/sessions.ts";
import type { Socket } from "../socket/socket.ts";
import type { RequestHead } from "./exchange.ts";
import { noSlot } from "./no_slot.ts";
import type { LocatedProgram } from "./program.ts";
import type { ProtocolOffer } from "./protocol_offer.ts";
import type { Refusal } from "./refuse.ts";
import type { RequestTarget } from "./request.ts";
import { createSessionId } from "./session_id.ts";
import {
  joinPoint,
  type ShareBy,
  sharedEnv,
  type SharedPlace,
  sharedPlace,
} from "./sharing.ts";

/** What openings need to know, made once for each server. */
export interface OpeningContext {
  readonly framing: Framing;
  readonly session: SessionOptions;
  readonly sessions: Sessions;
  readonly hubs: Hubs;
  /** Null if each client has a program of its own. */
  readonly share: ShareBy | null;
  /** Null if no other server has part in shared programs. */
  readonly relay: Relay | null;
  readonly onEvent: EventSink;
}

/** A client that has passed all checks. */
export interface Opener {
  readonly request: RequestHead;
  readonly target: RequestTarget;
  readonly info: RequestInfo;
  readonly located: LocatedProgram;
  readonly offer: ProtocolOffer;
}

/** What is made for a client before its connection is open. */
export interface Made {
  readonly info: SessionInfo;
  readonly env: Readonly<Record<string, string>>;
}

/** The right to begin. One of the two is to be called. */
export interface Opening {
  /** What the clients of a shared program have in common. */
  readonly hub?: string;
  /** Nothing comes of it. */
  cancel(): void;
  /** Resolves when the client is gone for good. Never rejects. */
  begin(socket: Socket, made: Made): Promise<void>;
}

/** Takes what a client needs: a slot, a place, or the seat that it had. A refusal says why there is none. Never rejects. */
export function prepareOpening(
  opener: Opener,
  context: OpeningContext,
): Opening | Refusal | Promise<Opening | Refusal> {
  const { share } = context;
  const { located, target, request, offer } = opener;
  const place = share === null
    ? null
    : sharedPlace(share, located, target, request.headers);
  const { resume } = offer;
  if (resume !== undefined) {
    const opening = resumed(opener, place, context);
    if (opening !== null) return opening;
    if (place === null) return sessionOver(context);
  }
  return place === null
    ? ownProgram(opener, context)
    : sharedProgram(opener, place, context);
}

/** The client goes on at the seat that it had. Null if that is gone, or another's. */
function resumed(
  { offer: { resume }, info }: Opener,
  place: SharedPlace | null,
  { hubs, framing }: OpeningContext,
): Opening | null {
  if (resume === null || resume === undefined) return null;
  const found = hubs.find(resume.session);
  if (found === null) return null;
  const { seat, hub } = found;
  const { output, epoch } = resume;
  const isSame = seat.info.user === info.user &&
    pathOf(seat.info.url) === pathOf(info.url) &&
    seat.info.hub === place?.name;
  if (!isSame || hub.placeOf({ output, epoch }).lost === null) return null;
  return {
    cancel: () => {},
    // Not `async`: what waits for the seat would hold each of its connections.
    begin(socket: Socket): Promise<void> {
      if (hubs.find(resume.session) === null) {
        // The time was over in the meantime.
        return closeOver(socket, framing);
      }
      const { from, lost } = hub.placeOf({ output, epoch });
      seat.moveTo(from);
      seat.attach(socket, { speaksV1: true, resumed: true, lost });
      return seat.run();
    },
  };
}

/** There is nothing to go on with. To begin anew without a word would run the program twice. */
function sessionOver({ framing }: OpeningContext): Opening {
  return { cancel: () => {}, begin: (socket) => closeOver(socket, framing) };
}

async function closeOver(socket: Socket, framing: Framing): Promise<void> {
  const message =
    "the session is over: its time to be resumed has passed, or this server never had it (--resume)";
  await socket.send(controlBatch(framing, [{ type: "error", message }]));
  await socket.close(SESSION_CLOSE.SESSION_OVER, "the session is over");
}

async function ownProgram(
  { info: { remoteAddr }, located, offer }: Opener,
  context: OpeningContext,
): Promise<Opening | Refusal> {
  const { sessions, hubs, framing, onEvent } = context;
  const slot = await sessions.take(remoteAddr);
  if (typeof slot === "string") return noSlot(slot, sessions);
  const { program } = located;
  return {
    cancel: () => slot.release(),
    begin(socket, { info, env }): Promise<void> {
      const parts = { info, program, env, framing, onEvent };
      if (!offer.speaksV1) {
        const session = new Session({ ...parts, socket }, context.session);
        return sessions.run(session, slot);
      }
      return hubs.runPrivate(socket, slot, { ...parts, isPrivate: true });
    },
  };
}

function sharedProgram(
  { info: { remoteAddr }, located, target, offer }: Opener,
  { key, name }: SharedPlace,
  { sessions, hubs, framing, relay, onEvent }: OpeningContext,
): Opening | Refusal {
  const point = joinPoint(target);
  if ("status" in point) return point;
  const reservation = hubs.reserve(key, remoteAddr);
  if (typeof reservation === "string") return noSlot(reservation, sessions);
  const { program, command } = located;
  return {
    hub: name,
    cancel: () => reservation.cancel(),
    begin(socket, { info, env }): Promise<void> {
      const parts = (): HubParts => {
        const id = createSessionId();
        return {
          info: { ...info, id, command },
          program,
          env: { ...sharedEnv(env), UNIQUE_ID: id },
          framing,
          onEvent,
          isPrivate: false,
          relay: relay === null ? undefined : (hub) => relay.open(key, hub),
        };
      };
      return reservation.join(socket, { info, point, ...offer }, parts);
    },
  };
}

/** The path of an URL as it was sent. */
function pathOf(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/?#]*/i, "").replace(/[?#].*/s, "");
}
