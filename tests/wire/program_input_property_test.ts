/**
 * What a program is written, of random messages: framings move messages in the
 * memory that the reader reads to, and nothing that is still to come may suffer.
 */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { constants, deflateRawSync } from "node:zlib";
import { createFraming } from "../../lib/framing/create_framing.ts";
import { FrameReader } from "../../lib/socket/wire/frame_reader.ts";
import { batchOf } from "../framing/decode.ts";
import { concat, frame, ping } from "./frames.ts";

interface Sent {
  readonly payload: Uint8Array;
  readonly isCompressed: boolean;
  /** Frames it comes in, with pings between them. */
  readonly pieces: number;
}

const sent: fc.Arbitrary<Sent> = fc.record({
  size: fc.oneof(
    fc.nat(200),
    fc.integer({ min: 300, max: 5000 }),
    fc.integer({ min: 20_000, max: 150_000 }),
  ),
  letter: fc.integer({ min: 97, max: 122 }),
  isCompressed: fc.boolean(),
  pieces: fc.integer({ min: 1, max: 4 }),
}).map(({ size, letter, ...rest }) => ({
  // Every place in it differs from those nearby.
  payload: new Uint8Array(size).map((_, at) => letter + at * (at >> 8) & 127),
  ...rest,
}));

function framesOf({ payload, isCompressed, pieces }: Sent): Uint8Array {
  const whole = isCompressed
    ? new Uint8Array(
      deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH }),
    ).subarray(0, -4)
    : payload;
  const size = Math.ceil(whole.length / pieces);
  return concat(Array.from({ length: pieces }, (_, i) =>
    concat([
      frame({
        opcode: i === 0 ? 2 : 0,
        payload: whole.subarray(i * size, (i + 1) * size),
        fin: i === pieces - 1,
        rsv: i === 0 && isCompressed ? 4 : 0,
      }),
      ping("between"),
    ])));
}

for (const name of ["length32", "chunks"] as const) {
  Deno.test(`a program is written what was sent, whatever came together with it: ${name}`, () => {
    const framing = createFraming({ framing: name });
    fc.assert(
      fc.property(
        fc.array(sent, { minLength: 1, maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1 }),
        (messages, sizes) => {
          const stream = concat(messages.map(framesOf));
          const reader = new FrameReader({
            compression: { windowBits: 15, takeover: false },
          });
          const written: Uint8Array[] = [];
          for (let at = 0, i = 0; at < stream.length; i++) {
            const room = reader.room();
            const piece = stream.subarray(
              at,
              at + Math.min(room.length, sizes[i % sizes.length]),
            );
            room.set(piece);
            reader.filled(piece.length);
            at += piece.length;
            for (let next; (next = reader.next()) !== "nothing";) {
              if (next === "messages") {
                written.push(framing.encode(reader.batch).slice());
              } else assertEquals(next, "ping");
            }
          }
          reader.close();
          const payloads = messages.map(({ payload }) => payload);
          const expected = framing.encode(batchOf(payloads));
          assertEquals(concat(written), expected);
        },
      ),
      { numRuns: 150 },
    );
  });
}
