/**
 * Connections as the streams that `node:tls` works on.
 *
 * @module
 */
import { Duplex as NodeStream } from "node:stream";
import type { Duplex } from "../socket/wire/duplex.ts";
import { closeQuietly } from "./close_quietly.ts";
import { writeAll } from "./write_all.ts";

/**
 * Bytes that are read at once. Decrypted, two times as many still fit into the
 * buffer of a `TLSSocket`; one that is told of its end while that is full
 * forgets it.
 */
const CHUNK = 1 << 14;

type Callback = (error?: Error | null) => void;

/**
 * A connection that is read only while its gate is open. `node:tls` itself
 * reads and decrypts as much as a client sends, however little of it is taken.
 */
export class GatedStream extends NodeStream {
  readonly #conn: Duplex;
  readonly #buffer = new Uint8Array(CHUNK);
  #isOpen = false;
  /** Whether more is wanted, and will be read when the gate opens. */
  #isWanted = false;

  /**
   * @param conn Belongs to the stream from then on.
   * @param early What has been read from it.
   */
  constructor(conn: Duplex, early: Uint8Array) {
    super({ allowHalfOpen: true });
    this.#conn = conn;
    this.push(early);
  }

  /** Reads what is wanted, until the gate is shut. */
  open(): void {
    this.#isOpen = true;
    if (this.#isWanted) void this.#pull();
  }

  /** Reads no more, save for what is being read. */
  shut(): void {
    this.#isOpen = false;
  }

  override _read(): void {
    this.#isWanted = true;
    if (this.#isOpen) void this.#pull();
  }

  override _write(bytes: Uint8Array, _: string, done: Callback): void {
    writeAll(this.#conn, bytes).then(() => done(), done);
  }

  override _final(done: Callback): void {
    this.#conn.closeWrite().then(() => done(), done);
  }

  override _destroy(error: Error | null, done: Callback): void {
    closeQuietly(this.#conn);
    done(error);
  }

  async #pull(): Promise<void> {
    this.#isWanted = false;
    try {
      const count = await this.#conn.read(this.#buffer);
      // A copy: it may wait for the rest of its record.
      this.push(count === null ? null : this.#buffer.slice(0, count));
    } catch (error) {
      this.destroy(error as Error);
    }
  }
}
