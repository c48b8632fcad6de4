import { connect, type Socket } from "node:net";
import { within } from "./deadline.ts";

/** A TCP connection that can be reset whether anything is unread or not, which Deno's own cannot. */
export class ResettableConn {
  readonly #socket: Socket;
  #changed = Promise.withResolvers<void>();
  #ended = false;
  #error: Error | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const changed = () => {
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    };
    socket.on("readable", changed);
    socket.on("end", () => {
      this.#ended = true;
      changed();
    });
    socket.on("error", (error) => {
      this.#error = error;
      changed();
    });
    socket.on("close", () => {
      this.#ended = true;
      changed();
    });
  }

  static async connect(port: number): Promise<ResettableConn> {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const conn = new ResettableConn(socket);
    const connected = new Promise((resolve) => socket.once("connect", resolve));
    await within(connected, "a connection");
    return conn;
  }

  get localAddr(): Pick<Deno.NetAddr, "port"> {
    return { port: this.#socket.localPort! };
  }

  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      const size = Math.min(into.byteLength, this.#socket.readableLength);
      const chunk: Uint8Array | null = size === 0
        ? null
        : this.#socket.read(size);
      if (chunk !== null) {
        into.set(chunk);
        return chunk.byteLength;
      }
      if (this.#error !== null) {
        throw new Deno.errors.ConnectionReset(this.#error.message);
      }
      if (this.#ended) return null;
      const { promise } = this.#changed;
      // Asks the socket to read on.
      this.#socket.read(0);
      await promise;
    }
  }

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) =>
      this.#socket.write(
        bytes,
        (error) =>
          error
            ? reject(new Deno.errors.BrokenPipe(String(error)))
            : resolve(bytes.byteLength),
      )
    );
  }

  async closeWrite(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.end(() => resolve()));
  }

  close(): void {
    this.#socket.destroy();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }
}
