/**
 * The decrypted side of a TLS connection.
 *
 * @module
 */
import type { TLSSocket } from "node:tls";
import type { Duplex } from "../socket/wire/duplex.ts";
import type { GatedStream } from "./gated_stream.ts";

/** Bytes written at once: what is written is known only when all of it is, and a slow client must be seen to take some. */
const CHUNK = 1 << 16;

/**
 * A connection whose TLS handshake is over, read when asked: as long as nobody
 * reads, the client has to wait. Writes resolve when the system has taken them.
 */
export class TlsDuplex implements Duplex {
  readonly #socket: TLSSocket;
  readonly #stream: GatedStream;
  /** What was received but had no room. */
  #rest: Uint8Array | null = null;
  #hasEnded = false;
  #failure: Error | null = null;
  /** Goes on with the read under way. */
  #wake = (): void => {};
  /** Fails the writes under way. */
  readonly #failed = new Set<(error: Error) => void>();

  /** @param stream What `socket` works on. */
  constructor(socket: TLSSocket, stream: GatedStream) {
    this.#socket = socket;
    this.#stream = stream;
    stream.shut();
    socket.on("readable", () => this.#wake());
    socket.on("end", () => {
      this.#hasEnded = true;
      this.#wake();
    });
    for (const side of [socket, stream]) {
      side.on("error", (error: Error) => this.#fail(error));
      side.on("close", () => this.#fail(closed()));
    }
  }

  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      const chunk: Uint8Array | null = this.#rest ?? this.#socket.read();
      if (chunk !== null) {
        this.#stream.shut();
        return this.#take(chunk, into);
      }
      if (this.#hasEnded) return null;
      this.#stream.open();
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    const chunk = bytes.subarray(0, CHUNK);
    await this.#written((done) => this.#socket.write(chunk, done));
    return chunk.length;
  }

  closeWrite(): Promise<void> {
    return this.#written((done) => this.#socket.end(done));
  }

  close(): void {
    this.#fail(closed());
  }

  #take(chunk: Uint8Array, into: Uint8Array): number {
    const count = Math.min(chunk.length, into.length);
    into.set(chunk.subarray(0, count));
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
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#rest = null;
    this.#wake();
    for (const reject of this.#failed) reject(error);
    this.#failed.clear();
    this.#socket.destroy();
    this.#stream.destroy();
  }
}

function closed(): Error {
  return new Deno.errors.BadResource("The connection is closed");
}
