import { assert, assertEquals, assertGreater } from "@std/assert";
import type { Batch } from "../../lib/framing/batch.ts";
import {
  ClientSocket,
  type ClientSocketOptions,
  type ControlFrame,
} from "../../lib/socket/wire/client_socket.ts";
import type { Duplex } from "../../lib/socket/wire/duplex.ts";
import { FrameReader } from "../../lib/socket/wire/frame_reader.ts";
import { readClose } from "../../lib/socket/wire/close_frame.ts";
import { batchOf, stringsOf } from "../framing/decode.ts";
import { eventually, pause, within } from "../helpers/deadline.ts";
import { concat, frame, utf8 } from "./frames.ts";
import { memoryDuplex } from "./memory_duplex.ts";

/** A frame of a server. */
function served(opcode: number, payload: string | Uint8Array = ""): Uint8Array {
  return frame({ opcode, payload, key: null });
}

function closing(code: number, reason = ""): Uint8Array {
  return served(8, concat([Uint8Array.of(code >> 8, code), utf8(reason)]));
}

function texts(...messages: string[]): Batch {
  return batchOf(messages.map(utf8), 1);
}

/** A server that writes bytes and reads frames. */
class Server implements AsyncDisposable {
  readonly socket: ClientSocket;
  readonly frames: ControlFrame[] = [];
  readonly #duplex: Duplex;
  readonly #reader = new FrameReader();

  constructor(
    options: ClientSocketOptions = {},
    capacity: number | undefined = undefined,
  ) {
    const [near, far] = memoryDuplex(capacity);
    this.#duplex = near;
    this.socket = new ClientSocket(far, {
      pingMs: 0,
      onControlFrame: (frame) => this.frames.push(frame),
      ...options,
    });
  }

  async write(...parts: Uint8Array[]): Promise<void> {
    const bytes = concat(parts);
    for (let at = 0; at < bytes.length;) {
      at += await this.#duplex.write(bytes.subarray(at));
    }
  }

