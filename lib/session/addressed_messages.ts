/**
 * Which messages of a log are not for everybody.
 *
 * @module
 */

/** Whose a message is. */
export interface Addressees {
  /** Clients that get it; null for all. */
  readonly to: ReadonlySet<string> | null;
  /** Clients that do not get it. */
  readonly except: ReadonlySet<string>;
}

/** Messages behind a number that are all for a client, or all for others. */
export interface Stretch {
  /** Number of the first message behind them. */
  readonly until: number;
  readonly isOthers: boolean;
}

/** The messages that are for some clients only, by number. Nearly always there are none. */
export class AddressedMessages {
  /** In order. */
  readonly #messages: (Addressees & { readonly at: number })[] = [];

  /** Adds one behind all others. */
  add(at: number, addressees: Addressees): void {
    this.#messages.push({ ...addressees, at });
  }

  /** How far the messages from a number on are all for a client, or all for others. */
  stretch(from: number, next: number, client: string): Stretch {
    const messages = this.#messages;
    // Nearly always everything before has been sent.
    if (messages.length === 0 || messages.at(-1)!.at < from) {
      return { until: next, isOthers: false };
    }
    const first = messages[this.#indexFrom(from)];
    if (first.at > from) return { until: first.at, isOthers: false };
    return { until: from + 1, isOthers: !isFor(first, client) };
  }

  /** How many messages from a number on are for others only. */
  countOthers(from: number, client: string): number {
    const messages = this.#messages;
    let others = 0;
    for (let i = this.#indexFrom(from); i < messages.length; i++) {
      if (!isFor(messages[i], client)) others++;
    }
    return others;
  }

  /** Forgets those below a number. */
  forget(below: number): void {
    const messages = this.#messages;
    if (messages.length === 0 || messages[0].at >= below) return;
    messages.splice(0, this.#indexFrom(below));
  }

  /** Index of the first that has this number or a higher one. */
  #indexFrom(number: number): number {
    let low = 0, high = this.#messages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#messages[middle].at < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isFor({ to, except }: Addressees, client: string): boolean {
  return (to === null || to.has(client)) && !except.has(client);
}
