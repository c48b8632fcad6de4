/** How many may do something expensive. */
export interface TurnLimits {
  /** At once. */
  readonly atOnce: number;
  /** In the queue behind them. */
  readonly waiting: number;
  /** Of one client address, in both. */
  readonly perAddress: number;
}

/** Lets a few do something at once, others wait, and turns away the rest. First come, first served. */
export class Turns {
  readonly #limits: TurnLimits;
  readonly #perAddress = new Map<string, number>();
  readonly #queue: (() => void)[] = [];
  #taken = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** Waits for a turn. Resolves with what ends it, to be called once; with null, at once, if too many are waiting already. */
  async take(address: string): Promise<(() => void) | null> {
    const { atOnce, waiting, perAddress } = this.#limits;
    const held = this.#perAddress.get(address) ?? 0;
    if (held >= perAddress || this.#queue.length >= waiting) return null;
    this.#perAddress.set(address, held + 1);
    if (this.#taken < atOnce) this.#taken++;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    return () => this.#release(address);
  }

  #release(address: string): void {
    const held = this.#perAddress.get(address)! - 1;
    if (held === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, held);
    const next = this.#queue.shift();
    // Whoever is next has the turn that ends here.
    if (next === undefined) this.#taken--;
    else next();
  }
}
