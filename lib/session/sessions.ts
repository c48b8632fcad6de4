/**
 * All sessions of one server: who may begin one, and how all of them end.
 *
 * @module
 */
import { CLOSE } from "../socket/close_codes.ts";
import type { Session } from "./session.ts";

/** Limits over all sessions. */
export interface SlotOptions {
  /** Programs that may run at once; 0 or less is unlimited. Over it: 429. @default {1024} */
  readonly maxForks?: number;
  /** The same for each client address. @default {0} */
  readonly maxPerIp?: number;
}

/** The right to run one more program. To be released once; more often does no harm. */
export interface Slot {
  release(): void;
}

/** Which limit leaves no room. */
export type NoSlot = "limit" | "limit-per-ip";

/** Longer than the ladder and a client's time to answer a close frame: what is left then hangs. */
const ENDED_MS = 4000;

/** The sessions that are open, and the slots they hold. */
export class Sessions {
  readonly #maxForks: number;
  readonly #maxPerIp: number;
  readonly #open = new Set<Session>();
  readonly #perIp = new Map<string, number>();
  #slots = 0;
  #draining: Promise<number> | null = null;
  #emptied = Promise.withResolvers<void>();

  constructor({ maxForks = 1024, maxPerIp = 0 }: SlotOptions = {}) {
    this.#maxForks = maxForks > 0 ? maxForks : Infinity;
    this.#maxPerIp = maxPerIp > 0 ? maxPerIp : Infinity;
  }

  /** Sessions that are open or about to be. */
  get size(): number {
    return this.#slots;
  }

  /** Whether no more sessions are admitted. */
  get draining(): boolean {
    return this.#draining !== null;
  }

  /** Takes a slot for a client, or tells which limit leaves none. */
  acquire(ip: string): Slot | NoSlot {
    if (this.#slots >= this.#maxForks) return "limit";
    const held = this.#perIp.get(ip) ?? 0;
    if (held >= this.#maxPerIp) return "limit-per-ip";
    this.#slots++;
    this.#perIp.set(ip, held + 1);
    let released = false;
    return {
      release: () => {
        if (released) return;
        released = true;
        this.#release(ip);
      },
    };
  }

  /** Runs a session in a slot to its end. Never rejects. */
  async run(session: Session, slot: Slot): Promise<void> {
    this.#open.add(session);
    try {
      await session.run();
    } finally {
      this.#open.delete(session);
      slot.release();
    }
  }

  /**
   * Admits no more sessions, lets those that are open end by themselves for
   * some time, then ends them with close code 1001 and the ladder. Resolves
   * with the number of sessions that had to be ended. Never rejects.
   */
  drain(drainMs: number): Promise<number> {
    return this.#draining ??= this.#drain(drainMs);
  }

  /** Kills every program at once. Resolves when all sessions have ended. */
  async kill(): Promise<void> {
    this.#draining ??= Promise.resolve(0);
    for (const session of this.#open) session.kill();
    await this.#emptyWithin(ENDED_MS);
  }

  async #drain(drainMs: number): Promise<number> {
    if (await this.#emptyWithin(drainMs)) return 0;
    const left = this.#open.size;
    for (const session of this.#open) {
      session.end(CLOSE.GOING_AWAY, "server stopping");
    }
    if (!(await this.#emptyWithin(ENDED_MS))) await this.kill();
    return left;
  }

  async #emptyWithin(ms: number): Promise<boolean> {
    if (this.#slots === 0) return true;
    const { promise: timeout, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([this.#emptied.promise, timeout]);
    clearTimeout(timer);
    return this.#slots === 0;
  }

  #release(ip: string): void {
    this.#slots--;
    const held = this.#perIp.get(ip)! - 1;
    if (held > 0) this.#perIp.set(ip, held);
    else this.#perIp.delete(ip);
    if (this.#slots > 0) return;
    this.#emptied.resolve();
    this.#emptied = Promise.withResolvers();
  }
}
