/**
 * Who has sent wrong passwords and tokens lately.
 *
 * @module
 */

/** Wrong logins of one address that are let pass. */
const MOST = 10;
/** In this time, from the first of them on, in milliseconds. */
const WINDOW_MS = 60_000;
/** Addresses that are remembered; over it the one that began first is forgotten. Each costs about 200 bytes. */
const MOST_ADDRESSES = 10_000;

/** Counts wrong logins, here or on another thread. */
export interface LoginCount {
  /** How long an address has to wait for its next try, in seconds; 0 if it may try at once. Never rejects. */
  waitSeconds(address: string): number | Promise<number>;
  /** Counts one more. What is counted when this resolves, every thread knows. Never rejects. */
  add(address: string): void | Promise<void>;
}

/** Counts wrong logins by address: of IPv6 by its first 64 bits, as everybody has that many. */
export class WrongLogins implements LoginCount {
  /** In the order in which they began. */
  readonly #counts = new Map<
    string,
    { count: number; readonly since: number }
  >();
  readonly #now: () => number;

  /** @param now A clock, in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How long an address has to wait for its next try, in seconds; 0 if it may try at once. */
  waitSeconds(address: string): number {
    const found = this.#counts.get(networkOf(address));
    if (found === undefined || found.count < MOST) return 0;
    return Math.max(
      0,
      Math.ceil((found.since + WINDOW_MS - this.#now()) / 1000),
    );
  }

  /** Counts one more. Not behind a unix socket, where all would be one. */
  add(address: string): void {
    if (address === "unix-socket") return;
    const network = networkOf(address), now = this.#now();
    const found = this.#counts.get(network);
    if (found !== undefined && now - found.since < WINDOW_MS) {
      found.count++;
      return;
    }
    this.#counts.delete(network);
    this.#counts.set(network, { count: 1, since: now });
    if (this.#counts.size <= MOST_ADDRESSES) return;
    const [first] = this.#counts.keys();
    this.#counts.delete(first);
  }
}

function networkOf(address: string): string {
  if (!address.includes(":") || address.includes(".")) return address;
  const [head, tail] = address.split("%")[0].split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const middle = new Array(Math.max(0, 8 - front.length - back.length)).fill(
    "0",
  );
  return [...front, ...middle, ...back].slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16)).join(":");
}
