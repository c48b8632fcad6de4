import { assertEquals } from "@std/assert";
import {
  controlFrame,
  writeFrames,
} from "../../lib/socket/wire/frame_writer.ts";
import { OPCODE } from "../../lib/socket/wire/opcode.ts";
import { Outbox } from "../../lib/socket/wire/outbox.ts";
import { batchOf } from "../framing/decode.ts";
import { parseFrame, utf8 } from "./frames.ts";

const PONG = controlFrame(OPCODE.PONG, utf8("p"));

Deno.test("Outbox lets messages have their turn between control frames, however many come", async () => {
  const written: string[] = [];
  const outbox: Outbox = new Outbox(
    {
      write(bytes): Promise<number> {
        written.push(bytes[0] === PONG[0] ? "pong" : "text");
        // Before each write is over there is another one to answer.
        if (written.length < 100) outbox.queue(PONG);
        return Promise.resolve(bytes.length);
      },
      read: () => Promise.resolve(null),
      closeWrite: () => Promise.resolve(),
      close: () => {},
    },
    writeFrames,
    () => {},
  );
  outbox.queue(PONG);
  outbox.flush();
  const text = () => outbox.send(batchOf([utf8("a")], 1));
  await Promise.all([text(), text(), text()]);
  assertEquals(written.slice(0, 6), [
    "pong",
    "text",
    "pong",
    "text",
    "pong",
    "text",
  ]);
});

Deno.test("Outbox sends nothing behind its last frame", async () => {
  const written: number[] = [];
  const outbox = new Outbox(
    {
      write(bytes): Promise<number> {
        written.push(parseFrame(bytes)!.first & 15);
        return Promise.resolve(bytes.length);
      },
      read: () => Promise.resolve(null),
      closeWrite: () => Promise.resolve(),
      close: () => {},
    },
    writeFrames,
    () => {},
  );
  const closing = outbox.close(controlFrame(OPCODE.CLOSE, utf8("")));
  const sending = outbox.send(batchOf([utf8("late")], 1));
  outbox.queue(PONG);
  await Promise.all([closing, sending]);
  outbox.queue(PONG);
  outbox.flush();
  await outbox.send(batchOf([utf8("later")], 1));
  assertEquals(written, [OPCODE.CLOSE]);
});