  /** The next thing the client says: `messages a b`, `ping`, `close 1000`, `end`. */
  async next(): Promise<string> {
    for (;;) {
      const finding = this.#reader.next();
      switch (finding) {
        case "messages":
          return `messages ${stringsOf(this.#reader.batch).join(" ")}`;
        case "close": {
          const { code, reason } = readClose(this.#reader.payload);
          return `close ${code} ${reason}`.trim();
        }
        case "violation":
          return `violation ${this.#reader.violation!.reason}`;
        case "nothing":
          break;
        default:
          return `${finding} ${new TextDecoder().decode(this.#reader.payload)}`;
      }
      const count = await within(
        this.#duplex.read(this.#reader.room()),
        "a frame of the client",
      );
      if (count === null) return "end";
      this.#reader.filled(count);
    }
  }

  end(): void {
    this.#duplex.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.abort();
    this.end();
    await this.socket.closed;
  }
}

Deno.test("ClientSocket receives a server's messages, and sends masked ones", async () => {
  await using server = new Server();
  await server.write(served(1, "a"), served(1, "b"), served(2, "c"));
  const { socket } = server;
  assertEquals(stringsOf((await socket.receive())!), ["a", "b"]);
  assertEquals((await socket.receive())!.type, "binary");
  assertEquals(await socket.send(texts("x", "yz")), 2);
  // The reader refuses frames that are not masked.
  assertEquals(await server.next(), "messages x yz");
});

Deno.test("ClientSocket hands out what came together with the handshake first", async () => {
  await using server = new Server({ early: concat([served(1, "early")]) });
  await server.write(served(1, "late"));
  assertEquals(stringsOf((await server.socket.receive())!), ["early"]);
  assertEquals(stringsOf((await server.socket.receive())!), ["late"]);
});

Deno.test("ClientSocket joins the fragments of a message", async () => {
  await using server = new Server();
  await server.write(
    frame({ opcode: 1, payload: "he", fin: false, key: null }),
    served(9, "between"),
    frame({ opcode: 0, payload: "llo", key: null }),
  );
  assertEquals(stringsOf((await server.socket.receive())!), ["hello"]);
  assertEquals(await server.next(), "pong between");
});

Deno.test("ClientSocket answers pings, and tells of them", async () => {
  await using server = new Server();
  const received = server.socket.receive();
  await server.write(served(9, "abc"));
  assertEquals(await server.next(), "pong abc");
  await server.write(served(1, "done"));
  await received;
  assertEquals(server.frames, [
    { type: "ping", direction: "received", bytes: 3 },
    { type: "pong", direction: "sent", bytes: 3 },
  ]);
});

Deno.test("ClientSocket pings a server that is silent, and measures its answer", async () => {
  await using server = new Server({ pingMs: 30 });
  const received = server.socket.receive();
  const ping = await server.next();
  assert(ping.startsWith("ping "), ping);
  await server.write(served(10, ping.slice(5)), served(1, "x"));
  await received;
  const pong = server.frames.find(({ type }) => type === "pong");
  assertEquals(pong?.direction, "received");
  assertGreater(pong!.rttMs!, 0);
});

Deno.test("ClientSocket gives a server up that answers no ping", async () => {
  await using server = new Server({ pingMs: 30 });
  assertEquals(await within(server.socket.receive(), "the end"), null);
  assertEquals(await server.socket.closed, {
    code: 1006,
    reason: "no answer to a ping",
    by: "server",
  });
});

Deno.test("ClientSocket does not give a server up that may only read slowly, until that has read everything", async () => {
  await using server = new Server({ pingMs: 30 });
  const received = server.socket.receive();
  await server.socket.send(texts("a"));
  await pause(200);
  assertEquals(await server.next(), "messages a");
  let ping = await server.next();
  const later = await server.next();
  assert(ping.startsWith("ping ") && later.startsWith("ping "));
  ping = later;
  // The last ping counts, whatever is answered besides.
  for (;;) {
    await server.write(served(10, ping.slice(5)));
    if (server.frames.some(({ rttMs }) => rttMs !== undefined)) break;
    ping = await server.next();
  }
  assertEquals(await within(received, "the end"), null);
  assertEquals((await server.socket.closed).reason, "no answer to a ping");
});

Deno.test("ClientSocket answers a close frame with its code, and lets the server end the connection", async () => {
  await using server = new Server();
  await server.write(served(1, "last"), closing(4003, "exit 3"));
  assertEquals(stringsOf((await server.socket.receive())!), ["last"]);
  assertEquals(await server.socket.receive(), null);
  assertEquals(await server.next(), "close 4003");
  server.end();
  assertEquals(await within(server.socket.closed, "the end"), {
    code: 4003,
    reason: "exit 3",
    by: "server",
  });
  assertEquals(
    server.frames.map(({ direction, code, reason }) =>
      `${direction} ${code} ${reason}`
    ),
    ["received 4003 exit 3", "sent 4003 "],
  );
});

Deno.test("ClientSocket ends the connection itself when the server does not", async () => {
  await using server = new Server();
  await server.write(closing(1000));
  assertEquals(await server.socket.receive(), null);
  assertEquals((await within(server.socket.closed, "the end")).code, 1000);
  assertEquals(await server.next(), "close 1000");
  assertEquals(await server.next(), "end");
});

Deno.test("ClientSocket hands out what a server says between both close frames, and sends no more", async () => {
  await using server = new Server();
  server.socket.close(1000, "");
  assertEquals(await server.next(), "close 1000");
  assertEquals(await server.socket.send(texts("too late")), 0);
  await server.write(served(1, "still"), closing(1000));
  assertEquals(stringsOf((await server.socket.receive())!), ["still"]);
  assertEquals(await server.socket.receive(), null);
  server.end();
  assertEquals(await within(server.socket.closed, "the end"), {
    code: 1000,
    reason: "",
    by: "client",
  });
});

Deno.test("ClientSocket waits 2 s in vain for the answer to its close frame", async () => {
  await using server = new Server();
  server.socket.close(1001, "leaving");
  const start = performance.now();
  assertEquals(await within(server.socket.receive(), "the end"), null);
  assertGreater(performance.now() - start, 1900);
  assertEquals(await server.socket.closed, {
    code: 1001,
    reason: "leaving",
    by: "client",
  });
});

Deno.test("ClientSocket takes the end of the connection for lost, unless it has said goodbye", async () => {
  {
    await using server = new Server();
    server.end();
    assertEquals(await server.socket.receive(), null);
    assertEquals((await server.socket.closed).code, 1006);
  }
  await using server = new Server();
  server.socket.close(1000, "");
  server.end();
  assertEquals(await server.socket.receive(), null);
  assertEquals((await server.socket.closed).code, 1000);
});

for (
  const [what, bytes, close] of [
    ["a masked frame", frame({ opcode: 1, payload: "a" }), 1002],
    ["text that is not UTF-8", served(1, Uint8Array.of(0xff)), 1007],
    ["a message over the limit", served(1, "123456789"), 1009],
    ["an unknown opcode", served(3), 1002],
  ] as const
) {
  Deno.test(`ClientSocket refuses ${what} with ${close}, after the messages before`, async () => {
    await using server = new Server({ maxFrameSize: 8 });
    await server.write(served(1, "12345678"), bytes);
    const { socket } = server;
    assertEquals(stringsOf((await socket.receive())!), ["12345678"]);
    assertEquals(await socket.receive(), null);
    const said = await server.next();
    assert(said.startsWith(`close ${close} `), said);
    server.end();
    const { code, by } = await within(socket.closed, "the end");
    assertEquals([code, by], [close, "client"]);
  });
}

Deno.test("ClientSocket holds the server back while nobody receives", async () => {
  await using server = new Server({}, 1000);
  let written = 0;
  const writing = (async () => {
    for (let i = 0; i < 100; i++) {
      await server.write(served(1, "x".repeat(98)));
      written++;
    }
  })();
  await pause(50);
  assertEquals(written, 10);
  let received = 0;
  while (received < 100) received += (await server.socket.receive())!.count;
  await writing;
});

Deno.test("ClientSocket waits while the server takes nothing, and says how much waits", async () => {
  await using server = new Server({}, 1000);
  assertEquals(server.socket.bufferedAmount, 0);
  let sent: number | null = null;
  const sending = server.socket.send(texts("x".repeat(2000)))
    .then((count) => sent = count);
  await eventually(
    () => server.socket.bufferedAmount < 2000,
    "some to be taken",
  );
  assertEquals(sent, null);
  const waiting = server.socket.bufferedAmount;
  assert(waiting >= 1000 && waiting < 1100, `${waiting} bytes wait`);
  await server.next();
  await sending;
  assertEquals(sent, 1);
  assertEquals(server.socket.bufferedAmount, 0);
});

Deno.test("ClientSocket says how many messages were sent whole when the connection breaks", async () => {
  // Frames of 26 bytes: three and a bit fit.
  await using server = new Server({}, 80);
  const sending = server.socket.send(
    texts(...new Array(9).fill("x".repeat(20))),
  );
  await pause(20);
  server.socket.abort();
  assertEquals(await within(sending, "the send to end"), 3);
  assertEquals(await server.socket.send(texts("more")), 0);
});

Deno.test("ClientSocket sends its close frame behind a message that is being sent", async () => {
  await using server = new Server({}, 1000);
  const sending = server.socket.send(texts("a", "x".repeat(3000)));
  server.socket.close(1000, "bye");
  assertEquals(await server.next(), `messages a`);
  assertEquals(await server.next(), `messages ${"x".repeat(3000)}`);
  assertEquals(await server.next(), "close 1000 bye");
  assertEquals(await sending, 2);
});
