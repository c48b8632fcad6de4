/**
 * A client that speaks `websocketd.v1` to a program whose messages are text,
 * and can lose its connection: the npm package `ws`.
 *
 * @module
 */
import type { WebSocket as Ws } from "ws";
import {
  type Hello,
  PROTOCOL,
  type ResumePoint,
  resumeToken,
} from "../../lib/client/protocol.ts";
import type { ClientClose } from "./client.ts";
import { within } from "./deadline.ts";

/** A control message of any type. */
// deno-lint-ignore no-explicit-any -- tests look at what there is
type Control = { readonly type: string; readonly [name: string]: any };

/** Keeps what it receives. Its connection is dropped at the end of the scope it is declared in. */
export class V1Client implements AsyncDisposable {
  /** The messages of the program so far. */
  readonly data: string[] = [];
  readonly controls: Control[] = [];
  readonly #socket: Ws;
  readonly #closed: Promise<ClientClose>;
  #isClosed = false;
  #changed = Promise.withResolvers<void>();

  private constructor(socket: Ws) {
    this.#socket = socket;
    socket.on("message", (data: Uint8Array, isBinary: boolean) => {
      const text = new TextDecoder().decode(data);
      if (isBinary) this.controls.push(JSON.parse(text));
      else this.data.push(text);
      this.#change();
    });
    socket.on("error", () => {});
    this.#closed = new Promise((resolve) =>
      socket.on("close", (code: number, reason: Uint8Array) => {
        this.#isClosed = true;
        resolve({ code, reason: new TextDecoder().decode(reason) });
        this.#change();
      })
    );
  }

  /** Connects, and offers more subprotocols if there are any. */
  static async open(
    url: string,
    ...protocols: readonly string[]
  ): Promise<V1Client> {
    const { WebSocket } = await import("ws");
    const socket = new WebSocket(url, [PROTOCOL, ...protocols], {
      perMessageDeflate: false,
    });
    const client = new V1Client(socket);
    await within(
      new Promise<void>((resolve, reject) => {
        socket.on("open", () => resolve());
        socket.on("error", reject);
      }),
      `a connection to ${url}`,
    );
    return client;
  }

  /** Connects, and asks to go on. */
  static resume(url: string, point: ResumePoint): Promise<V1Client> {
    return V1Client.open(url, resumeToken(point));
  }

  /** The first message. */
  async hello(): Promise<Hello> {
    return await this.control(({ type }) => type === "hello") as Hello;
  }

  /** Waits for a control message. */
  async control(is: (control: Control) => boolean): Promise<Control> {
    return await this.#wait(() => this.controls.find(is), "a control message");
  }

  /** Waits for the message of the program with this number, counted from 0 on this connection. */
  async message(index: number): Promise<string> {
    return await this.#wait(() => this.data[index], `message ${index}`);
  }

  /** Waits for so many messages, and acknowledges what comes as it comes. */
  async acknowledged(count: number, from: number): Promise<void> {
    for (let got = 0; got < count;) {
      await this.message(got);
      got = this.data.length;
      this.sendControl({ type: "ack", output: from + got });
    }
  }

  /** How the connection has ended. */
  async closed(): Promise<ClientClose> {
    return await within(this.#closed, "the connection to end");
  }

  send(message: string): void {
    this.#socket.send(message);
  }

  sendControl(control: Control): void {
    this.#socket.send(new TextEncoder().encode(JSON.stringify(control)));
  }

  /** Reads nothing any more, as one whose network has gone silent. */
  fallSilent(): void {
    this.#socket.pause();
  }

  /** Says goodbye. */
  close(): void {
    this.#socket.close(1000);
  }

  /** Loses the connection, without a word. */
  lose(): void {
    this.#socket.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.lose();
    await this.closed();
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async #wait<T>(look: () => T | undefined, what: string): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (this.#isClosed) {
        throw new Error(`The connection ended before ${what}`);
      }
      await within(this.#changed.promise, what);
    }
  }
}
