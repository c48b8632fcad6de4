import { assertEquals, assertRejects } from "@std/assert";
import { sendAll } from "../../lib/connect/sender.ts";
import { LineTooLongError } from "../../lib/errors.ts";
import { createFraming } from "../../lib/framing/create_framing.ts";
import { ClientSocket } from "../../lib/socket/wire/client_socket.ts";
import type { Duplex } from "../../lib/socket/wire/duplex.ts";
import { FrameReader } from "../../lib/socket/wire/frame_reader.ts";
import { stringsOf } from "../framing/decode.ts";
import { eventually, pause, within } from "../helpers/deadline.ts";
import { memoryDuplex } from "../wire/memory_duplex.ts";
import { Input } from "./streams.ts";

const LINES = createFraming();

/** All messages that come on a connection, until it ends. */
async function messagesFrom(duplex: Duplex): Promise<string[]> {
  const messages: string[] = [];
  const reader = new FrameReader();
  for (;;) {
    while (reader.next() === "messages") {
      messages.push(...stringsOf(reader.batch));
    }
    const count = await duplex.read(reader.room());
    if (count === null) return messages;
    reader.filled(count);
  }
}

Deno.test("what a connection had not taken whole when it broke is sent on the next, and nothing twice", async () => {
  const lines = Array.from({ length: 10 }, (_, i) => `${i}`.repeat(20));
  // Frames of 26 bytes: the first connection takes three and a bit.
  const [near, far] = memoryDuplex(80);
  const first = new ClientSocket(far, { pingMs: 0 });
  const [nextNear, nextFar] = memoryDuplex();
  const second = new ClientSocket(nextFar, { pingMs: 0 });
  let isFirstOpen = true;
  void first.closed.then(() => isFirstOpen = false);

  const sending = sendAll(
    new Input(lines.map((line) => `${line}\n`).join("")),
    LINES,
    () => Promise.resolve(isFirstOpen ? first : second),
  );
  await eventually(() => first.bufferedAmount < 200, "the first to be full");
  const arriving = messagesFrom(near);
  // What is in the pipe arrives; the fourth frame is cut.
  first.abort();
  await within(sending, "everything to be sent");
  second.abort();
  assertEquals(await messagesFrom(nextNear), lines.slice(3));
  assertEquals(await arriving, lines.slice(0, 3));
});

Deno.test("nothing more is read from the source before what was read is sent", async () => {
  const input = new Input();
  const [, far] = memoryDuplex();
  const socket = new ClientSocket(far, { pingMs: 0 });
  const open = Promise.withResolvers<ClientSocket | null>();
  const sending = sendAll(input, LINES, () => open.promise);
  input.type("a\n");
  await eventually(() => input.taken === 2, "the first line to be read");
  input.type("b\n");
  await pause(20);
  assertEquals(input.taken, 2);
  open.resolve(socket);
  await eventually(() => input.taken === 4, "the second line to be read");
  input.end();
  await within(sending, "the end");
  socket.abort();
});

Deno.test("when there will be no connection any more, sending ends", async () => {
  const input = new Input("a\nb\n");
  await within(sendAll(input, LINES, () => Promise.resolve(null)), "the end");
});

Deno.test("input that breaks a rule of the framing is told", async () => {
  const framing = createFraming({ maxLine: 3 });
  await assertRejects(
    () => sendAll(new Input("1234\n"), framing, () => Promise.resolve(null)),
    LineTooLongError,
  );
});
