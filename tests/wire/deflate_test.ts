import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertLessOrEqual,
} from "@std/assert";
import fc from "fast-check";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import type { Batch } from "../../lib/framing/batch.ts";
import { createFraming } from "../../lib/framing/create_framing.ts";
import { Deflater } from "../../lib/socket/wire/deflater.ts";
import { FrameReader } from "../../lib/socket/wire/frame_reader.ts";
import { giveBack } from "../../lib/socket/wire/write_buffer.ts";
import { isZlibUsable, ZlibStream } from "../../lib/socket/wire/zlib_stream.ts";
import { batchOf } from "../framing/decode.ts";
import {
  binary,
  concat,
  frame,
  hex,
  more,
  parseFrame,
  ping,
  text,
  utf8,
} from "./frames.ts";
import { wordsOf } from "./peer.ts";
import { feed, readFrames } from "./read_frames.ts";

const FULL = { windowBits: 15, takeover: true };
const TAIL = hex("0000ffff");
const flush = { finishFlush: constants.Z_SYNC_FLUSH };

/** A payload as a client compresses it that takes nothing over. */
function compress(payload: Uint8Array | string): Uint8Array {
  const bytes = typeof payload === "string" ? utf8(payload) : payload;
  const whole = new Uint8Array(deflateRawSync(bytes, flush));
  return whole.subarray(0, whole.length - TAIL.length);
}

/** The frames of a batch. */
function write(deflater: Deflater, batch: Batch): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let next = 0; next < batch.count;) {
    const written = deflater.write(batch, next);
    pieces.push(written.buffer.filled.slice());
    if (written.buffer.rest !== null) pieces.push(written.buffer.rest.slice());
    giveBack(written.buffer);
    next = written.next;
  }
  return concat(pieces);
}

/** Reads what a deflater wrote, as a client. */
function readBack(
  stream: Uint8Array,
  compression = FULL,
): readonly string[] {
  return readFrames([stream], { masked: false, compression, maxFrameSize: 0 })
    .found;
}

Deno.test("FrameReader reads the examples of RFC 7692 §7.2.3", () => {
  const compression = FULL;
  const examples = [
    ["c1 07 f2 48 cd c9 c9 07 00"], // one frame
    ["41 03 f2 48 cd", "80 04 c9 c9 07 00"], // two fragments
    ["c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00"], // not compressed
    ["c1 08 f3 48 cd c9 c9 07 00 00"], // the last block of a stream
    ["c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00"], // two blocks
  ];
  for (const frames of examples) {
    const stream = concat(frames.map(hex));
    assertEquals(
      readFrames([stream], { masked: false, compression }).found,
      ["text Hello"],
    );
    const bytes = [...stream].map((byte) => Uint8Array.of(byte));
    assertEquals(
      readFrames(bytes, { masked: false, compression }).found,
      ["text Hello"],
    );
  }
  // The second time, "Hello" is only a reference to the first.
  const twice = hex("c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00");
  assertEquals(
    readFrames([twice], { masked: false, compression }).found,
    ["text Hello", "text Hello"],
  );
});

Deno.test("FrameReader hands out compressed and plain messages in order", () => {
  const stream = concat([
    text("a"),
    text(compress("b"), { rsv: 4 }),
    text(compress("c"), { rsv: 4 }),
    binary(compress("d"), { rsv: 4 }),
    ping("p"),
    binary("e"),
    text("f"),
    text(compress("g"), { rsv: 4 }),
  ]);
  const { found } = readFrames([stream], { compression: FULL });
  assertEquals(
    found.filter((words) => words !== "ping p"),
    [
      "text a",
      "text b",
      "text c",
      "binary 64",
      "binary 65",
      "text f",
      "text g",
    ],
  );
});

Deno.test("FrameReader refuses RSV1 where it means nothing", () => {
  const wrong = ["1002 a reserved bit is set"];
  const options = { compression: FULL };
  const again = frame({ opcode: 0, payload: "b", rsv: 4 });
  const begin = text("a", { fin: false });
  assertEquals(readFrames([begin, again], options).found, wrong);
  const pinged = frame({ opcode: 9, rsv: 4 });
  assertEquals(readFrames([pinged], options).found, wrong);
  assertEquals(readFrames([text("a", { rsv: 2 })], options).found, wrong);
  assertEquals(readFrames([text("a", { rsv: 4 })]).found, wrong);
});

