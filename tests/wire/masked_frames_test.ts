import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import type { Batch } from "../../lib/framing/batch.ts";
import { FrameReader } from "../../lib/socket/wire/frame_reader.ts";
import {
  maskedControlFrame,
  measureMaskedFrames,
  writeMaskedFrames,
} from "../../lib/socket/wire/masked_frames.ts";
import { OPCODE } from "../../lib/socket/wire/opcode.ts";
import { giveBack } from "../../lib/socket/wire/write_buffer.ts";
import { batchOf, stringsOf } from "../framing/decode.ts";
import { concat, utf8 } from "./frames.ts";

/** All frames of a batch, one array for each write. */
function writesOf(batch: Batch): Uint8Array[] {
  const writes: Uint8Array[] = [];
  for (let next = 0; next < batch.count;) {
    const frames = writeMaskedFrames(batch, next);
    const { filled, rest } = frames.buffer;
    writes.push(rest === null ? filled.slice() : concat([filled, rest]));
    giveBack(frames.buffer);
    next = frames.next;
  }
  return writes;
}

/** What a server reads. */
function readBack(bytes: Uint8Array): string[] {
  const reader = new FrameReader({ maxFrameSize: 0 });
  const messages: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const room = reader.room();
    const chunk = bytes.subarray(at, at + room.length);
    room.set(chunk);
    reader.filled(chunk.length);
    at += chunk.length;
    while (reader.next() === "messages") {
      messages.push(...stringsOf(reader.batch));
    }
  }
  assertEquals(reader.violation, null);
  return messages;
}

Deno.test("masked frames say what the messages say, whatever their number and lengths", () => {
  fc.assert(fc.property(
    fc.array(fc.string({ unit: "binary", maxLength: 300 }), { minLength: 1 }),
    fc.nat(3),
    (messages, gap) => {
      // A lone surrogate has no UTF-8.
      const texts = messages.map((message) => message.toWellFormed());
      const batch = batchOf(texts.map(utf8), gap);
      assertEquals(readBack(concat(writesOf(batch))), texts);
    },
  ));
});

for (const length of [0, 125, 126, 65535, 65536, 131072, 131073, 400_000]) {
  Deno.test(`a message of ${length} bytes is masked and the batch left as it was`, () => {
    const message = new Uint8Array(length).fill(0x61);
    const batch = batchOf([message, utf8("b")], 1);
    const before = batch.bytes.slice();
    const bytes = concat(writesOf(batch));
    assertEquals(batch.bytes, before);
    assertEquals(readBack(bytes), ["a".repeat(length), "b"]);
    assertEquals(bytes[1] & 0x80, 0x80);
  });
}

Deno.test("short messages leave together, in writes of at most 256 KiB", () => {
  const batch = batchOf(new Array(9000).fill(utf8("x".repeat(50))));
  const writes = writesOf(batch);
  assertEquals(writes.length, 2);
  assert(writes.every(({ length }) => length <= 1 << 18));
  assertEquals(readBack(concat(writes)).length, 9000);
});

Deno.test("no two frames have the same masking key", () => {
  const bytes = concat(writesOf(batchOf(new Array(1000).fill(utf8("a")))));
  const keys = new Set<string>();
  for (let at = 0; at < bytes.length; at += 7) {
    keys.add(bytes.subarray(at + 2, at + 6).join());
  }
  // 1000 of 4 billion: two of them alike once in ten thousand runs.
  assert(keys.size >= 999);
});

Deno.test("a control frame of a client is masked", () => {
  const frame = maskedControlFrame(OPCODE.PING, utf8("hello"));
  assertEquals([...frame.subarray(0, 2)], [0x89, 0x85]);
  const key = frame.subarray(2, 6);
  assertEquals(
    new TextDecoder().decode(frame.subarray(6).map((b, i) => b ^ key[i % 4])),
    "hello",
  );
  assertNotEquals(key.join(), maskedControlFrame(9, utf8("")).slice(2).join());
});

Deno.test("bytes of frames are measured: messages that are whole, and payload", () => {
  const lengths = [0, 1, 125, 126, 65535, 65536, 200_000];
  const batch = batchOf(lengths.map((length) => new Uint8Array(length)));
  const total = concat(writesOf(batch)).length;
  let end = 0, payload = 0;
  for (const [index, length] of lengths.entries()) {
    const header = 4 + (length < 126 ? 2 : length < 65536 ? 4 : 10);
    assertEquals(measureMaskedFrames(batch, end + header - 1), {
      messages: index,
      payload,
    });
    end += header + length;
    payload += length;
    assertEquals(measureMaskedFrames(batch, end - 1), {
      messages: index,
      payload: payload - Math.min(1, length),
    });
    assertEquals(measureMaskedFrames(batch, end), {
      messages: index + 1,
      payload,
    });
  }
  assertEquals(end, total);
});
