/** The client against the npm package `ws`: fragments, pings, compression refused. */
import { assertEquals } from "@std/assert";
import { runClient } from "../../lib/connect/client.ts";
import { within } from "../helpers/deadline.ts";
import { Input, Output } from "./streams.ts";

/** The parts of the package that are used here; it comes without types. */
interface WsSocket {
  on(name: string, listener: (...values: never[]) => void): void;
  send(data: string | Uint8Array, options?: { readonly fin: boolean }): void;
  ping(data: string): void;
  close(code: number, reason?: string): void;
  terminate(): void;
  readonly protocol: string;
}

interface WsServer {
  on(name: "connection", listener: (socket: WsSocket) => void): void;
  on(name: "listening", listener: () => void): void;
  address(): { readonly port: number };
  close(done: () => void): void;
}

/** A server of `ws`. Ended with the scope it is declared in. */
async function serveWs(
  onConnection: (socket: WsSocket) => void,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const { WebSocketServer } = await import("ws");
  const server: WsServer = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    perMessageDeflate: true,
    handleProtocols: (names: Set<string>) => names.has("b") ? "b" : false,
  });
  const sockets: WsSocket[] = [];
  server.on("connection", (socket) => {
    sockets.push(socket);
    onConnection(socket);
  });
  await within(
    new Promise<void>((resolve) => server.on("listening", resolve)),
    "the server to listen",
  );
  return {
    url: `ws://127.0.0.1:${server.address().port}/`,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const socket of sockets) socket.terminate();
      await new Promise<void>((resolve) => server.close(resolve));
    },
  };
}

Deno.test("a server of `ws` echoes lines of every length, and sees one message for each", async () => {
  const lengths = [0, 1, 125, 126, 4096, 65535, 65536, 300_000];
  const lines = lengths.map((length) =>
    "é".repeat(length / 2).padEnd(length, "x")
  );
  const received: string[] = [];
  await using server = await serveWs((socket) => {
    socket.on("message", (data: Uint8Array) => {
      received.push(`${data}`);
      socket.send(`${data}`);
      if (received.length === lines.length) socket.close(4012, "done");
    });
  });
  const output = new Output();
  const end = await within(
    runClient({ url: server.url, input: new Input(lines.join("\n")), output }),
    "the end",
  );
  assertEquals(received, lines);
  assertEquals(output.text, lines.map((line) => `${line}\n`).join(""));
  assertEquals(end, {
    status: 12,
    message: "Closed by the server: 4012 done",
    isExpected: true,
  });
});

Deno.test("a server of `ws` that sends fragments and pings is understood, and its pings answered", async () => {
  const pongs: string[] = [];
  await using server = await serveWs((socket) => {
    socket.on("pong", (data: Uint8Array) => {
      pongs.push(`${data}`);
      if (pongs.length === 2) socket.close(1000);
    });
    socket.send("one, ", { fin: false });
    socket.ping("first");
    socket.send("two, ", { fin: false });
    socket.send("three", { fin: true });
    socket.ping("second");
  });
  const output = new Output();
  const end = await within(
    runClient({ url: server.url, input: new Input(), output }),
    "the end",
  );
  assertEquals([output.text, end.status], ["one, two, three\n", 0]);
  assertEquals(pongs, ["first", "second"]);
});

Deno.test("a server of `ws` answers the client's pings, and chooses a subprotocol", async () => {
  const protocols: string[] = [];
  await using server = await serveWs(({ protocol }) =>
    protocols.push(protocol)
  );
  const pong = Promise.withResolvers<number>();
  const interrupt = new AbortController();
  const running = runClient({
    url: server.url,
    input: new Input(),
    output: new Output(),
    subprotocols: ["a", "b"],
    pingMs: 50,
    signal: interrupt.signal,
    onEvent: (event) => {
      if (event.type === "frame" && event.frame.rttMs !== undefined) {
        pong.resolve(event.frame.rttMs);
      }
    },
  });
  assertEquals(await within(pong.promise, "a pong") > 0, true);
  interrupt.abort();
  assertEquals((await within(running, "the end")).status, 130);
  assertEquals(protocols, ["b"]);
});

Deno.test("a server of `ws` that drops the connection ends with 69", async () => {
  await using server = await serveWs((socket) => socket.terminate());
  const end = await within(
    runClient({
      url: server.url,
      input: new Input(),
      output: new Output(),
    }),
    "the end",
  );
  assertEquals([end.status, end.message], [69, "Connection lost"]);
});