Deno.test("FrameReader joins a compressed message from fragments with pings between", () => {
  const bytes = compress("hello ".repeat(100));
  const found = readFrames([
    text(bytes.subarray(0, 3), { rsv: 4, fin: false }),
    ping("1"),
    more(bytes.subarray(3, 3)),
    more(bytes.subarray(3), true),
    text("z"),
  ], { compression: FULL }).found;
  assertEquals(found[0], "ping 1");
  assertEquals(found[1].split(",")[0], "text of 600 bytes");
  assertEquals(found[2], "text z");
});

Deno.test("FrameReader goes on with a compressed text behind messages that were handed out", () => {
  const long = "€uro ".repeat(2000);
  const bytes = compress(long);
  // A flush in the middle of a character, so that half of it waits.
  for (let cut = 1; cut < bytes.length; cut++) {
    const { found } = readFrames([
      concat([
        text(compress("é"), { rsv: 4 }),
        text(bytes.subarray(0, cut), { rsv: 4, fin: false }),
      ]),
      more(bytes.subarray(cut), true),
    ], { compression: FULL });
    assertEquals(found, ["text é", ...readFrames([text(long)]).found]);
  }
});

Deno.test("FrameReader leaves room to write a large compressed message to a program without a copy", () => {
  const framing = createFraming({ framing: "length32" });
  const reader = new FrameReader({ compression: FULL });
  let encoded = 0;
  for (const size of [100_000, 10, 1 << 20, 40_000]) {
    const payload = new Uint8Array(size).fill(97);
    const stream = binary(compress(payload), { rsv: 4 });
    for (let at = 0; at < stream.length;) {
      // Batches begin anew in the middle of the message, too.
      const room = reader.room();
      const piece = stream.subarray(at, at + Math.min(room.length, 300));
      room.set(piece);
      reader.filled(piece.length);
      at += piece.length;
      while (reader.next() === "messages") {
        const { batch } = reader, { buffer } = batch.bytes;
        const bytes = framing.encode(batch);
        assertEquals(bytes.subarray(4), payload);
        if (size <= 1 << 15) continue;
        assert(bytes.buffer === buffer, `${size}`);
        encoded++;
      }
    }
  }
  assertEquals(encoded, 3);
});

Deno.test("FrameReader refuses what does not decompress", () => {
  const wrong = ["1007 a compressed message is corrupt"];
  for (const bytes of ["07 ff ff", "ff", "f2 48 cd c9 c9 07 05 ff ff ff ff"]) {
    const { found } = readFrames([text(hex(bytes), { rsv: 4 })], {
      compression: FULL,
    });
    assertEquals(found, wrong);
  }
});

Deno.test("FrameReader refuses a compressed message that ends inside a block, before another is taken for the rest", () => {
  // Of 100 bytes as they are, three.
  const cut = hex("00 64 00 9b ff 61 62 63");
  const frames = [binary(cut, { rsv: 4 }), text(compress("b"), { rsv: 4 })];
  assertEquals(readFrames(frames, { compression: FULL }).found, [
    "1007 a compressed message is corrupt",
  ]);
});

Deno.test("FrameReader takes a compressed message without payload, and one without the empty block at its end", () => {
  const last = new Uint8Array(deflateRawSync(utf8("last block")));
  const messages = [
    text("", { rsv: 4 }),
    text(compress("a"), { rsv: 4 }),
    text(last, { rsv: 4 }),
    text("", { rsv: 4 }),
    text(compress("b"), { rsv: 4 }),
  ];
  const found = ["text ", "text a", "text last block", "text ", "text b"]
    .map((words) => words.trimEnd());
  for (const stream of [[concat(messages)], messages]) {
    const read = readFrames(stream, { compression: FULL }).found;
    assertEquals(read.map((words) => words.trimEnd()), found);
  }
});

Deno.test("FrameReader refuses a compressed text that is not UTF-8", () => {
  for (const bytes of ["ff", "e282", "61eda08061"]) {
    const { found } = readFrames([
      text(compress("é"), { rsv: 4 }),
      text(compress(hex(bytes)), { rsv: 4 }),
    ], { compression: FULL });
    assertEquals(found, ["text é", "1007 a text message is not UTF-8"]);
  }
});

Deno.test("FrameReader takes a decompressed message at the limit and refuses one past it", () => {
  const options = { compression: FULL, maxFrameSize: 5000 };
  const right = binary(compress(new Uint8Array(5000)), { rsv: 4 });
  assertEquals(readFrames([right], options).found.length, 1);
  const wrong = binary(compress(new Uint8Array(5001)), { rsv: 4 });
  assertEquals(readFrames([wrong], options).found, [
    "1009 message of 5001 bytes is over the limit of 5000 (--maxframesize)",
  ]);
});

