import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Batch } from "../../lib/framing/batch.ts";
import {
  controlFrame,
  writeFrames,
} from "../../lib/socket/wire/frame_writer.ts";
import { giveBack } from "../../lib/socket/wire/write_buffer.ts";
import { batchOf } from "../framing/decode.ts";
import { concat, frame, hex, utf8 } from "./frames.ts";
import { readFrames } from "./read_frames.ts";

/** All pieces of a batch. */
function write(batch: Batch): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let next = 0; next < batch.count;) {
    const written = writeFrames(batch, next);
    pieces.push(written.buffer.filled.slice());
    if (written.buffer.rest !== null) pieces.push(written.buffer.rest.slice());
    giveBack(written.buffer);
    next = written.next;
  }
  return pieces;
}

function messagesOf(...sizes: number[]): Uint8Array[] {
  return sizes.map((size) =>
    Uint8Array.from({ length: size }, (_, i) => 97 + (i + size) % 26)
  );
}

function framesOf(messages: readonly Uint8Array[], opcode = 1): Uint8Array {
  return concat(
    messages.map((payload) => frame({ opcode, payload, key: null })),
  );
}

Deno.test("writeFrames makes one piece of a batch", () => {
  const messages = messagesOf(
    0,
    1,
    7,
    8,
    9,
    125,
    126,
    127,
    399,
    400,
    401,
    65535,
    3,
  );
  for (const gap of [0, 1, 6]) {
    assertEquals(write(batchOf(messages, gap)), [framesOf(messages)]);
  }
});

Deno.test("writeFrames writes messages of every short size", () => {
  const messages = messagesOf(...Array.from({ length: 420 }, (_, i) => i));
  assertEquals(write(batchOf(messages, 1)), [framesOf(messages)]);
});

Deno.test("writeFrames uses the shortest form of a length", () => {
  const heads = [125, 126, 65535, 65536].map((size) =>
    write(batchOf(messagesOf(size)))[0].subarray(0, 10)
  );
  assertEquals(heads[0].subarray(0, 2), hex("81 7d"));
  assertEquals(heads[1].subarray(0, 4), hex("81 7e 00 7e"));
  assertEquals(heads[2].subarray(0, 4), hex("81 7e ff ff"));
  assertEquals(heads[3], hex("81 7f 00 00 00 00 00 01 00 00"));
});

Deno.test("writeFrames marks binary messages", () => {
  const messages = messagesOf(3, 200);
  const batch: Batch = { ...batchOf(messages), type: "binary" };
  assertEquals(write(batch), [framesOf(messages, 2)]);
});

Deno.test("writeFrames writes a message of more than 128 KiB from where it lies", () => {
  const messages = messagesOf(5, 1 << 17, 5, (1 << 17) + 1, 7);
  const pieces = write(batchOf(messages));
  assertEquals(concat(pieces), framesOf(messages));
  assertEquals(pieces.map((piece) => piece.length), [
    7 + 10 + (1 << 17) + 7 + 10,
    (1 << 17) + 1,
    9,
  ]);
});

Deno.test("writeFrames makes pieces of at most 256 KiB", () => {
  const messages = messagesOf(100_000, 100_000, 100_000, 60_000);
  const pieces = write(batchOf(messages));
  assertEquals(concat(pieces), framesOf(messages));
  assertEquals(pieces.map((piece) => piece.length), [200_020, 160_014]);
});

Deno.test("writeFrames goes where a batch begins inside of its bytes", () => {
  const bytes = new Uint8Array(100).fill(120).subarray(13);
  bytes.set(utf8("hello world"), 5);
  const batch: Batch = {
    type: "text",
    bytes,
    bounds: Uint32Array.of(5, 10, 11, 16),
    count: 2,
  };
  assertEquals(write(batch), [framesOf([utf8("hello"), utf8("world")])]);
});

Deno.test("What writeFrames writes is what a client reads", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(fc.string(), fc.string({ minLength: 100, maxLength: 500 })),
        { minLength: 1, maxLength: 50 },
      ),
      fc.nat(8),
      (texts, gap) => {
        const stream = concat(write(batchOf(texts.map(utf8), gap)));
        const { found } = readFrames([stream], { masked: false });
        const expected = texts.map((text) =>
          readFrames([frame({ opcode: 1, payload: text })]).found[0]
        );
        assertEquals(found, expected);
      },
    ),
  );
});

Deno.test("controlFrame puts a short header before a body", () => {
  assertEquals(controlFrame(9, hex("01 02")), hex("89 02 01 02"));
  assertEquals(controlFrame(8, hex("")), hex("88 00"));
  assertEquals(controlFrame(10, new Uint8Array(125)).length, 127);
});
