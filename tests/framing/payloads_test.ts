import { assertEquals } from "@std/assert";
import type { Batch } from "../../lib/framing/batch.ts";
import { createFraming } from "../../lib/framing/create_framing.ts";
import type { FramingName } from "../../lib/framing/framing.ts";
import { batchOf } from "./decode.ts";

const NAMES: readonly FramingName[] = [
  "lines",
  "nul",
  "tagged",
  "length32",
  "raw",
  "chunks",
];

/** Messages of these lengths that say where they are, with room in front of each. */
function messages(lengths: readonly number[], room: number): Batch {
  const payloads = lengths.map((length, i) =>
    new Uint8Array(length).map((_, at) => 97 + (i + at) % 26)
  );
  return batchOf(payloads, room);
}

for (const framing of NAMES) {
  const encoded = (batch: Batch) => createFraming({ framing }).encode(batch);

  Deno.test(`${framing} moves large messages where they lie`, () => {
    for (
      const lengths of [[100_000], [40_000, 1, 0, 60_000, 39], [1, 1 << 16]]
    ) {
      for (const room of [4, 5, 14]) {
        const batch = messages(lengths, room);
        const result = encoded(batch);
        assertEquals(result.buffer === batch.bytes.buffer, true);
        assertEquals(result, encoded(messages(lengths, 0)));
      }
    }
  });

  Deno.test(`${framing} leaves messages alone that have no room, or are short`, () => {
    for (
      const { lengths, room } of [
        { lengths: [100_000], room: 0 },
        { lengths: [1 << 15], room: 14 },
        { lengths: new Array<number>(200).fill(380), room: 14 },
      ]
    ) {
      const batch = messages(lengths, room);
      const before = batch.bytes.slice();
      encoded(batch);
      assertEquals(batch.bytes, before);
    }
  });
}
