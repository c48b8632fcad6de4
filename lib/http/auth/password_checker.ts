/**
 * Checks passwords, once for each login rather than for each request.
 *
 * @module
 */
import { builtin } from "../../builtin.ts";
import { Bcrypt } from "./bcrypt.ts";
import { Turns } from "./turns.ts";

/** How long a right password is remembered, in milliseconds. */
const REMEMBER_MS = 600_000;
/** How many are remembered; the oldest give way. */
const REMEMBERED = 1000;

/** Compares passwords with bcrypt hashes, one after the other. What was right is known again for ten minutes. */
export class PasswordChecker {
  /** A password is remembered as a keyed hash of it, with the bcrypt hash it belongs to: a changed one is asked for again. */
  readonly #key = builtin("node:crypto").randomBytes(32);
  readonly #right = new Map<string, number>();
  readonly #checking = new Map<string, Promise<boolean | null>>();
  readonly #turns = new Turns({ atOnce: 1, waiting: 64, perAddress: 16 });
  readonly #bcrypt: Pick<Bcrypt, "compare" | "close">;

  /** @param bcrypt Compares; is closed with this. */
  constructor(bcrypt: Pick<Bcrypt, "compare" | "close"> = new Bcrypt()) {
    this.#bcrypt = bcrypt;
  }

  /**
   * Whether a password belongs to a hash, or null if too many want to know.
   *
   * @param address Of the client; one must not hold up all others.
   * @throws {Error} If the package that knows bcrypt cannot be loaded.
   */
  async isRight(
    password: string,
    hash: string,
    address: string,
  ): Promise<boolean | null> {
    const pair = builtin("node:crypto").createHmac("sha256", this.#key).update(
      `${hash} ${password}`,
    )
      .digest("base64");
    if (performance.now() < (this.#right.get(pair) ?? 0)) return true;
    // A page fetches many things at once.
    let checking = this.#checking.get(pair);
    if (checking === undefined) {
      checking = this.#check(pair, password, hash, address);
      this.#checking.set(pair, checking);
    }
    return await checking;
  }

  /** Ends what is under way; all that wait are told no. Never rejects. */
  close(): Promise<void> {
    return this.#bcrypt.close();
  }

  async #check(
    pair: string,
    password: string,
    hash: string,
    address: string,
  ): Promise<boolean | null> {
    try {
      const release = await this.#turns.take(address);
      if (release === null) return null;
      try {
        const isRight = await this.#bcrypt.compare(password, hash);
        if (isRight) this.#remember(pair);
        return isRight;
      } finally {
        release();
      }
    } finally {
      this.#checking.delete(pair);
    }
  }

  #remember(pair: string): void {
    this.#right.delete(pair);
    this.#right.set(pair, performance.now() + REMEMBER_MS);
    if (this.#right.size <= REMEMBERED) return;
    const [oldest] = this.#right.keys();
    this.#right.delete(oldest);
  }
}
