import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Batch } from "../../lib/framing/batch.ts";
import { NativeSocket } from "../../lib/socket/native.ts";
import type { SocketOptions } from "../../lib/socket/socket.ts";
import {
  closeFrame,
  concat,
  frame,
  OPCODE,
  text,
} from "../helpers/bulk_client.ts";
import { eventually, pause, within } from "../helpers/deadline.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";
import { upgraded } from "../helpers/upgraded.ts";

/** Messages as a decoder hands them out: one behind the other. */
function batchOf(...messages: string[]): Batch {
  const encoded = messages.map((message) => new TextEncoder().encode(message));
  const bounds = new Uint32Array(2 * messages.length);
  let at = 0;
  for (const [i, { length }] of encoded.entries()) {
    bounds[2 * i] = at;
    bounds[2 * i + 1] = at += length;
  }
  return {
    type: "text",
    bytes: concat(encoded),
    bounds,
    count: messages.length,
  };
}

function textsOf({ bytes, bounds, count }: Batch): string[] {
  return Array.from(
    { length: count },
    (_, i) =>
      new TextDecoder().decode(
        bytes.subarray(bounds[2 * i], bounds[2 * i + 1]),
      ),
  );
}

async function connect(
  options: SocketOptions = {},
): Promise<
  AsyncDisposable & {
    readonly socket: NativeSocket;
    readonly client: Awaited<ReturnType<typeof upgraded>>["client"];
  }
> {
  const pair = await upgraded((socket, client) =>
    new NativeSocket(socket, { pingMs: 0, ...options }, client)
  );
  const { adapted: socket, client } = pair;
  await within(socket.opened, "the handshake");
  return {
    socket,
    client,
    async [Symbol.asyncDispose](): Promise<void> {
      client.drop();
      socket.abort();
      await pair[Symbol.asyncDispose]();
    },
  };
}

/** Takes messages until there are so many. */
async function receive(socket: NativeSocket, count: number): Promise<string[]> {
  const messages: string[] = [];
  while (messages.length < count) {
    const batch = await within(socket.receive(), "a message");
    if (batch === null) break;
    messages.push(...textsOf(batch));
  }
  return messages;
}

Deno.test("NativeSocket hands out what came before somebody asked, and what comes later", async () => {
  await using pair = await connect();
  await pair.client.write(concat([text("a"), text("ä€")]));
  await eventually(() => pair.socket.received.messages === 2, "the messages");
  assertEquals(await receive(pair.socket, 2), ["a", "ä€"]);
  const next = pair.socket.receive();
  await pair.client.write(text("b"));
  assertEquals(textsOf((await within(next, "b"))!), ["b"]);
  assertEquals(pair.socket.received, { messages: 3, bytes: 7 });
});

Deno.test("NativeSocket hands out everything before it says that the client has left", async () => {
  await using pair = await connect();
  await pair.client.write(
    concat([text("a"), text("b"), closeFrame(1000, "bye")]),
  );
  assertEquals(await within(pair.socket.closed, "the end"), {
    code: 1000,
    reason: "bye",
    by: "client",
  });
  assertEquals(await receive(pair.socket, 3), ["a", "b"]);
  assertEquals(await pair.socket.receive(), null);
});

Deno.test("NativeSocket keeps messages in order that come while nobody takes them, more than it keeps itself", async () => {
  await using pair = await connect();
  const { socket, client } = pair;
  const messages = Array.from(
    { length: 300 },
    (_, i) => `${i} `.padEnd(10_000, "é"),
  );
  const sending = client.write(
    concat(messages.map((message) => text(message))),
  );
  await eventually(() => socket.received.bytes > 1 << 18, "a full inbox");
  await pause(100);
  assert(socket.received.bytes < 1 << 19, `${socket.received.bytes}`);
  assertEquals(await receive(socket, 300), messages);
  await sending;
});

Deno.test("NativeSocket sends although it is just being held back: nothing is dropped", async () => {
  const pair = await upgraded((socket, client) => {
    let native: NativeSocket | null = null;
    // Before the socket's own listener, so that its turn comes before that of the pause.
    socket.addEventListener(
      "message",
      () => queueMicrotask(() => void native!.send(batchOf("answer"))),
    );
    return native = new NativeSocket(socket, { pingMs: 0 }, client);
  });
  await using _ = pair;
  const { adapted: socket, client } = pair;
  const message = text("x".repeat(100_000));
  await client.write(concat([message, message, message]));
  for (let i = 0; i < 3; i++) assertEquals(await client.nextText(), "answer");
  assertEquals((await receive(socket, 3)).length, 3);
  client.drop();
  await within(socket.closed, "the end");
});

Deno.test("NativeSocket resolves send() when the client has caught up, not before", async () => {
  await using pair = await connect();
  const { socket, client } = pair;
  const line = "x".repeat(1000);
  let sent = 0;
  const sending = (async () => {
    for (; sent < 20_000; sent += 100) {
      await socket.send(batchOf(...new Array(100).fill(line)));
    }
  })();
  await pause(300);
  assert(sent < 15_000, `${sent} KB with nobody to read them`);
  for (let i = 0; i < 20_000; i++) {
    assertEquals((await client.next())?.payload.length, 1000);
  }
  await within(sending, "the last message to be sent");
});

