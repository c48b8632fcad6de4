/**
 * A pipe inside of this process, for programs that are functions.
 *
 * @module
 */
import type { PipeReader, PipeWriter } from "./pipes.ts";

/** Bytes on their way at most: what a Linux pipe holds. */
const CAPACITY = 65536;
/** What the memory of a pipe begins with: most messages are short, and many pipes idle. */
const SMALLEST = 1024;

/**
 * Carries bytes in order and holds no more than 64 KiB of them, as a pipe of
 * the system: a write waits until all its bytes have found room, a read until
 * there is at least one. Its two ends are closed each on its own.
 */
export class MemoryPipe implements PipeReader, PipeWriter {
  /** A ring. */
  #ring = new Uint8Array(0);
  #start = 0;
  #length = 0;
  #ended = false;
  #abandoned = false;
  #failure: { readonly reason: unknown } | null = null;
  #last: Promise<void> = Promise.resolve();
  /** Who waits for the other end, both readers and writers. */
  #changed: PromiseWithResolvers<void> | null = null;

  /**
   * Resolves when the pipe has taken all bytes, after all writes before it.
   * The bytes may not be changed until then. Rejects with `BrokenPipe` if
   * nobody can read them any more, or the pipe is closed.
   */
  write(bytes: Uint8Array): Promise<void> {
    this.#last = this.#last.then(() => this.#write(bytes));
    // Who does not wait for a write is not interested in its end: it must not count as an unhandled rejection.
    this.#last.catch(() => {});
    return this.#last;
  }

  async read(
    buffer: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    while (this.#length === 0) {
      if (this.#failure !== null) throw this.#failure.reason;
      if (this.#ended || this.#abandoned) return null;
      await this.#change();
    }
    return this.#take(buffer);
  }

  async close(): Promise<void> {
    await this.#last.catch(() => {});
    await this.abort();
  }

  abort(): Promise<void> {
    this.#ended = true;
    this.#wake();
    return Promise.resolve();
  }

  cancel(): Promise<void> {
    this.#abandoned = true;
    this.#length = 0;
    this.#ring = new Uint8Array(0);
    this.#wake();
    return Promise.resolve();
  }

  /** Makes every write reject with a reason from now on, and every read when what was written before has been read. Those that wait, too. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#wake();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength;) {
      if (this.#failure !== null) throw this.#failure.reason;
      if (this.#ended || this.#abandoned) {
        throw new Deno.errors.BrokenPipe("Nobody reads what is written");
      }
      if (this.#length < CAPACITY) at += this.#put(bytes.subarray(at));
      else await this.#change();
    }
  }

  /** Takes as many bytes as there is room for, and says how many. */
  #put(bytes: Uint8Array): number {
    const count = Math.min(bytes.byteLength, CAPACITY - this.#length);
    this.#ensureRoom(this.#length + count);
    const ring = this.#ring;
    const from = (this.#start + this.#length) % ring.length;
    const first = Math.min(count, ring.length - from);
    ring.set(bytes.subarray(0, first), from);
    ring.set(bytes.subarray(first, count), 0);
    this.#length += count;
    this.#wake();
    return count;
  }

  #take(buffer: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const ring = this.#ring;
    const count = Math.min(buffer.byteLength, this.#length);
    const first = Math.min(count, ring.length - this.#start);
    buffer.set(ring.subarray(this.#start, this.#start + first));
    buffer.set(ring.subarray(0, count - first), first);
    this.#start = (this.#start + count) % ring.length;
    this.#length -= count;
    // What has been large once and is idle now holds little.
    if (this.#length === 0 && ring.length > SMALLEST) {
      this.#ring = new Uint8Array(0);
      this.#start = 0;
    }
    this.#wake();
    return buffer.subarray(0, count);
  }

  #ensureRoom(length: number): void {
    if (length <= this.#ring.length) return;
    const ring = new Uint8Array(
      Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(length))),
    );
    const first = this.#ring.subarray(this.#start, this.#start + this.#length);
    ring.set(first);
    ring.set(this.#ring.subarray(0, this.#length - first.length), first.length);
    this.#ring = ring;
    this.#start = 0;
  }

  #change(): Promise<void> {
    this.#changed ??= Promise.withResolvers();
    return this.#changed.promise;
  }

  #wake(): void {
    this.#changed?.resolve();
    this.#changed = null;
  }
}
