/**
 * Whether a client that says nothing is still there.
 *
 * @module
 */

import { startTimer } from "../../shared_timer.ts";

/** What a heartbeat needs of its connection. */
export interface HeartbeatHooks {
  /** Sends a ping. */
  ping(body: Uint8Array): void;
  /** Called once, when nothing has come for twice the time. */
  lost(): void;
  /** How many bytes of output the client's system has taken, while more wait for it; else null. */
  takenOfMore(): number | null;
}

/**
 * Pings a client after some time of silence and gives up after as long again.
 * One timer, which fires once in that time however much comes.
 *
 * While nobody reads what the client sends, its silence means nothing. It is
 * pinged all the same: writing to a client that has left is how that shows.
 */
export class Heartbeat {
  /** How long the client took to answer the last ping that was measured, in milliseconds; null before. */
  rttMs: number | null = null;

  readonly #pingMs: number;
  readonly #hooks: HeartbeatHooks;
  #stopTimer = (): void => {};
  #isListening = false;
  #heardAt = performance.now();
  #pings = 0;
  /** When the last ping was sent, or null if its answer is not to be measured. */
  #pingedAt: number | null = null;
  #isPinged = false;
  #taken: number | null = null;

  /** @param pingMs Silence before a ping, in milliseconds; 0 never pings. */
  constructor(pingMs: number, hooks: HeartbeatHooks) {
    this.#pingMs = pingMs;
    this.#hooks = hooks;
    if (pingMs > 0) this.#waitFor(pingMs);
  }

  /** Says that from now on all that comes is heard. */
  listen(): void {
    this.#isListening = true;
  }

  /** Says that from now on nothing is heard. */
  pause(): void {
    this.#isListening = false;
    // A pong that waits unread would count the waiting.
    this.#pingedAt = null;
  }

  /** Says that something has come. */
  heard(now: number): void {
    this.#heardAt = now;
    this.#isPinged = false;
  }

  /** Takes a pong. One that answers no ping is allowed and means nothing (RFC 6455 §5.5.3). */
  pong(body: Uint8Array, now: number): void {
    if (this.#pingedAt === null || numberOf(body) !== this.#pings) return;
    this.rttMs = now - this.#pingedAt;
    this.#pingedAt = null;
  }

  /** Ends it. */
  stop(): void {
    this.#stopTimer();
  }

  #waitFor(ms: number): void {
    this.#stopTimer = startTimer(ms, () => this.#look());
  }

  #look(): void {
    const now = performance.now();
    const silence = now - this.#heardAt;
    if (!this.#isListening) {
      this.heard(now);
      this.#ping(null);
      return this.#waitFor(this.#pingMs);
    }
    if (this.#isTaking()) {
      // Its pong has to wait for our ping, and that for all else.
      this.heard(now);
      return this.#waitFor(this.#pingMs);
    }
    if (silence < this.#pingMs) return this.#waitFor(this.#pingMs - silence);
    if (silence >= 2 * this.#pingMs) return this.#hooks.lost();
    if (!this.#isPinged) this.#ping(now);
    this.#isPinged = true;
    this.#waitFor(2 * this.#pingMs - silence);
  }

  /** Whether the client has taken some of the output that waits for it since the last look. */
  #isTaking(): boolean {
    const before = this.#taken, taken = this.#hooks.takenOfMore();
    this.#taken = taken;
    return before !== null && taken !== null && taken > before;
  }

  #ping(pingedAt: number | null): void {
    const body = new Uint8Array(4);
    new DataView(body.buffer).setUint32(0, ++this.#pings);
    this.#pingedAt = pingedAt;
    this.#hooks.ping(body);
  }
}

/** The number in a ping's body; -1 if there is none. */
function numberOf(body: Uint8Array): number {
  if (body.length !== 4) return -1;
  return new DataView(body.buffer, body.byteOffset).getUint32(0);
}
