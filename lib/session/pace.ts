/**
 * How fast the output of a program may come, and what becomes of clients that
 * cannot keep up.
 *
 * @module
 */
import type { OutputLog } from "../framing/output_log.ts";
import { settlesWithin } from "../settles_within.ts";
import { CLOSE } from "../socket/close_codes.ts";
import type { Seat } from "./seat.ts";

/** A client that took something within this time is taking what waits for it, in milliseconds. */
const MOVING_MS = 250;
/** How long one that is has to catch up, in milliseconds. */
const GRACE_MS = 1000;
/** How long a program waits for clients of which none takes anything, in milliseconds. */
const PACE_MS = 1000;

/** Whose pace it is. */
export interface PacedHub {
  /** What the clients are sent. */
  readonly log: OutputLog;
  /** Its clients, in the order they came. */
  readonly seats: ReadonlySet<Seat>;
  /** Whether the program belongs to one client. */
  readonly isPrivate: boolean;
  /** Number of the oldest message that other servers wait for; of the one to come if none does. */
  readonly unpublished: number;
}

/** What a client may cost the others. */
export interface PaceOptions {
  /** What becomes of a client that has more than `sendBuffer` waiting. */
  readonly slow: "close" | "drop" | "wait";
  /** Bytes that may wait for one client; each message counts 8 more. */
  readonly sendBuffer: number;
}

/** Says when more output may come into the log of a hub. */
export class Pace {
  /** Number of the first message that came last. */
  newest = 0;
  readonly #hub: PacedHub;
  readonly #options: PaceOptions;
  /** Whether the program has waited for its fastest client in vain. */
  #isStuck = false;
  #isOver = false;
  #movement: PromiseWithResolvers<void> | null = null;

  constructor(hub: PacedHub, options: PaceOptions) {
    this.#hub = hub;
    this.#options = options;
  }

  /** Resolves when more may come: waits for a client that is to be waited for, and sees to those that are not. Never rejects. */
  async admit(): Promise<void> {
    while (!this.#isOver && await this.#holdsBack());
    if (this.#hub.isPrivate) return;
    for (const seat of this.#hub.seats) if (seat.isHere) this.#judge(seat);
  }

  /** Sees to the clients before more comes that cannot be held back: what a program on another server has printed. */
  sift(): void {
    for (const seat of this.#hub.seats) {
      if (seat.isHere && !this.#hasGrace(seat) && !this.#isNewlyBehind(seat)) {
        this.#judge(seat);
      }
    }
  }

  /** A client has moved on: it has been sent something, has acknowledged something or has left; or other servers have been sent something. */
  moved(): void {
    this.#isStuck = false;
    this.#movement?.resolve();
    this.#movement = null;
  }

  /** Nobody is waited for any more. */
  stop(): void {
    this.#isOver = true;
    this.moved();
  }

  /** Sees to a client that has too much waiting. */
  #judge(seat: Seat): void {
    const { slow, sendBuffer } = this.#options;
    if (slow === "wait") return;
    // What came last came in one piece: nobody can have sent it yet.
    if (seat.waiting(this.newest) <= sendBuffer) return;
    if (slow === "drop") return seat.skip();
    seat.end(
      CLOSE.TRY_AGAIN,
      `this client reads too slowly: more than ${sendBuffer} bytes wait for it (--sendbuffer)`,
    );
  }

  /**
   * Waits for a client that is to be waited for. Without `wait` that is only
   * the fastest of all: a program that prints faster than anybody can read
   * would otherwise cost everybody.
   *
   * @returns Whether to look again.
   */
  async #holdsBack(): Promise<boolean> {
    const { log, seats, isPrivate, unpublished } = this.#hub;
    const { slow, sendBuffer } = this.#options;
    if (isPrivate || slow === "wait") {
      for (const seat of seats) {
        if (this.#held(seat) <= sendBuffer) continue;
        await this.#nextMovement();
        return true;
      }
      return false;
    }
    const high = sendBuffer / 2;
    if (log.costFrom(unpublished) > high) {
      return await settlesWithin(this.#nextMovement(), PACE_MS);
    }
    const here = [...seats].filter(({ isHere }) => isHere);
    if (here.some((seat) => this.#hasGrace(seat))) {
      await settlesWithin(this.#nextMovement(), MOVING_MS);
      return true;
    }
    if (here.length === 0 || here.some((seat) => seat.waiting() <= high)) {
      return false;
    }
    if (this.#isStuck) return false;
    this.#isStuck = !await settlesWithin(this.#nextMovement(), PACE_MS);
    return !this.#isStuck;
  }

  /** Whether a client that has too much waiting is at least taking it: on a busy machine nobody may have had time for it. That holds others up once, for a second in all, until it has caught up. */
  #hasGrace(seat: Seat): boolean {
    const now = performance.now();
    const stillMs = seat.stillMs(now);
    if (seat.waiting(this.newest) <= this.#options.sendBuffer) {
      if (seat.waiting() === 0) seat.behindSince = null;
      return false;
    }
    seat.behindSince ??= now;
    return stillMs < MOVING_MS && now - seat.behindSince < GRACE_MS;
  }

  /** Whether a client has had too much waiting for a moment only. Much may come at once, and to one that had nothing to take before. */
  #isNewlyBehind({ behindSince }: Seat): boolean {
    return behindSince !== null && performance.now() - behindSince < MOVING_MS;
  }

  /** What is kept for a client that the program has to wait for. */
  #held(seat: Seat): number {
    const { log, isPrivate } = this.#hub;
    if (!isPrivate) return seat.isHere ? seat.waiting() : 0;
    return log.costFrom(seat.needsOf(log));
  }

  /** Resolves when somebody has moved on. */
  #nextMovement(): Promise<void> {
    return (this.#movement ??= Promise.withResolvers()).promise;
  }
}