Deno.test("NativeSocket sends and counts messages in UTF-8, an empty one too", async () => {
  await using pair = await connect();
  await pair.socket.send(batchOf("a", "", "ä€𝄞", "\ufeffx"));
  for (const expected of ["a", "", "ä€𝄞"]) {
    assertEquals(await pair.client.nextText(), expected);
  }
  // A text that begins with a byte order mark keeps it.
  assertEquals([...(await pair.client.next())!.payload], [239, 187, 191, 120]);
  assertEquals(pair.socket.sent, { messages: 4, bytes: 14 });
});

Deno.test("NativeSocket.close sends everything, then the close frame, and waits for the answer", async () => {
  await using pair = await connect();
  const { socket, client } = pair;
  void socket.send(batchOf("last"));
  let isClosed = false;
  const closing = socket.close(4003, "exit 3").then((isAnswered) => {
    isClosed = true;
    return isAnswered;
  });
  void socket.close(1000, "too late");
  assertEquals(await client.nextText(), "last");
  assertEquals(await client.nextText(), "close 4003 exit 3");
  await pause(50);
  assertEquals(isClosed, false);
  await client.write(closeFrame(4003));
  assertEquals(await within(closing, "the end"), true);
  assertEquals(await socket.closed, {
    code: 4003,
    reason: "exit 3",
    by: "server",
  });
  assertEquals(await socket.receive(), null);
  await socket.send(batchOf("nobody hears this"));
  assertEquals(socket.sent.messages, 1);
});

Deno.test("NativeSocket.close ends without an answer after 2 s", async () => {
  await using pair = await connect();
  const watch = new Stopwatch();
  assertEquals(await within(pair.socket.close(1000, ""), "the end"), false);
  const { wallMs, ms } = watch;
  assert(wallMs > 1900 && ms < 3500, `${wallMs} ms`);
  assertEquals(await pair.client.nextText(), "close 1000");
  assertEquals(await pair.client.next(), null);
});

Deno.test("NativeSocket.close tells that a client has left without an answer", async () => {
  await using pair = await connect();
  const closing = pair.socket.close(4003, "exit 3");
  assertEquals(await pair.client.nextText(), "close 4003 exit 3");
  pair.client.drop();
  assertEquals(await within(closing, "the end"), false);
});

Deno.test("NativeSocket.close drops what the client still sends", async () => {
  await using pair = await connect();
  const { socket, client } = pair;
  const closing = socket.close(1000, "");
  await client.write(concat(new Array(60).fill(text("late"))));
  assertEquals(await client.nextText(), "close 1000");
  await client.write(closeFrame(1000));
  await within(closing, "the end");
  assertEquals(await client.next(), null);
  assertEquals(socket.received.messages, 0);
});

Deno.test("NativeSocket refuses a message over the limit with 1009, fragments counted together", async () => {
  await using pair = await connect({ maxFrameSize: 10 });
  const { socket, client } = pair;
  await client.write(frame(OPCODE.TEXT, "1234567890"));
  assertEquals(await receive(socket, 1), ["1234567890"]);
  await client.write(concat([
    frame(OPCODE.TEXT, "12345", false),
    frame(OPCODE.CONTINUATION, "678901"),
  ]));
  const { code, reason, by } = await within(socket.closed, "the end");
  assertEquals([code, by], [1009, "server"]);
  assertMatch(
    reason,
    /^message of 11 bytes is over the limit of 10 \(--maxframesize\)$/,
  );
  assertEquals(await socket.receive(), null);
});

for (const limit of [0, -1]) {
  Deno.test(`NativeSocket takes maxFrameSize: ${limit} for no limit`, async () => {
    await using pair = await connect({ maxFrameSize: limit });
    await pair.client.write(text("x".repeat(3_000_000)));
    const [message] = await receive(pair.socket, 1);
    assertEquals(message.length, 3_000_000);
  });
}

Deno.test("NativeSocket.abort hangs up at once, also with output on its way to a client that does not read", async () => {
  await using pair = await connect();
  const { socket } = pair;
  const sending = socket.send(
    batchOf(...new Array(20_000).fill("x".repeat(1000))),
  );
  await pause(50);
  socket.abort();
  await within(sending, "send() to give up");
  assertEquals((await socket.closed).by, "server");
  assertEquals(await socket.receive(), null);
  await socket.send(batchOf("x"));
  await socket.close(1000, "");
});

Deno.test("NativeSocket says 1006 of a client that vanishes", async () => {
  await using pair = await connect();
  const waiting = pair.socket.receive();
  pair.client.drop();
  assertEquals(await within(pair.socket.closed, "the end"), {
    code: 1006,
    reason: "connection lost",
    by: "client",
  });
  assertEquals(await waiting, null);
});
