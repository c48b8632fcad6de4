import { within } from "../helpers/deadline.ts";
import { TcpProxy } from "../helpers/tcp_proxy.ts";
import {
  type Hello,
  PROTOCOL,
  type ServerControl,
} from "../../lib/client/protocol.ts";

/** 128 bits that are not random. */
export const SESSION = "SSSSSSSSSSSSSSSSSSSSSS";

/** One connection, from the server's side. */
export class ScriptedClient {
  /** The subprotocols that were offered. */
  readonly offered: readonly string[];
  readonly socket: WebSocket;
  readonly #received: (string | Uint8Array)[] = [];
  #news = Promise.withResolvers<void>();
  #closed = Promise.withResolvers<CloseEvent>();

  constructor(offered: readonly string[], socket: WebSocket) {
    this.offered = offered;
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      this.#received.push(
        typeof data === "string" ? data : new Uint8Array(data),
      );
      this.#news.resolve();
      this.#news = Promise.withResolvers();
    };
    socket.onerror = (event) => event.preventDefault();
    socket.onclose = (event) => this.#closed.resolve(event);
  }

  /** Sends a control message: as binary, because the program speaks text. */
  tell(control: ServerControl): void {
    this.socket.send(new TextEncoder().encode(JSON.stringify(control)));
  }

  hello(more: Partial<Hello> = {}): void {
    this.tell({
      type: "hello",
      session: SESSION,
      epoch: "e1",
      output: 0,
      input: 0,
      resume: 30,
      resumed: false,
      lost: 0,
      ...more,
    });
  }

  say(...messages: string[]): void {
    for (const message of messages) this.socket.send(message);
  }

  /** The next message: text, or a control message as an object. */
  async next(): Promise<unknown> {
    while (this.#received.length === 0) {
      await within(this.#news.promise, "a message of the client");
    }
    const message = this.#received.shift()!;
    return typeof message === "string"
      ? message
      : JSON.parse(new TextDecoder().decode(message));
  }

  /** The next messages of text; acknowledgements between them are passed over. */
  async texts(count: number): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < count) {
      const message = await this.next();
      if (typeof message === "string") texts.push(message);
    }
    return texts;
  }

  /** The next acknowledgement; text between is passed over. */
  async ack(): Promise<unknown> {
    for (;;) {
      const message = await this.next();
      if (typeof message === "object") return message;
    }
  }

  /** How the client has closed. */
  async closed(): Promise<{ code: number; reason: string }> {
    const { code, reason } = await within(
      this.#closed.promise,
      "the client to close",
    );
    return { code, reason };
  }
}

/** How a {@linkcode ScriptedProgram} shakes hands. */
export interface ScriptedProgramOptions {
  /** What it chooses; null chooses nothing. */
  readonly chooses?: (offered: readonly string[]) => string | null;
}

/** A server that says what a test wants, behind a proxy that can cut. */
export class ScriptedProgram implements AsyncDisposable {
  /** The subprotocols offered by each connection so far, also those that failed. */
  readonly offers: (readonly string[])[] = [];
  readonly proxy: TcpProxy;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #clients: ScriptedClient[] = [];
  #news = Promise.withResolvers<void>();

  constructor({ chooses = () => PROTOCOL }: ScriptedProgramOptions = {}) {
    this.#server = Deno.serve({
      port: 0,
      hostname: "127.0.0.1",
      onListen: () => {},
    }, (request) => {
      const offered = (request.headers.get("sec-websocket-protocol") ?? "")
        .split(", ").filter((name) => name !== "");
      this.offers.push(offered);
      const protocol = chooses(offered);
      if (protocol === "refuse") return new Response("no", { status: 403 });
      const { socket, response } = Deno.upgradeWebSocket(request, {
        ...(protocol !== null && { protocol }),
      });
      const client = new ScriptedClient(offered, socket);
      socket.onopen = () => {
        this.#clients.push(client);
        this.#news.resolve();
        this.#news = Promise.withResolvers();
      };
      return response;
    });
    this.proxy = new TcpProxy(this.#server.addr.port);
  }

  get url(): string {
    return this.proxy.url;
  }

  /** The next connection. */
  async client(): Promise<ScriptedClient> {
    while (this.#clients.length === 0) {
      await within(this.#news.promise, "a connection");
    }
    return this.#clients.shift()!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    await this.#server.shutdown();
  }
}
