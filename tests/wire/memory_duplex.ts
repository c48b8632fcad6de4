/**
 * A connection inside of one process, on which every chunk arrives as it was
 * written.
 *
 * @module
 */
import type { Duplex } from "../../lib/socket/wire/duplex.ts";

/** One direction: a queue of chunks that holds writers back when it is full. */
class Pipe {
  readonly #chunks: Uint8Array[] = [];
  readonly #capacity: number;
  #held = 0;
  #isEnded = false;
  #isBroken = false;
  #wake: (() => void)[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (!this.#isBroken && this.#chunks.length === 0 && !this.#isEnded) {
      await this.#change();
    }
    if (this.#isBroken) throw new Deno.errors.BadResource("closed");
    const [chunk] = this.#chunks;
    if (chunk === undefined) return null;
    const count = Math.min(chunk.length, into.length);
    into.set(chunk.subarray(0, count));
    if (count === chunk.length) this.#chunks.shift();
    else this.#chunks[0] = chunk.subarray(count);
    this.#held -= count;
    this.#changed();
    return count;
  }

  async write(bytes: Uint8Array): Promise<number> {
    while (
      !this.#isBroken && !this.#isEnded && this.#held >= this.#capacity
    ) await this.#change();
    if (this.#isBroken || this.#isEnded) {
      throw new Deno.errors.BrokenPipe("closed");
    }
    const count = Math.min(bytes.length, this.#capacity - this.#held);
    this.#chunks.push(bytes.slice(0, count));
    this.#held += count;
    this.#changed();
    return count;
  }

  end(): void {
    this.#isEnded = true;
    this.#changed();
  }

  break(): void {
    this.#isBroken = true;
    this.#changed();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #changed(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/** Two ends of a connection, each of which holds at most `capacity` bytes that the other has not read. */
export function memoryDuplex(capacity = 1 << 20): [Duplex, Duplex] {
  const there = new Pipe(capacity), back = new Pipe(capacity);
  const end = (from: Pipe, to: Pipe): Duplex => ({
    read: (into) => from.read(into),
    write: (bytes) => to.write(bytes),
    closeWrite: () => Promise.resolve(to.end()),
    close(): void {
      to.end();
      from.break();
    },
  });
  return [end(back, there), end(there, back)];
}
