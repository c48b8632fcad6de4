import { assert, assertEquals } from "@std/assert";
import { ReadLoop } from "../../lib/socket/read_loop.ts";
import { concat, text } from "../helpers/bulk_client.ts";
import { eventually, pause } from "../helpers/deadline.ts";
import { upgraded } from "../helpers/upgraded.ts";

/** A socket that keeps what it receives and pauses after messages that say so. */
function pausing(socket: WebSocket): {
  readonly socket: WebSocket;
  readonly loop: ReadLoop;
  readonly messages: string[];
  readonly opened: Promise<void>;
  readonly closed: Promise<void>;
} {
  const loop = new ReadLoop(socket, 15_000);
  const messages: string[] = [];
  const opened = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  socket.onopen = () => opened.resolve();
  socket.onclose = () => closed.resolve();
  socket.onerror = (event) => event.preventDefault();
  socket.onmessage = ({ data }) => {
    messages.push(data);
    if (data.includes("pause")) loop.pause();
  };
  return {
    socket,
    loop,
    messages,
    opened: opened.promise,
    closed: closed.promise,
  };
}

Deno.test("ReadLoop knows how to pause in this runtime", async () => {
  await using pair = await upgraded(pausing);
  const { loop, opened, closed } = pair.adapted;
  await opened;
  assertEquals([loop.pausable, loop.paused], [true, false]);
  pair.client.drop();
  await closed;
});

Deno.test("ReadLoop receives nothing while it is paused, and everything after it, in order", async () => {
  await using pair = await upgraded(pausing);
  const { loop, messages, closed } = pair.adapted;
  const expected = Array.from(
    { length: 100 },
    (_, i) => i % 10 === 4 ? `${i} pause` : `${i}`,
  );
  await pair.client.write(concat(expected.map((message) => text(message))));
  for (let pauses = 1; pauses <= 10; pauses++) {
    await eventually(() => loop.paused, "the pause");
    await pause(5);
    assertEquals(messages, expected.slice(0, 10 * pauses - 5));
    loop.resume();
    assertEquals(loop.paused, false);
  }
  await eventually(() => messages.length === 100, "the last message");
  assertEquals(messages, expected);
  pair.client.drop();
  await closed;
});

Deno.test("ReadLoop holds the client back while it is paused", async () => {
  await using pair = await upgraded(pausing);
  const { loop, closed } = pair.adapted;
  await pair.client.write(text("pause"));
  await eventually(() => loop.paused, "the pause");
  let sent = 0;
  const message = text("x".repeat(100_000));
  const sending = (async () => {
    for (; sent < 300; sent++) await pair.client.write(message);
  })();
  await pause(200);
  assert(sent < 200, `${sent}`);
  loop.resume();
  await sending;
  pair.client.drop();
  await closed;
});

Deno.test("ReadLoop lets a paused socket send", async () => {
  await using pair = await upgraded(pausing);
  const { loop, socket, closed } = pair.adapted;
  await pair.client.write(text("pause"));
  await eventually(() => loop.paused, "the pause");
  assertEquals(socket.readyState, WebSocket.OPEN);
  socket.send("hello");
  assertEquals(await pair.client.nextText(), "hello");
  loop.resume();
  pair.client.drop();
  await closed;
});

Deno.test("ReadLoop.resume does nothing to a socket that is not paused", async () => {
  await using pair = await upgraded(pausing);
  const { loop, messages, closed } = pair.adapted;
  loop.resume();
  await pair.client.write(concat([text("a"), text("b")]));
  await eventually(() => messages.length === 2, "both messages, once");
  loop.resume();
  await pair.client.write(text("c"));
  await eventually(() => messages.length >= 3, "the third message");
  assertEquals(messages, ["a", "b", "c"]);
  pair.client.drop();
  await closed;
});

Deno.test("ReadLoop.release hangs up, and the socket can still be asked about", async () => {
  await using pair = await upgraded(pausing);
  const { loop, socket, opened } = pair.adapted;
  await opened;
  socket.send("last");
  await eventually(() => socket.bufferedAmount === 0, "it to be sent");
  loop.release();
  // On an open socket whose connection is gone, this would end the whole process.
  assertEquals(socket.bufferedAmount, 0);
  assertEquals(await pair.client.nextText(), "last");
  assertEquals(await pair.client.next(), null);
});