Deno.test("FrameReader takes a message at the limit that has become longer by compression", () => {
  const noise = crypto.getRandomValues(new Uint8Array(5000));
  const longer = compress(noise);
  assertGreater(longer.length, 5000);
  const { found } = readFrames([binary(longer, { rsv: 4 })], {
    compression: FULL,
    maxFrameSize: 5000,
  });
  assertEquals(found[0].split(",")[0], "binary of 5000 bytes");
});

Deno.test("FrameReader refuses a bomb before it has gone off", () => {
  const bomb = compress(new Uint8Array(1 << 27)); // 128 MiB in 128 KiB
  assertLess(bomb.length, 1 << 18);
  const maxFrameSize = 1 << 20;
  const before = Deno.memoryUsage().rss;
  const { found, held } = readFrames([binary(bomb, { rsv: 4 })], {
    compression: FULL,
    maxFrameSize,
  });
  assert(/^1009 message of \d+ bytes is over/.test(found[0]), found[0]);
  assertLessOrEqual(held, maxFrameSize + (1 << 16));
  assertLess(Deno.memoryUsage().rss - before, 1 << 24);
});

Deno.test("FrameReader hands out large messages one by one that came in one packet", () => {
  const one = binary(compress(new Uint8Array(100_000)), { rsv: 4 });
  const stream = concat(Array.from({ length: 30 }, () => one));
  assertLess(stream.length, 1 << 14);
  const reader = new FrameReader({ compression: FULL });
  feed(reader, binary(new Uint8Array(1 << 16)), () => {}); // so that all comes in one read
  reader.room().set(stream);
  reader.filled(stream.length);
  let messages = 0;
  while (reader.next() === "messages") {
    messages += reader.batch.count;
    assertEquals(reader.batch.count, 1);
  }
  assertEquals(messages, 30);
});

Deno.test("FrameReader does not wait for ever for a compressed message of nothing", () => {
  const nothing = hex("00 00 00 ff ff");
  const many = concat(Array.from({ length: 1000 }, () => nothing));
  const reader = new FrameReader({ compression: FULL, maxFrameSize: 1000 });
  feed(reader, binary(many.subarray(0, 100), { rsv: 4, fin: false }), () => {});
  for (let i = 0; i < 100 && reader.violation === null; i++) {
    feed(reader, more(many.subarray(0, 100)), () => {});
  }
  assertEquals(reader.violation?.code, 1009);
});

Deno.test("FrameReader takes a compressed message an eighth and 1 KiB over the limit, and refuses one byte more", () => {
  const limit = 8000, most = limit + limit / 8 + 1024;
  for (const size of [most, most + 1]) {
    // Empty blocks, and what is left of the last one.
    const nothing = concat([
      ...new Array(Math.floor(size / 5)).fill(hex("00 00 00 ff ff")),
      hex("02 02 02 02").subarray(0, size % 5),
    ]);
    assertEquals(nothing.length, size);
    const stream = binary("", { rsv: 4, announced: size });
    const { found } = readFrames([stream], {
      compression: FULL,
      maxFrameSize: limit,
    });
    assertEquals(
      found.map((words) => words.slice(0, 4)),
      size > most ? ["1009"] : [],
    );
  }
});

Deno.test("FrameReader hands out compressed messages whole, though one behind them is becoming large", () => {
  const first = "a".repeat(5000);
  const large = compress("b".repeat(100_000));
  const { found } = readFrames([
    concat([
      text(compress(first), { rsv: 4 }),
      text(compress("second"), { rsv: 4 }),
      text(large.subarray(0, -10), { rsv: 4, fin: false }),
    ]),
  ], { compression: { windowBits: 15, takeover: false } });
  assertEquals(found, [wordsOf("text", utf8(first)), "text second"]);
});

Deno.test("FrameReader refuses a message that builds on the one before, of a client that takes nothing over", () => {
  const zlib = new ZlibStream("compress", 15);
  const message = utf8(
    "a sentence that is hardly shorter the second time. ".repeat(2),
  );
  const frames = [1, 2].map(() => {
    const output = new Uint8Array(1000);
    const { made } = zlib.run(message, 0, message.length, output, 0);
    return text(output.subarray(0, made - TAIL.length), { rsv: 4 });
  });
  zlib.close();
  const read = (takeover: boolean) =>
    readFrames(frames, { compression: { windowBits: 15, takeover } }).found
      .map((words) => words.slice(0, 4));
  assertEquals(read(true), ["text", "text"]);
  assertEquals(read(false), ["text", "1007"]);
});

