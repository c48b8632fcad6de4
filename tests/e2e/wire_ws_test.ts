/** What the npm package `ws` can do and a browser cannot: fragments, pings with a payload. */
import { assert, assertEquals } from "@std/assert";
import { eventually, within } from "../helpers/deadline.ts";
import { ProgramServer } from "../helpers/program_server.ts";

const ignore = Deno.build.os === "windows";

const MIB = 1 << 20;
const UTF8 = new TextEncoder();

/** The part of the package that is used here; it comes without types. */
interface Ws {
  on(name: string, listener: (...values: never[]) => void): void;
  send(data: string | Uint8Array, options?: SendOptions): void;
  ping(data: string): void;
  close(code: number, reason?: string): void;
  terminate(): void;
}

interface SendOptions {
  readonly binary?: boolean;
  readonly compress?: boolean;
  readonly fin?: boolean;
}

/** A client that keeps what it receives. Ended with the scope it is declared in. */
class WsClient implements AsyncDisposable {
  readonly messages: Uint8Array[] = [];
  /** Payloads of pings and of pongs. */
  readonly pings: string[] = [];
  readonly pongs: string[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #ws: Ws;
  readonly #opened: Promise<void>;

  private constructor(ws: Ws) {
    this.#ws = ws;
    ws.on("message", (data: Uint8Array) => this.messages.push(data));
    ws.on("ping", (data: Uint8Array) => this.pings.push(`${data}`));
    ws.on("pong", (data: Uint8Array) => this.pongs.push(`${data}`));
    this.#opened = new Promise((resolve, reject) => {
      ws.on("open", () => resolve());
      ws.on("error", reject);
    });
    this.closed = new Promise((resolve) =>
      ws.on(
        "close",
        (code: number, reason: Uint8Array) =>
          resolve({ code, reason: `${reason}` }),
      )
    );
  }

  static async open(url: string, compress: boolean): Promise<WsClient> {
    const { WebSocket } = await import("ws");
    const options = {
      perMessageDeflate: compress && { threshold: 0 },
    };
    const client = new WsClient(new WebSocket(url, options));
    await within(client.#opened, "a connection");
    return client;
  }

  get raw(): Ws {
    return this.#ws;
  }

  /** Waits for a message, counted from 0. */
  async message(index: number): Promise<Uint8Array> {
    return await eventually(
      () => this.messages[index],
      `message ${index} of ${this.messages.length}`,
    );
  }

  /** Sends a message in pieces. */
  sendIn(pieces: readonly Uint8Array[], options: SendOptions): void {
    for (const [i, piece] of pieces.entries()) {
      this.#ws.send(piece, { ...options, fin: i === pieces.length - 1 });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ws.terminate();
    await within(this.closed, "the client to end");
  }
}

/** Cuts bytes into pieces of a size. */
function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    pieces.push(bytes.subarray(at, at + size));
  }
  return pieces;
}

for (const compress of [false, true]) {
  const how = compress ? "compressed" : "as they are";
  const common = { engine: "wire", compress, command: "cat" } as const;

  Deno.test({
    name: `fragments sent ${how}: a message is one, characters cut in two too`,
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.start(common);
      await using client = await WsClient.open(server.url, compress);
      const texts = [
        [UTF8.encode("日本語 Grüße 👩‍👩‍👧 ".repeat(40)), 1],
        [UTF8.encode("0123456789".repeat(MIB / 10)), 4096],
        [UTF8.encode("ü".repeat(MIB / 2)), 65_535],
      ] as const;
      for (const [i, [bytes, size]] of texts.entries()) {
        client.sendIn(cut(bytes, size), { binary: false });
        const message = await client.message(i);
        assertEquals(message.length, bytes.length);
        assert(message.every((byte, k) => byte === bytes[k]));
      }
    },
  });

  Deno.test({
    name:
      `fragments sent ${how}: 1 MiB passes, one byte more in the last is refused with 1009`,
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.start({
        ...common,
        framing: "length32",
      });
      await using client = await WsClient.open(server.url, compress);
      const bytes = Uint8Array.from({ length: MIB }, (_, i) => i * i >> 8);
      const pieces = cut(bytes, MIB / 16);
      client.sendIn(pieces, { binary: true });
      const message = await client.message(0);
      assert(message.every((byte, i) => byte === bytes[i]));
      assertEquals(message.length, MIB);

      client.sendIn([...pieces, Uint8Array.of(1)], { binary: true });
      assertEquals(await within(client.closed, "the end"), {
        code: 1009,
        reason: `message of ${
          MIB + 1
        } bytes is over the limit of ${MIB} (--maxframesize)`,
      });
      assertEquals(client.messages.length, 1);
    },
  });

  Deno.test({
    name:
      `messages of a program in chunks, sent ${how}: every byte comes back, in order`,
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.start({
        ...common,
        framing: "chunks",
      });
      await using client = await WsClient.open(server.url, compress);
      const sent = Uint8Array.from({ length: 3 * MIB }, (_, i) => i ^ i >> 9);
      for (const piece of cut(sent, 300_000)) client.raw.send(piece);
      const came = () =>
        client.messages.reduce((size, { length }) => size + length, 0);
      await eventually(
        () => came() >= sent.length,
        () => `3 MiB, not ${came()} bytes`,
      );
      let at = 0;
      for (const message of client.messages) {
        assert(message.every((byte, i) => byte === sent[at + i]));
        at += message.length;
      }
      assertEquals(at, sent.length);
    },
  });
}

Deno.test({
  name:
    "pings: each is answered with its own payload, between the fragments of a message too",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({
      engine: "wire",
      command: "cat",
    });
    await using client = await WsClient.open(server.url, false);
    const payloads = ["", "a", "Grüße", "x".repeat(125)];
    for (const payload of payloads) client.raw.ping(payload);
    client.raw.send("before ", { fin: false });
    client.raw.ping("between");
    client.raw.send("after", { fin: true });
    assertEquals(`${await client.message(0)}`, "before after");
    assertEquals(client.pongs, [...payloads, "between"]);
  },
});

Deno.test({
  name: "pings of the server: a client that answers them stays",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({
      engine: "wire",
      command: "cat",
      pingMs: 200,
    });
    await using client = await WsClient.open(server.url, false);
    await eventually(() => client.pings.length >= 5, "five pings");
    assertEquals(new Set(client.pings).size, client.pings.length);
    client.raw.send("still here");
    assertEquals(`${await client.message(0)}`, "still here");
    client.raw.close(1000, "enough");
    const { code, reason } = await server.next("session.closed");
    assertEquals({ code, reason }, { code: 1000, reason: "enough" });
  },
});
