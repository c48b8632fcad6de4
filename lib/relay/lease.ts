/**
 * Who of several servers runs a program.
 *
 * @module
 */
import { type Broker, LEASE_MS } from "./broker.ts";

/** How often a lease is renewed, in milliseconds: some times before it runs out. */
const RENEW_MS = LEASE_MS / 5;
/** How long before it runs out a lease is given up that cannot be renewed, in milliseconds: time to end what it was for, and a little more. */
const YIELD_MS = 1000, SPARE_MS = 100;
/** How often it is tried again when that has failed, in milliseconds. */
const AGAIN_MS = 100;
/** How often those who have no lease look whether it has run out, in milliseconds. */
const LOOK_MS = 500;

/** What a lease needs of a broker. */
export type LeaseBroker = Pick<
  Broker,
  "isConnected" | "takeLease" | "renewLease" | "dropLease" | "watchLease"
>;

/** What is heard of a lease. */
export interface LeaseHooks {
  /** It is ours. */
  readonly onGained: () => void;
  /** It is given up. So many milliseconds later somebody else may have it. */
  readonly onLost: (endMs: number) => void;
}

/**
 * The right to run the program of one key: one server has it, the others try
 * to take it over when that one gives it back, or has not been heard of for
 * {@linkcode LEASE_MS}.
 */
export class Lease {
  readonly #broker: LeaseBroker;
  readonly #key: string;
  readonly #owner: string;
  readonly #hooks: LeaseHooks;
  #revision: number | null = null;
  /** Until when it surely holds, by `performance.now()`. */
  #until = 0;
  #isOver = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #unwatch: (() => void) | null = null;
  #running: Promise<void> = Promise.resolve();
  #wake: (() => void) | null = null;

  /**
   * Begins to try.
   *
   * @param key Letters, digits, dashes and underscores.
   * @param owner Who tries, for people who look.
   */
  constructor(
    broker: LeaseBroker,
    key: string,
    owner: string,
    hooks: LeaseHooks,
  ) {
    this.#broker = broker;
    this.#key = key;
    this.#owner = owner;
    this.#hooks = hooks;
    this.#running = this.#run();
  }

  /** Whether it is ours. */
  get isHeld(): boolean {
    return this.#revision !== null;
  }

  /** Stops trying, and gives it back if it is ours: the next one has it at once. Never rejects. */
  async release(): Promise<void> {
    this.#isOver = true;
    this.#wakeUp();
    this.#unwatch?.();
    await this.#running;
    const revision = this.#revision;
    this.#revision = null;
    if (revision !== null) await this.#broker.dropLease(this.#key, revision);
  }

  async #run(): Promise<void> {
    void this.#watch();
    while (!this.#isOver) {
      if (this.#revision === null) await this.#take();
      else await this.#renew(this.#revision);
      if (this.#isOver) break;
      await this.#pause(this.#pauseMs());
    }
  }

  /** How long it is ours without being renewed, in milliseconds. */
  get #heldMs(): number {
    return this.#until - YIELD_MS - performance.now();
  }

  #pauseMs(): number {
    if (this.#revision === null) return LOOK_MS * (0.5 + Math.random());
    const heldMs = this.#heldMs;
    const isFresh = heldMs > LEASE_MS - YIELD_MS - RENEW_MS;
    // One that could not be renewed is tried again soon, and given up in time.
    return isFresh ? RENEW_MS : Math.min(AGAIN_MS, Math.max(0, heldMs));
  }

  async #take(): Promise<void> {
    const since = performance.now();
    let revision: number | null;
    try {
      revision = await this.#broker.takeLease(this.#key, this.#owner);
    } catch {
      return; // No broker, so no leader: the next look may find it.
    }
    if (revision === null) return;
    this.#hold(revision, since);
    if (!this.#isOver) this.#hooks.onGained();
  }

  async #renew(revision: number): Promise<void> {
    const since = performance.now();
    if (this.#heldMs > 0) {
      // What is asked now is not answered.
      if (!this.#broker.isConnected) return;
      // An answer that comes after it was given up is too late.
      const renewed = await orNothing(
        this.#renewOrRetake(revision),
        this.#heldMs,
      );
      if (typeof renewed === "number") return this.#hold(renewed, since);
      if (renewed === undefined && this.#heldMs > 0) return;
    }
    // Somebody else may have it already, if a broker has forgotten that it was ours: then what is left of it means nothing.
    const leftMs = Math.min(0, this.#heldMs) + YIELD_MS - SPARE_MS;
    const endMs = Math.max(0, leftMs);
    this.#revision = null;
    this.#until = 0;
    this.#hooks.onLost(endMs);
  }

  /** A broker that was started again has forgotten the lease, and so have the others: it is still there to be taken. */
  async #renewOrRetake(revision: number): Promise<number | null> {
    return await this.#broker.renewLease(this.#key, this.#owner, revision) ??
      await this.#broker.takeLease(this.#key, this.#owner);
  }

  #hold(revision: number, since: number): void {
    this.#revision = revision;
    this.#until = since + LEASE_MS;
  }

  /** A broker that has just been reached again may fail once. Watching only saves time. */
  async #watch(): Promise<void> {
    try {
      const unwatch = await this.#broker.watchLease(this.#key, () => {
        if (!this.isHeld) this.#wakeUp();
      });
      if (this.#isOver) unwatch();
      else this.#unwatch = unwatch;
    } catch {
      // Then it is seen at the next look.
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = setTimeout(resolve, ms);
    });
  }

  #wakeUp(): void {
    clearTimeout(this.#timer);
    this.#wake?.();
  }
}

/** The value of a promise; nothing if it rejects, or not within the time. */
async function orNothing<T>(
  promise: Promise<T>,
  ms: number,
): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), Math.max(0, ms));
  try {
    return await Promise.race([promise.catch(() => undefined), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