for (const takeover of [true, false]) {
  for (const windowBits of [8, 9, 12, 15]) {
    const compression = { windowBits, takeover };
    Deno.test(`Deflater writes what a window of ${windowBits} bits can read, ${takeover ? "with" : "without"} takeover`, () => {
      const messages = [
        "a".repeat(64),
        "short",
        "",
        JSON.stringify({ a: 1, b: [2, 3], c: "text" }).repeat(30),
        "abcdefghijklmnopqrstuvwxyz".repeat(5000),
        "last one, after much else ".repeat(4),
      ].map(utf8);
      // Repeats at distances around the smallest window.
      for (const distance of [200, 256, 257, 512, 600]) {
        const noise = crypto.getRandomValues(new Uint8Array(distance));
        const hexed = [...noise].map((b) => (b & 15).toString(16)).join("");
        messages.push(utf8(hexed.repeat(3)));
      }
      const deflater = new Deflater(compression);
      const stream = write(deflater, batchOf(messages, 1));
      deflater.close();
      const plain = readFrames([concat(messages.map((m) => text(m)))]).found;
      assertEquals(readBack(stream, compression), plain);
      assertLess(stream.length, 60_000);
    });
  }
}

Deno.test("Deflater's stream is one that zlib's own interface reads", () => {
  const messages = Array.from(
    { length: 50 },
    (_, i) =>
      utf8(`{"number":${i},"name":"temperature","value":${i * i}}`.repeat(3)),
  );
  const deflater = new Deflater(FULL);
  let rest = write(deflater, batchOf(messages));
  deflater.close();
  const parts: Uint8Array[] = [];
  for (let parsed; (parsed = parseFrame(rest)) !== null;) {
    assertEquals(parsed.first, 0xc1);
    parts.push(parsed.payload, TAIL);
    rest = rest.subarray(parsed.size);
  }
  assertEquals(
    new Uint8Array(inflateRawSync(concat(parts), flush)),
    concat(messages),
  );
  // With those before in mind, the last is little more than its numbers.
  assertLess(parts.at(-2)!.length, 30);
});

Deno.test("Deflater sends messages of less than 64 bytes as they are", () => {
  const deflater = new Deflater(FULL);
  const stream = write(
    deflater,
    batchOf([utf8("a".repeat(63)), utf8("a".repeat(64))]),
  );
  deflater.close();
  assertEquals(stream.subarray(0, 2), hex("81 3f"));
  assertEquals(stream[65], 0xc1);
});

Deno.test("Deflater writes noise and messages larger than its buffer", () => {
  const noise = new Uint8Array(600_000);
  for (let at = 0; at < noise.length; at += 60_000) {
    crypto.getRandomValues(noise.subarray(at, at + 60_000));
  }
  const messages = [100, 60_000, 65_500, 250_000, 600_000, 64].map((size) =>
    noise.subarray(0, size)
  );
  const deflater = new Deflater(FULL);
  const batch: Batch = { ...batchOf(messages), type: "binary" };
  const stream = write(deflater, batch);
  deflater.close();
  const plain = readFrames([concat(messages.map((m) => binary(m)))], {
    maxFrameSize: 0,
  }).found;
  assertEquals(readBack(stream), plain);
});

/** Of bytes that are corrupt and not UTF-8 either, the cut decides which is seen first; both are 1007. */
function coded<Found>(found: Found): Found | string {
  return typeof found === "string" ? found.replace(/^1007 .*/, "1007") : found;
}

Deno.test("FrameReader takes any compressed bytes without throwing or growing", () => {
  const some = fc.uint8Array({ maxLength: 300 });
  const payload = fc.oneof(
    some,
    some.map(compress),
    fc.nat(20_000).map((n) => compress(new Uint8Array(n))),
    fc.tuple(fc.string({ maxLength: 300 }), fc.nat(), fc.nat(255)).map(
      ([words, at, byte]) => {
        const bytes = compress(words).slice();
        if (bytes.length > 0) bytes[at % bytes.length] = byte;
        return bytes;
      },
    ),
  );
  const parts = fc.record({
    opcode: fc.constantFrom(0, 1, 2),
    rsv: fc.constantFrom(0, 4),
    fin: fc.boolean(),
    payload,
  });
  fc.assert(
    fc.property(
      fc.array(parts, { maxLength: 8 }),
      fc.integer({ min: 1, max: 400 }),
      (all, size) => {
        const stream = concat(all.map((one) => frame(one)));
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < stream.length; at += size) {
          chunks.push(stream.subarray(at, at + size));
        }
        const options = { compression: FULL, maxFrameSize: 10_000 };
        const cut = readFrames(chunks, options);
        const whole = readFrames([stream], options);
        assertEquals(cut.found.map(coded), whole.found.map(coded));
        assertLessOrEqual(cut.held, 10_000 + (1 << 16));
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("isZlibUsable finds what a ZlibStream needs in this runtime", () => {
  assert(isZlibUsable());
});
