/**
 * All sessions of one server: who may begin one, and how all of them end.
 *
 * @module
 */
import type { Traffic } from "../events.ts";
import { settlesWithin } from "../settles_within.ts";
import { CLOSE } from "../socket/close_codes.ts";
import type { Stalls } from "../socket/stall_clock.ts";

/**
 * Limits over all sessions.
 *
 * @example
 * ```ts
 * import { handler } from "@websocketd/websocketd";
 *
 * handler({ command: "cat", maxForks: 100, maxPerIp: 5 });
 * ```
 */
export interface SlotOptions {
  /** Programs that may run at once; 0 or less is unlimited. Over it: 429. @default {1024} */
  readonly maxForks?: number;
  /** Programs for each client address, or clients of shared programs. @default {0} */
  readonly maxPerIp?: number;
  /** Clients of shared programs that may be connected at once; 0 or less is unlimited. Over it: 429. @default {10000} */
  readonly maxClients?: number;
}

/** The right to run one more program. To be released once; more often does no harm. */
export interface Slot {
  release(): void;
}

/** Counts the slots of several servers together. */
export interface CommonSlots {
  /** Takes a slot for a client, or tells which limit leaves none. Never rejects. */
  take(ip: string): Promise<Slot | NoSlot>;
}

/** What runs in a slot: a session, or another way to run a program. */
export interface SlotHolder {
  /** How it stands; missing if it is no session. */
  readonly state?: SessionState;
  /** Starts, and resolves when the program has ended. Never rejects. */
  run(): Promise<void>;
  /** Called when nothing begins any more: what only waits for something to begin is to end. */
  drain?(): void;
  /** Ends it, with the ladder. The code and the reason are for a client who can be told. */
  end(code: number, reason: string): void;
  /** Ends it at once. */
  kill(): void;
  /** Ends what the program has left behind, some time after {@linkcode run} has resolved. Never rejects. */
  endOrphans(): Promise<void>;
}

/** A session as it is at the moment. */
export interface SessionState {
  /** That of its events. */
  readonly id: string;
  /** Whether its program has not ended yet. */
  readonly isRunning: boolean;
  /** From the program to the client. */
  readonly sent: Traffic;
  /** From the client to the program. */
  readonly received: Traffic;
  /** How long each side has held the other back. */
  readonly stalls: { readonly client: Stalls; readonly program: Stalls };
  /** How long the client took to answer the last ping, in milliseconds; null before it has, undefined if the engine does not tell. */
  readonly rttMs?: number | null;
}

/** Which limit leaves no room. */
export type NoSlot = "limit" | "limit-per-ip" | "limit-clients";

/** Longer than the ladder and a client's time to answer a close frame: what is left then hangs. */
const ENDED_MS = 4000;
/** How long what a program has left behind may live on before it is looked for, in milliseconds. */
const SWEEP_MS = 500;

