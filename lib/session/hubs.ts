/**
 * All shared programs of one server, and all seats that can be resumed.
 *
 * @module
 */
import type { SessionInfo } from "../events.ts";
import { CLOSE } from "../socket/close_codes.ts";
import type { Socket } from "../socket/socket.ts";
import type { JoinPoint, LogPlace } from "./history.ts";
import { Hub, type HubParts } from "./hub.ts";
import type { HubOptions } from "./hub_options.ts";
import type { Seat } from "./seat.ts";
import type { NoSlot, Sessions, Slot } from "./sessions.ts";

/** What a client that joins a shared program brings. */
export interface Visit {
  readonly info: SessionInfo;
  readonly point: JoinPoint;
  /** Whether it speaks `websocketd.v1`. */
  readonly speaksV1: boolean;
  /** Where it was when it lost its connection; null if that cannot be known. */
  readonly resume?: LogPlace | null;
}

/** A place at a shared program, to be taken or given back. */
export interface Reservation {
  /** Gives the place back. */
  cancel(): void;
  /** Takes the place. The first client's parts are what the program is started with. Resolves when the client is gone for good. Never rejects. */
  join(socket: Socket, visit: Visit, parts: () => HubParts): Promise<void>;
}

/** Where a seat is, and whose it is. */
export interface ResumableSeat {
  readonly seat: Seat;
  readonly hub: Hub;
}

/** What there is of one key, as long as there is something. */
interface Entry {
  /** For the one program that runs at a time: two may want the same file or port. */
  readonly slot: Slot;
  /** The program that runs, or is ending; null if there is none. */
  hub: Hub | null;
  /** Reservations that nobody has taken or given back. */
  reserved: number;
}

/** Shared programs by key. */
export class Hubs {
  readonly #sessions: Sessions;
  readonly #options: HubOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #seats = new Map<string, ResumableSeat>();

  constructor(sessions: Sessions, options: HubOptions) {
    this.#sessions = sessions;
    this.#options = options;
  }

  /** How long a lost connection is waited for, in milliseconds. */
  get resumeMs(): number {
    return this.#options.resumeMs ?? 0;
  }

  /** Takes a place at the program of a key, and a slot for the program if it does not run; or tells which limit leaves none. */
  reserve(key: string, ip: string): Reservation | NoSlot {
    const place = this.#sessions.enter(ip);
    if (typeof place === "string") return place;
    const entry = this.#enter(key);
    if (typeof entry === "string") {
      place.release();
      return entry;
    }
    return this.#reservation(key, entry, place);
  }

  /** Starts the program of a key without a client, for good. Nothing happens if there is no slot for it. */
  start(key: string, parts: HubParts): void {
    const entry = this.#enter(key);
    if (typeof entry !== "string" && entry.hub === null) {
      this.#run(key, entry, parts);
    }
  }

  /** Runs the program of one client that speaks the subprotocol. Resolves when both are gone. Never rejects. */
  runPrivate(
    socket: Socket,
    slot: Slot,
    parts: HubParts,
  ): Promise<void> {
    const hub = new Hub(parts, this.#options);
    const ended = this.#sessions.run(hub, slot);
    const seat = hub.join(parts.info);
    this.#remember(seat, hub);
    seat.attach(socket, { speaksV1: true, resumed: false, lost: 0 });
    // Not awaited: what waits would hold a connection that may be lost long before.
    return ended;
  }

  /** Finds a seat by its secret. */
  find(secret: string): ResumableSeat | null {
    return this.#seats.get(secret) ?? null;
  }

  /** What there is of a key, or a slot for it; or tells which limit leaves none. */
  #enter(key: string): Entry | NoSlot {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const slot = this.#sessions.acquireShared();
      if (typeof slot === "string") return slot;
      entry = { slot, hub: null, reserved: 0 };
      this.#entries.set(key, entry);
    }
    return entry;
  }

  #reservation(key: string, entry: Entry, place: Slot): Reservation {
    entry.reserved++;
    const settle = () => {
      entry.reserved--;
      entry.hub?.settled();
      this.#tidy(key, entry);
    };
    const cancel = () => {
      settle();
      place.release();
    };
    return {
      cancel,
      join: async (socket, visit, parts) => {
        const { info, point, speaksV1, resume } = visit;
        while (entry.hub?.isOver) await entry.hub.gone;
        if (this.#sessions.draining) {
          cancel();
          await socket.close(CLOSE.GOING_AWAY, "server stopping");
          return;
        }
        const hub = entry.hub ?? this.#run(key, entry, parts());
        await Promise.race([hub.ready, socket.closed]);
        const { from, lost } = resume === undefined
          ? { from: point, lost: 0 }
          : resume === null
          ? { from: point, lost: null }
          : hub.placeOf(resume);
        const seat = hub.join(info, from);
        settle();
        if (speaksV1) this.#remember(seat, hub);
        const ended = this.#sessions.run(seat, place);
        seat.attach(socket, { speaksV1, resumed: false, lost });
        return ended;
      },
    };
  }

  #run(key: string, entry: Entry, parts: HubParts): Hub {
    const hub = entry.hub = new Hub(
      parts,
      this.#options,
      () => entry.reserved > 0,
    );
    // Before anybody else is told that it is gone.
    void hub.gone.then(() => {
      entry.hub = null;
      this.#tidy(key, entry);
    });
    void this.#sessions.run(hub, NO_SLOT);
    return hub;
  }

  /** Gives back what nobody needs any more: whoever comes next begins anew. */
  #tidy(key: string, entry: Entry): void {
    if (entry.hub !== null || entry.reserved > 0) return;
    entry.slot.release();
    this.#entries.delete(key);
  }

  /** Only as long as somebody may come back to it. */
  #remember(seat: Seat, hub: Hub): void {
    if (this.resumeMs === 0) return;
    this.#seats.set(seat.secret, { seat, hub });
    void seat.run().then(() => this.#seats.delete(seat.secret));
  }
}

/** The slot of a shared program is that of its key. */
const NO_SLOT: Slot = { release(): void {} };
