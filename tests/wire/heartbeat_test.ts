import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { WireSocket } from "../../lib/socket/wire/wire_socket.ts";
import { batchOf } from "../framing/decode.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";
import { hex, pong, text, utf8 } from "./frames.ts";
import { memoryDuplex } from "./memory_duplex.ts";
import { connect, inTime, Peer } from "./peer.ts";

const NO_ANSWER = {
  code: 1006,
  reason: "no answer to a ping",
  by: "client",
} as const;

/** The body of a ping that `next` gave, for a pong. */
function bodyOf(words: string): Uint8Array {
  assert(words.startsWith("ping"));
  return utf8(words.slice("ping ".length));
}

Deno.test("WireSocket pings a silent client, measures the answer, and goes on", async () => {
  await using connected = await connect("tcp", { pingMs: 30 });
  const { peer, socket } = connected;
  const receiving = socket.receive();
  assertEquals(socket.rttMs, null);
  const watch = new Stopwatch();
  for (let i = 0; i < 4; i++) await peer.write(pong(bodyOf(await peer.next())));
  await peer.write(text("still here"));
  assertEquals((await receiving)!.count, 1);
  assert(socket.rttMs !== null && socket.rttMs >= 0);
  assertLess(socket.rttMs, watch.wallMs);
});

Deno.test("WireSocket drops a client that answers no ping", async () => {
  await using connected = await connect("tcp", { pingMs: 50 });
  const { peer, socket } = connected;
  const watch = new Stopwatch();
  assertEquals(await socket.receive(), null);
  const { wallMs, ms } = watch;
  assertEquals(await socket.closed, NO_ANSWER);
  assertGreater(wallMs, 98);
  assertLess(ms, 1000);
  assertEquals((await peer.rest()).length, 2);
  await socket.close(1000, "");
});

Deno.test("WireSocket takes any frame for a sign of life, but no other pong for an answer", async () => {
  await using connected = await connect("memory", { pingMs: 40 });
  const { peer, socket } = connected;
  const receiving = socket.receive();
  // After two in silence it would be dropped.
  for (let i = 0; i < 4; i++) {
    assert((await peer.next()).startsWith("ping"));
    await peer.write(pong(hex("ff ff ff ff")));
  }
  await peer.write(text("a"));
  assertEquals((await receiving)!.count, 1);
  assertEquals(socket.rttMs, null);
});

Deno.test("WireSocket drops nobody while nobody receives", async () => {
  await using connected = await connect("memory", { pingMs: 20 });
  const { peer, socket } = connected;
  for (let i = 0; i < 5; i++) assert((await peer.next()).startsWith("ping"));
  await peer.write(text("a"));
  assertEquals((await socket.receive())!.count, 1);
  assertEquals(socket.rttMs, null);
});

Deno.test("WireSocket does not measure an answer that had to wait to be read", async () => {
  await using connected = await connect("memory", { pingMs: 200 });
  const { peer, socket } = connected;
  const receiving = socket.receive();
  const ping = bodyOf(await peer.next());
  await peer.write(text("before the answer"));
  await receiving;
  await peer.write(pong(ping));
  await peer.write(text("behind it"));
  assertEquals((await socket.receive())!.count, 1);
  assertEquals(socket.rttMs, null);
});

Deno.test("WireSocket does not drop a client that reads slowly", async () => {
  const [near, far] = memoryDuplex(100);
  // Long, as a busy machine may do nothing at all for a while.
  const socket = new WireSocket(far, { pingMs: 400 });
  const receiving = socket.receive();
  const sending = socket.send(batchOf([utf8("a".repeat(100_000))]));
  let isDropped = false;
  void socket.closed.then(() => isDropped = true);
  const peer = new Peer(near);
  for (const watch = new Stopwatch(); watch.wallMs < 1300;) {
    await peer.skip(1);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  assertEquals(isDropped, false);
  // Now it stops, and that is the end of it.
  assertEquals(await inTime(receiving, "the drop"), null);
  assertEquals(await socket.closed, NO_ANSWER);
  await sending;
  near.close();
});

Deno.test("WireSocket never pings with pingMs 0", async () => {
  await using connected = await connect("memory", { pingMs: 0 });
  const { peer, socket } = connected;
  const receiving = socket.receive();
  const { promise, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve("silence"), 50);
  assertEquals(await Promise.race([peer.next(), promise]), "silence");
  clearTimeout(timer);
  socket.abort();
  await receiving;
});
