import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import type { Batch } from "../../lib/framing/batch.ts";
import fc from "fast-check";
import { acceptDeflate } from "../../lib/socket/wire/deflate_offer.ts";
import type { Duplex } from "../../lib/socket/wire/duplex.ts";
import { WireSocket } from "../../lib/socket/wire/wire_socket.ts";
import { batchOf, stringsOf } from "../framing/decode.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";
import {
  binary,
  close,
  concat,
  frame,
  hex,
  more,
  ping,
  text,
  utf8,
} from "./frames.ts";
import { memoryDuplex } from "./memory_duplex.ts";
import { connect, echo, inTime, loopback, Peer } from "./peer.ts";

/** A batch of texts. */
function texts(...messages: string[]): Batch {
  return batchOf(messages.map(utf8), 1);
}

/** Whether a promise is still pending after everything that could happen without I/O has happened. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(() => settled = true, () => settled = true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  return !settled;
}

Deno.test("WireSocket receives messages in batches of one type", async () => {
  await using connected = await connect();
  const { peer, socket } = connected;
  await peer.write(concat([text("a"), text("b"), binary("c"), text("d")]));
  assertEquals(stringsOf((await socket.receive())!), ["a", "b"]);
  assertEquals((await socket.receive())!.type, "binary");
  assertEquals(stringsOf((await socket.receive())!), ["d"]);
});

Deno.test("WireSocket counts messages and bytes in both directions", async () => {
  await using connected = await connect();
  const { peer, socket } = connected;
  const before = socket.lastMessageAt;
  await peer.write(concat([text("é"), ping("not counted"), text("abc")]));
  await socket.receive();
  assertEquals(socket.received, { messages: 2, bytes: 5 });
  assertGreater(socket.lastMessageAt, before);
  await socket.send(texts("hello", "you"));
  assertEquals(socket.sent, { messages: 2, bytes: 8 });
});

Deno.test("WireSocket sends a batch in one write", async () => {
  const [near, far] = memoryDuplex();
  const writes: number[] = [];
  const counting: Duplex = {
    ...far,
    write(bytes): Promise<number> {
      writes.push(bytes.length);
      return far.write(bytes);
    },
  };
  const socket = new WireSocket(counting, { pingMs: 0 });
  await socket.send(
    batchOf(Array.from({ length: 5000 }, () => utf8("abcdef"))),
  );
  assertEquals(writes, [5000 * 8]);
  socket.abort();
  near.close();
});

Deno.test("WireSocket gives what came together with the handshake first", async () => {
  const [near, far] = memoryDuplex();
  const stream = concat([text("a".repeat(2000)), text("b")]);
  const socket = new WireSocket(far, { pingMs: 0 }, {
    early: stream.subarray(0, 1000),
  });
  await near.write(stream.subarray(1000));
  const got = stringsOf((await socket.receive())!);
  assertEquals(got, ["a".repeat(2000), "b"]);
  socket.abort();
});

Deno.test("WireSocket reads nothing while nobody receives", async () => {
  const [near, far] = memoryDuplex(1000);
  const socket = new WireSocket(far, { pingMs: 0 });
  const peer = new Peer(near);
  const writing = peer.write(text("a".repeat(1994)));
  assert(await isPending(writing), "a client can write as if it were read");
  const receiving = socket.receive();
  await writing;
  assertEquals((await receiving)!.count, 1);
  const more = peer.write(text("b".repeat(5000)));
  assert(await isPending(more), "more is read than was asked for");
  assertEquals((await socket.receive())!.count, 1);
  await more;
  socket.abort();
});

Deno.test("WireSocket waits with a send until the client reads", async () => {
  const [near, far] = memoryDuplex(1000);
  const socket = new WireSocket(far, { pingMs: 0 });
  const sending = socket.send(texts("a".repeat(3000)));
  assert(await isPending(sending));
  assertEquals(await new Peer(near).skip(3004), 3004);
  await sending;
  socket.abort();
});

Deno.test("WireSocket keeps batches whole that are sent at once", async () => {
  const [near, far] = memoryDuplex(100);
  const socket = new WireSocket(far, { pingMs: 0 });
  const sent = [1, 2, 3].map((n) =>
    socket.send(texts(`${n}a`.repeat(50), `${n}b`.repeat(50)))
  );
  const closing = socket.close(1000, "");
  const peer = new Peer(near);
  assertEquals(
    await peer.rest(),
    [
      ...[1, 2, 3].flatMap((n) => [
        `text ${`${n}a`.repeat(50)}`,
        `text ${`${n}b`.repeat(50)}`,
      ]),
      "close 1000",
      "end",
    ],
  );
  peer.close();
  await Promise.all([...sent, closing]);
});

Deno.test("WireSocket answers a violation with its code and reason", async () => {
  await using connected = await connect();
  const { peer, socket } = connected;
  await peer.write(concat([text("a"), more("b")]));
  assertEquals(stringsOf((await socket.receive())!), ["a"]);
  assertEquals(await socket.receive(), null);
  assertEquals(await socket.receive(), null);
  assertEquals(await socket.closed, {
    code: 1002,
    reason: "a continuation has nothing to continue",
    by: "server",
  });
  assertEquals(await peer.rest(), [
    "close 1002 a continuation has nothing to continue",
    "end",
  ]);
});

Deno.test("WireSocket closes with 1009 as soon as a message is too big", async () => {
  await using connected = await connect("tcp", { maxFrameSize: 10 });
  const { peer, socket } = connected;
  await peer.write(binary("", { announced: 11 }));
  const watch = new Stopwatch();
  assertEquals(await socket.receive(), null);
  assertEquals(await peer.rest(), [
    "close 1009 message of 11 bytes is over the limit of 10 (--maxframesize)",
    "end",
  ]);
  assertLess(watch.ms, 900, "an answer was waited for");
});

Deno.test("WireSocket tells what a client's close frame said", async () => {
  await using connected = await connect();
  const { peer, socket } = connected;
  await peer.write(concat([text("a"), close(4001, "bye")]));
  assertEquals(stringsOf((await socket.receive())!), ["a"]);
  assertEquals(await socket.receive(), null);
  assertEquals(await socket.closed, {
    code: 4001,
    reason: "bye",
    by: "client",
  });
  const closing = socket.close(1000, "");
  assertEquals(await peer.rest(), ["close 4001", "end"]);
  peer.close();
  await closing;
});

Deno.test("WireSocket says 1005 when a close frame says nothing, and answers nothing", async () => {
  await using connected = await connect();
  const { peer, socket } = connected;
  await peer.write(hex("88 80 01 02 03 04"));
  assertEquals(await socket.receive(), null);
  assertEquals(await socket.closed, { code: 1005, reason: "", by: "client" });
  const closing = socket.close(1005, "");
  assertEquals(await peer.rest(), ["close", "end"]);
  peer.close();
  await closing;
});

Deno.test("WireSocket closes behind all that was sent and waits for the client to leave", async () => {
  const [near, far] = memoryDuplex(50);
  const socket = new WireSocket(far, { pingMs: 0 });
  const receiving = socket.receive();
  void socket.send(texts("a".repeat(100)));
  const closing = socket.close(1001, "server stopping");
  assertEquals(await receiving, null);
  assertEquals(await socket.receive(), null);
  await socket.send(texts("too late"));
  const peer = new Peer(near);
  assertEquals(await peer.rest(), [
    `text ${"a".repeat(100)}`,
    "close 1001 server stopping",
    "end",
  ]);
  assert(await isPending(closing), "it does not wait for the client");
  assertEquals(await socket.closed, {
    code: 1001,
    reason: "server stopping",
    by: "server",
  });
  peer.close();
  await closing;
});

Deno.test("WireSocket loses nothing to a client that goes on sending when it is closed", async () => {
  await using connected = await connect("tcp");
  const { peer, socket } = connected;
  const message = "x".repeat(60_000);
  const sending = (async () => {
    for (let i = 0; i < 40; i++) await socket.send(texts(message));
    await socket.close(1000, "exit 0");
  })();
  for (let i = 0; i < 60; i++) await peer.write(text(`late ${i}`));
  const got = await peer.rest();
  assertEquals(got.length, 42);
  assertEquals(got.slice(-2), ["close 1000 exit 0", "end"]);
  await peer.write(text("even later"));
  peer.close();
  await sending;
});

Deno.test("WireSocket keeps its half open for a client's answer, and tells that there was one", async () => {
  await using connected = await connect("tcp");
  const { peer, socket } = connected;
  await peer.write(text("not looked at").subarray(0, 9));
  const closing = socket.close(4003, "exit 3");
  assertEquals(await peer.next(), "close 4003 exit 3");
  const watch = new Stopwatch();
  // The rest of a message, one more, and the answer.
  await peer.write(text("not looked at").subarray(9));
  await peer.write(concat([text("nor this"), close(4003, "")]));
  assertEquals(await closing, true);
  assertLess(watch.ms, 900, "the answer was not waited for only");
  assertEquals(await peer.next(), "end");
});

Deno.test("WireSocket takes nothing inside of a message for an answer to its close frame", async () => {
  await using connected = await connect();
  const { peer, socket } = connected;
  const message = frame({
    opcode: 1,
    payload: concat([utf8("begin"), close(1000)]),
    key: [0, 0, 0, 0],
  });
  await peer.write(concat([text("first"), message.subarray(0, 8)]));
  assertEquals(stringsOf((await socket.receive())!), ["first"]);
  const receiving = socket.receive();
  const closing = socket.close(1000, "");
  assertEquals(await peer.next(), "close 1000");
  // Read by what was receiving, and then by what looks for the answer.
  await peer.write(message.subarray(8, 11));
  assertEquals(await receiving, null);
  assert(await isPending(closing));
  await peer.write(message.subarray(11));
  assert(await isPending(closing));
  await peer.write(close(1000));
  assertEquals(await closing, true);
});

Deno.test("WireSocket finds the answer to its close frame in what came with the handshake", async () => {
  await using connected = await connect("tcp", {}, {
    early: concat([text("a"), close(1000)]),
  });
  assertEquals(await connected.socket.close(1000, ""), true);
});

Deno.test("WireSocket ends its half after 1 s without an answer, and tells that there was none", async () => {
  await using connected = await connect("tcp");
  const { peer, socket } = connected;
  const closing = socket.close(1000, "");
  assertEquals(await peer.next(), "close 1000");
  const since = performance.now();
  assertEquals(await peer.next(), "end");
  assertGreater(performance.now() - since, 900);
  peer.close();
  assertEquals(await closing, false);
});

Deno.test("WireSocket tells that a client which said goodbye first has answered", async () => {
  await using connected = await connect("tcp");
  const { peer, socket } = connected;
  await peer.write(close(1000, ""));
  assertEquals(await socket.receive(), null);
  const closing = socket.close(1000, "");
  assertEquals(await peer.rest(), ["close 1000", "end"]);
  peer.close();
  assertEquals(await closing, true);
});

Deno.test("WireSocket gives a client 2 s to leave", async () => {
  await using connected = await connect("tcp");
  const { peer, socket } = connected;
  const watch = new Stopwatch();
  const closing = socket.close(1000, "");
  assertEquals(await peer.rest(), ["close 1000", "end"]);
  await closing;
  const { wallMs, ms } = watch;
  assertGreater(wallMs, 1900);
  assertLess(ms, 4000);
});

Deno.test("WireSocket aborts what is under way", async () => {
  const [near, far] = memoryDuplex(50);
  const socket = new WireSocket(far, { pingMs: 0 });
  const sending = socket.send(texts("a".repeat(100)));
  const waiting = socket.send(texts("b"));
  const receiving = socket.receive();
  const closing = socket.close(1000, "");
  assert(await isPending(closing));
  socket.abort();
  await Promise.all([sending, waiting, closing]);
  assertEquals(await receiving, null);
  assertEquals(await socket.receive(), null);
  await socket.send(texts("c"));
  await socket.close(1000, "");
  near.close();
});

Deno.test("WireSocket leaves the messages alone that were handed out last when it is aborted", async () => {
  await using connected = await connect();
  const { peer, socket } = connected;
  const message = "a".repeat(100_000);
  await peer.write(text(message));
  const batch = await socket.receive();
  socket.abort();
  await socket.close(1000, "");
  assertEquals(stringsOf(batch!), [message]);
});

Deno.test("WireSocket says 1006 when it is aborted", async () => {
  await using connected = await connect();
  const { socket } = connected;
  const receiving = socket.receive();
  socket.abort();
  assertEquals(await receiving, null);
  assertEquals(await socket.closed, { code: 1006, reason: "", by: "server" });
});

for (const transport of ["memory", "tcp"] as const) {
  Deno.test(`WireSocket hands out what a client sent before it vanished over ${transport}`, async () => {
    await using connected = await connect(transport);
    const { peer, socket } = connected;
    await peer.write(concat([text("a"), text("cut off").subarray(0, 8)]));
    peer.close();
    const lost = {
      code: 1006,
      reason: "connection lost",
      by: "client",
    } as const;
    if (transport === "tcp") {
      assertEquals(stringsOf((await socket.receive())!), ["a"]);
    }
    while (await socket.receive() !== null);
    assertEquals(await socket.closed, lost);
    await socket.close(1000, "");
  });
}

Deno.test("WireSocket closes towards a client that has closed its half only", async () => {
  await using connected = await connect("tcp");
  const { peer, socket } = connected;
  await peer.write(text("a"));
  await peer.closeWrite();
  assertEquals((await socket.receive())!.count, 1);
  assertEquals(await socket.receive(), null);
  assertEquals((await socket.closed).code, 1006);
  await socket.send(texts("the last words"));
  await inTime(socket.close(1006, "connection lost"), "the end");
  assertEquals(await peer.rest(), ["text the last words", "close", "end"]);
});

Deno.test("WireSocket notices a client that has left when it sends, though nobody receives", async () => {
  await using connected = await connect("tcp");
  const { peer, socket } = connected;
  peer.close();
  const closed = (async () => {
    for (;;) {
      await socket.send(texts("a"));
      if (!await isPending(socket.closed)) return await socket.closed;
    }
  })();
  assertEquals((await inTime(closed, "closed")).code, 1006);
  await socket.close(1000, "");
});

Deno.test("WireSocket answers the last pings of a client that does not read", async () => {
  const [near, far] = memoryDuplex(1 << 16);
  const small = memoryDuplex(100);
  // What the socket writes has little room, what it reads has much.
  const duplex: Duplex = {
    ...far,
    write: (bytes) => small[0].write(bytes),
    closeWrite: () => small[0].closeWrite(),
  };
  const socket = new WireSocket(duplex, { pingMs: 0 });
  const receiving = socket.receive();
  for (let i = 0; i < 5000; i++) await near.write(ping(`ping ${i}`));
  await near.write(text("all"));
  assertEquals((await receiving)!.count, 1);
  const peer = new Peer(small[1]);
  const pongs = [await peer.next()];
  while (pongs.at(-1) !== "pong ping 4999") pongs.push(await peer.next());
  assertLess(pongs.length, 100);
  socket.abort();
});

Deno.test("WireSocket sends between the pongs of a client that only pings", async () => {
  await using connected = await connect("tcp");
  const { peer, socket } = connected;
  const echoing = echo(socket);
  let isOver = false;
  const pinging = (async () => {
    while (!isOver) await peer.write(concat(Array(100).fill(ping("p"))));
  })();
  await socket.send(texts("through"));
  while (await peer.next() !== "text through");
  isOver = true;
  await pinging;
  await peer.write(close(1000));
  assertEquals((await peer.rest()).at(-1), "end");
  peer.close();
  await echoing;
});

Deno.test("WireSocket echoes over TCP whatever sizes its messages have", async () => {
  const [near, far] = await loopback();
  const socket = new WireSocket(far, { pingMs: 0, maxFrameSize: 0 });
  const echoing = echo(socket);
  const peer = new Peer(near);
  const sizes = Array.from({ length: 300 }, (_, i) => (i * i * 37) % 70_000);
  const messages = sizes.map((size, i) => "abcdefghij"[i % 10].repeat(size));
  const writing = peer.write(concat(messages.map((m) => text(m))));
  for (const message of messages) {
    const words = await peer.next();
    assertEquals(
      message.length > 256 ? Number(/of (\d+)/.exec(words)?.[1]) : words,
      message.length > 256 ? message.length : `text ${message}`.trimEnd(),
    );
  }
  await writing;
  await peer.write(close(1000));
  assertEquals(await peer.rest(), ["close 1000", "end"]);
  peer.close();
  await echoing;
});

Deno.test("WireSocket ends a message of endless empty fragments", async () => {
  await using connected = await connect("tcp");
  const { peer, socket } = connected;
  const echoing = echo(socket);
  const many = concat(Array(1000).fill(more("")));
  const writing = (async () => {
    await peer.write(text("a", { fin: false }));
    for (let i = 0; i < 140; i++) await peer.write(many);
  })();
  assertEquals(await peer.rest(), [
    "close 1009 a message has more than 131072 fragments",
    "end",
  ]);
  peer.close();
  await Promise.all([writing, echoing]);
});

Deno.test("WireSocket comes to an end whatever a client sends", async () => {
  const opcodes = fc.constantFrom(0, 1, 2, 8, 9, 10, 11);
  const parts = fc.record({
    opcode: opcodes,
    payload: fc.uint8Array({ maxLength: 130 }),
    fin: fc.boolean(),
    rsv: fc.constantFrom(0, 0, 0, 0, 4),
  });
  const stream = fc.oneof(
    fc.array(parts, { maxLength: 20 }).map((all) =>
      concat(all.map((one) => frame(one)))
    ),
    fc.uint8Array({ maxLength: 500 }),
  );
  const deflate = acceptDeflate("permessage-deflate")?.settings;
  await fc.assert(
    fc.asyncProperty(
      stream,
      fc.nat(50),
      fc.boolean(),
      async (bytes, size, compressed) => {
        await using connected = await connect(
          "memory",
          {},
          compressed ? { deflate } : {},
        );
        const { peer, socket } = connected;
        const echoing = echo(socket);
        await peer.write(bytes, size + 1);
        await peer.closeWrite();
        assertEquals((await peer.rest()).at(-1), "end");
        peer.close();
        await inTime(echoing, "the end");
      },
    ),
    { numRuns: 200 },
  );
});
