/**
 * A client like a browser's: Deno's own `WebSocket`.
 *
 * @module
 */
import { within } from "./deadline.ts";

/** How a client saw its connection end. */
export interface ClientClose {
  readonly code: number;
  readonly reason: string;
}

/** A WebSocket that keeps what it receives. Closed at the end of the scope it is declared in. */
export class Client implements AsyncDisposable {
  /** The messages received so far. */
  readonly messages: (string | Uint8Array)[] = [];
  /** Settles when the connection has ended. Never rejects. */
  readonly closed: Promise<ClientClose>;
  readonly #socket: WebSocket;
  readonly #opened = Promise.withResolvers<void>();
  #changed = Promise.withResolvers<void>();
  #isClosed = false;

  private constructor(url: string, protocols: string[]) {
    const socket = this.#socket = new WebSocket(url, protocols);
    socket.binaryType = "arraybuffer";
    const { promise, resolve } = Promise.withResolvers<ClientClose>();
    this.closed = promise;
    socket.onopen = () => this.#opened.resolve();
    socket.onmessage = ({ data }) => {
      this.messages.push(
        typeof data === "string" ? data : new Uint8Array(data),
      );
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    };
    socket.onerror = (event) => event.preventDefault();
    socket.onclose = ({ code, reason }) => {
      this.#isClosed = true;
      resolve({ code, reason });
      this.#opened.reject(new Error(`Cannot connect to ${url}`));
    };
  }

  /**
   * Connects.
   *
   * @throws {Error} If the server refuses.
   */
  static async open(url: string, protocols: string[] = []): Promise<Client> {
    const client = new Client(url, protocols);
    await within(client.#opened.promise, `a connection to ${url}`);
    return client;
  }

  /** Connects, receives everything, and returns it with how it ended. */
  static async run(
    url: string,
  ): Promise<ClientClose & { readonly messages: (string | Uint8Array)[] }> {
    await using client = await Client.open(url);
    const { code, reason } = await within(client.closed, "the server to close");
    return { messages: client.messages, code, reason };
  }

  /** Sends a message. */
  send(message: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(message);
  }

  /** Waits for the message with this number, counted from 0. */
  async message(index: number): Promise<string | Uint8Array> {
    while (this.messages.length <= index) {
      await within(
        Promise.race([this.#changed.promise, this.closed.then(() => {})]),
        `message ${index}`,
      );
      if (this.messages.length <= index && this.#isClosed) {
        throw new Error(`The connection has ended before message ${index}`);
      }
    }
    return this.messages[index];
  }

  /** Leaves with a close frame. */
  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await within(this.closed, "the client's connection to end");
  }
}
