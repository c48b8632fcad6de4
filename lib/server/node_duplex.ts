/**
 * Connections of `node:tls` and `node:net` as the wire engine wants them.
 *
 * @module
 */
import type { Socket } from "node:net";
import type { Duplex } from "../socket/wire/duplex.ts";

/** Bytes written at once: what is written is known only when all of it is, and a slow client must be seen to take some. */
const CHUNK = 1 << 16;

/**
 * A connection that is read when asked, and whose writes resolve when the
 * system has taken them. It must be open, with its half-closing allowed and
 * nobody reading from it.
 */
export class NodeDuplex implements Duplex {
  readonly #socket: Socket;
  /** What was received but had no room. */
  #rest: Uint8Array | null = null;
  #hasEnded = false;
  #failure: Error | null = null;
  /** Goes on with the read under way. */
  #wake = (): void => {};
  /** Fails the writes under way. */
  readonly #failed = new Set<(error: Error) => void>();

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("readable", () => this.#wake());
    socket.on("end", () => {
      this.#hasEnded = true;
      this.#wake();
    });
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(closed()));
  }

  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      const chunk: Uint8Array | null = this.#rest ?? this.#socket.read();
      if (chunk !== null) return this.#take(chunk, into);
      if (this.#hasEnded) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  write(bytes: Uint8Array): Promise<number> {
    const chunk = bytes.subarray(0, CHUNK);
    return this.#written((done) => this.#socket.write(chunk, done))
      .then(() => chunk.length);
  }

  closeWrite(): Promise<void> {
    return this.#written((done) => this.#socket.end(done));
  }

  close(): void {
    this.#fail(closed());
    this.#socket.destroy();
  }

  #take(chunk: Uint8Array, into: Uint8Array): number {
    const count = Math.min(chunk.length, into.length);
    into.set(count === chunk.length ? chunk : chunk.subarray(0, count));
    this.#rest = count === chunk.length ? null : chunk.subarray(count);
    return count;
  }

  /** A connection that is destroyed does not call back for all that is under way. */
  #written(
    start: (done: (error?: Error | null) => void) => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) return reject(this.#failure);
      this.#failed.add(reject);
      start((error) => {
        this.#failed.delete(reject);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#rest = null;
    this.#wake();
    for (const reject of this.#failed) reject(this.#failure);
    this.#failed.clear();
  }
}

function closed(): Error {
  return new Deno.errors.BadResource("The connection is closed");
}
