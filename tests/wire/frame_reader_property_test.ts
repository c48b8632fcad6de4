/**
 * The reader over random streams: cuts change nothing, and no bytes make it
 * throw, hang or grow. Both directions.
 */
import { assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { FrameReader } from "../../lib/socket/wire/frame_reader.ts";
import { concat, frame, type FrameParts } from "./frames.ts";
import { feed, readFrames } from "./read_frames.ts";

const RUNS = { numRuns: 2000 };

/** UTF-8 and what is almost UTF-8. */
const payload: fc.Arbitrary<Uint8Array> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.string({ unit: "grapheme", maxLength: 60 }).map((s) =>
      new TextEncoder().encode(s)
    ),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) },
  {
    weight: 1,
    arbitrary: fc.nat(2000).map((n) => new Uint8Array(n).fill(0x61)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      [0xe2, 0x82],
      [0x82, 0xac],
      [0xf4],
      [0x90, 0x80],
      [0xed, 0xa0, 0x80],
    ).map((b) => Uint8Array.from(b)),
  },
);

const key = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((k) => [...k]);

/** Frames that are mostly right. */
const parts: fc.Arbitrary<FrameParts> = fc.record({
  opcode: fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(0, 1, 2, 9, 10) },
    { weight: 1, arbitrary: fc.nat(15) },
  ),
  payload,
  fin: fc.oneof(
    { weight: 3, arbitrary: fc.constant(true) },
    fc.constant(false),
  ),
  rsv: fc.oneof({ weight: 50, arbitrary: fc.constant(0) }, fc.nat(7)),
  key,
}).map((one) =>
  one.opcode >= 8 && one.payload.length > 125
    ? { ...one, payload: one.payload.subarray(0, 20), fin: true }
    : one
);

/** Streams of one direction. */
function streams(masked: boolean): fc.Arbitrary<Uint8Array> {
  return fc.array(parts, { maxLength: 20 }).map((all) =>
    concat(all.map((one) => frame({ ...one, key: masked ? one.key : null })))
  );
}

const sizes = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 20 }) },
    fc.integer({ min: 1, max: 5000 }),
  ),
  { minLength: 1, maxLength: 8 },
);

function cut(stream: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, i = 0; at < stream.length; i++) {
    const size = sizes[i % sizes.length];
    chunks.push(stream.slice(at, at + size));
    at += size;
  }
  return chunks;
}

/** Control frames may overtake messages that were read together with them. */
function sorted(
  found: readonly string[],
): { messages: string[]; control: string[] } {
  const isControl = (words: string) => /^(ping|pong)/.test(words);
  return {
    messages: found.filter((words) => !isControl(words)),
    control: found.filter(isControl),
  };
}

for (const masked of [true, false]) {
  const whose = masked ? "a client's" : "a server's";

  Deno.test(`FrameReader finds the same in ${whose} stream however it is cut`, () => {
    fc.assert(
      fc.property(streams(masked), sizes, (stream, sizes) => {
        const whole = readFrames([stream], { masked });
        const chunks = readFrames(cut(stream, sizes), { masked });
        assertEquals(sorted(chunks.found), sorted(whole.found));
      }),
      RUNS,
    );
  });

  Deno.test(`FrameReader takes any bytes for ${whose} without throwing or growing`, () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      // Almost right: one byte of a stream of frames is another.
      fc.tuple(streams(masked), fc.nat(), fc.nat(255)).map(
        ([stream, at, byte]) => {
          if (stream.length > 0) stream[at % stream.length] = byte;
          return stream;
        },
      ),
    );
    fc.assert(
      fc.property(
        anything,
        sizes,
        fc.nat(5000),
        (bytes, sizes, maxFrameSize) => {
          const reader = new FrameReader({
            masked,
            maxFrameSize: maxFrameSize + 1,
          });
          for (const chunk of cut(bytes, sizes)) {
            const held = feed(reader, chunk, () => {});
            assertLessOrEqual(held, maxFrameSize + 1 + (1 << 16));
          }
        },
      ),
      RUNS,
    );
  });
}

Deno.test("FrameReader agrees with a simple reading of a client's stream", () => {
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 12 }), (all) => {
      const right = all.filter(({ opcode, rsv }) => opcode < 3 && rsv === 0);
      const stream = concat(right.map((one) => frame(one)));
      const { found } = readFrames([stream], { maxFrameSize: 0 });
      assertEquals(
        found.map((words) => words.replace(/^1002.*/, "1002")),
        simply(right),
      );
    }),
    RUNS,
  );
});

/** The rules of RFC 6455 §5.4 and §8.1 in the plainest way. */
function simply(all: readonly FrameParts[]): string[] {
  const found: string[] = [];
  let type = 0;
  let bytes: Uint8Array = new Uint8Array(0);
  for (const { opcode, payload, fin = true } of all) {
    if ((opcode === 0) === (type === 0)) return [...found, "1002"];
    if (opcode !== 0) {
      type = opcode;
      bytes = new Uint8Array(0);
    }
    bytes = concat([bytes, payload as Uint8Array]);
    if (type === 1 && !canBecomeText(bytes, fin)) {
      return [...found, "1007 a text message is not UTF-8"];
    }
    if (!fin) continue;
    found.push(
      ...readFrames([frame({ opcode: type, payload: bytes })], {
        maxFrameSize: 0,
      }).found,
    );
    type = 0;
  }
  return found;
}

function canBecomeText(bytes: Uint8Array, isWhole: boolean): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, {
      stream: !isWhole,
    });
    return true;
  } catch {
    return false;
  }
}