/** The sessions that are open, and the slots they hold. */
export class Sessions {
  /** Programs that may run at once. */
  readonly maxForks: number;
  readonly #maxPerIp: number;
  readonly #open = new Set<SlotHolder>();
  readonly #perIp = new Map<string, number>();
  /** Clients of shared programs that may be connected at once. */
  readonly maxClients: number;
  #slots = 0;
  /** Slots of programs that many clients share. */
  #shared = 0;
  /** Clients of those. */
  #clients = 0;
  #common: CommonSlots | null = null;
  #draining: Promise<number> | null = null;
  #sweep: {
    readonly promise: Promise<void>;
    readonly resolve: () => void;
    readonly timer: ReturnType<typeof setTimeout>;
  } | null = null;
  #emptied = Promise.withResolvers<void>();

  constructor(
    { maxForks = 1024, maxPerIp = 0, maxClients = 10_000 }: SlotOptions = {},
  ) {
    this.maxClients = maxClients > 0 ? maxClients : Infinity;
    this.maxForks = maxForks > 0 ? maxForks : Infinity;
    this.#maxPerIp = maxPerIp > 0 ? maxPerIp : Infinity;
  }

  /** Sessions that are open or about to be. */
  get size(): number {
    return this.#slots - this.#shared + this.#clients;
  }

  /** Whether no more sessions are admitted. */
  get draining(): boolean {
    return this.#draining !== null;
  }

  /** Takes a slot of this server for a client, or tells which limit leaves none. */
  acquire(ip: string): Slot | NoSlot {
    if (this.#slots >= this.maxForks) return "limit";
    if (!this.#count(ip)) return "limit-per-ip";
    this.#slots++;
    return this.#slot(() => {
      this.#slots--;
      this.#uncount(ip);
    });
  }

  /** Takes a slot for a program that many clients share. No address is charged for it. */
  acquireShared(): Slot | NoSlot {
    if (this.#slots >= this.maxForks) return "limit";
    this.#slots++;
    this.#shared++;
    return this.#slot(() => {
      this.#slots--;
      this.#shared--;
    });
  }

  /** Takes a place for a client of a shared program, or tells which limit leaves none. */
  enter(ip: string): Slot | NoSlot {
    if (this.#clients >= this.maxClients) return "limit-clients";
    if (!this.#count(ip)) return "limit-per-ip";
    this.#clients++;
    return this.#slot(() => {
      this.#clients--;
      this.#uncount(ip);
    });
  }

  /** Keeps the limits together with other servers from now on, for who takes slots with {@linkcode take}. */
  share(common: CommonSlots): void {
    this.#common = common;
  }

  /** How the open sessions stand. */
  *states(): Iterable<SessionState> {
    for (const { state } of this.#open) if (state !== undefined) yield state;
  }

  /** Takes a slot for a client, or tells which limit leaves none: of this server, or of all that share their slots. Never rejects. */
  async take(ip: string): Promise<Slot | NoSlot> {
    // While the others are asked too, so that a drain waits for the answer.
    const own = this.acquire(ip);
    if (typeof own === "string" || this.#common === null) return own;
    const common = await this.#common.take(ip);
    if (typeof common === "string") {
      own.release();
      return common;
    }
    return {
      release: () => {
        common.release();
        own.release();
      },
    };
  }

  /** Runs a session in a slot to its end, and later ends what its program has left behind. Never rejects. */
  async run(session: SlotHolder, slot: Slot): Promise<void> {
    this.#open.add(session);
    try {
      await session.run();
      slot.release();
      await this.#sweepTime();
      await session.endOrphans();
    } finally {
      this.#open.delete(session);
      slot.release();
      this.#checkEmpty();
    }
  }

  /**
   * Admits no more sessions, lets those that are open end by themselves for
   * some time, then ends them with close code 1001 and the ladder. Resolves
   * with the number of sessions that had to be ended. Never rejects.
   */
  drain(drainMs: number): Promise<number> {
    if (this.#draining === null) {
      this.#draining = this.#drain(drainMs);
      for (const session of this.#open) session.drain?.();
    }
    this.#sweepNow();
    return this.#draining;
  }

  /** Kills every program at once. Resolves when all sessions have ended. */
  async kill(): Promise<void> {
    this.#draining ??= Promise.resolve(0);
    for (const session of this.#open) session.kill();
    this.#sweepNow();
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

  /**
   * Resolves when it is time to look for what ended programs have left behind.
   * Looking means going through all processes of the system, so that many
   * sessions share one look; nobody waits for it but orphans and a drain.
   */
  #sweepTime(): Promise<void> {
    if (this.draining) return Promise.resolve();
    if (this.#sweep === null) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(() => this.#sweepNow(), SWEEP_MS);
      this.#sweep = { promise, resolve, timer };
    }
    return this.#sweep.promise;
  }

  #sweepNow(): void {
    clearTimeout(this.#sweep?.timer);
    this.#sweep?.resolve();
    this.#sweep = null;
  }

  async #emptyWithin(ms: number): Promise<boolean> {
    if (this.#empty) return true;
    await settlesWithin(this.#emptied.promise, ms);
    return this.#empty;
  }

  get #empty(): boolean {
    return this.#slots === 0 && this.#clients === 0 && this.#open.size === 0;
  }

  #checkEmpty(): void {
    if (!this.#empty) return;
    this.#emptied.resolve();
    this.#emptied = Promise.withResolvers();
  }

  #slot(release: () => void): Slot {
    let released = false;
    return {
      release: () => {
        if (released) return;
        released = true;
        release();
        this.#checkEmpty();
      },
    };
  }

  /** Charges an address, unless it has as much as it may have. */
  #count(ip: string): boolean {
    const held = this.#perIp.get(ip) ?? 0;
    if (held >= this.#maxPerIp) return false;
    this.#perIp.set(ip, held + 1);
    return true;
  }

  #uncount(ip: string): void {
    const held = this.#perIp.get(ip)! - 1;
    if (held > 0) this.#perIp.set(ip, held);
    else this.#perIp.delete(ip);
  }
}
