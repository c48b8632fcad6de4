/**
 * What a client has sent that its program has not taken.
 *
 * @module
 */
import type { Batch } from "../framing/batch.ts";
import { payloadSize } from "../framing/payloads.ts";

/** Bytes that may wait, with 8 for each message: more than the client of this project has under way. */
const LIMIT = 1 << 21;
/** What a batch costs besides its messages, in bytes. */
const BATCH_COST = 200;

/**
 * Writes one batch after the other, so that nothing overtakes what an earlier
 * connection of the client has sent, and reads a bounded piece ahead: the
 * program may be waiting for an acknowledgement that comes behind its input.
 */
export class SeatInput {
  readonly #write: (batch: Batch) => Promise<void>;
  readonly #waiting: Batch[] = [];
  #bytes = 0;
  #writing: Promise<void> | null = null;
  #room: PromiseWithResolvers<void> | null = null;

  /** @param write Resolves when the program has taken a batch, or never will. Must not reject. */
  constructor(write: (batch: Batch) => Promise<void>) {
    this.#write = write;
  }

  /** Whether there is room for another batch, when there is, or when that no longer matters. Never rejects. */
  async hasRoom(orUntil: Promise<unknown>): Promise<boolean> {
    if (this.#bytes > LIMIT) {
      await Promise.race([this.#nextRoom(), orUntil]);
    }
    return this.#bytes <= LIMIT;
  }

  /** Takes a batch, which is copied. */
  add(batch: Batch): void {
    this.#bytes += costOf(batch);
    this.#waiting.push(copyOf(batch));
    this.#writing ??= this.#writeAll();
  }

  /** Hands on all that waits, at once: the client has left, and whoever takes it knows how much to keep of such clients. */
  passOn(): void {
    for (const batch of this.#waiting.splice(0)) void this.#write(batch);
  }

  /** Resolves when nothing waits any more. Never rejects. */
  async written(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    for (let batch; (batch = this.#waiting.shift()) !== undefined;) {
      await this.#write(batch);
      this.#bytes -= costOf(batch);
      if (this.#bytes > LIMIT) continue;
      this.#room?.resolve();
      this.#room = null;
    }
    this.#writing = null;
  }

  #nextRoom(): Promise<void> {
    return (this.#room ??= Promise.withResolvers()).promise;
  }
}

/** Bytes that it takes: empty messages do, too. */
function costOf(batch: Batch): number {
  return payloadSize(batch) + 8 * batch.count + BATCH_COST;
}

/** The same messages in memory of their own. */
function copyOf({ type, bytes, bounds, count }: Batch): Batch {
  const first = bounds[0], end = bounds[2 * count - 1];
  return {
    type,
    bytes: bytes.slice(first, end),
    bounds: bounds.slice(0, 2 * count).map((at) => at - first),
    count,
  };
}
