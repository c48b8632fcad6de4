import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Batch } from "../../lib/framing/batch.ts";
import {
  openParcel,
  packParcel,
  ParcelCutter,
  ParcelJoiner,
} from "../../lib/relay/parcel.ts";

Deno.test("a parcel holds facts and messages of any length, empty ones and the last of a larger batch too", () => {
  const bytes = new TextEncoder().encode("..onetwo.three");
  const batch: Batch = {
    type: "text",
    bytes,
    bounds: Uint32Array.of(2, 5, 5, 5, 5, 8, 9, 14, 77, 77),
    count: 4,
  };
  const opened = openParcel<{ from: number }>(packParcel({ from: 7 }, batch))!;
  assertEquals(opened.facts, { from: 7 });
  assertEquals(textsOf(opened.batch!), ["one", "", "two", "three"]);
  assertEquals(opened.batch!.type, "text");
});

Deno.test("a parcel without messages has none", () => {
  assertEquals(openParcel(packParcel({ a: [1] }, null)), {
    facts: { a: [1] },
    batch: null,
  });
});

Deno.test("openParcel makes nothing of bytes that are no parcel, and never throws", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    openParcel(bytes);
  }));
  const parcel = packParcel({ a: 1 }, null);
  for (let end = 0; end < parcel.length; end++) {
    assertEquals(openParcel(parcel.subarray(0, end)), null);
  }
  assertEquals(openParcel(packParcel("text", null)), null);
  assertEquals(openParcel(packParcel(null, null)), null);
});

Deno.test("parcels of several senders that are cut and mixed come out whole", () => {
  fc.assert(fc.property(
    fc.array(fc.uint8Array({ maxLength: 90 }), { minLength: 1, maxLength: 5 }),
    fc.integer({ min: 10, max: 40 }),
    fc.infiniteStream(fc.nat()),
    (parcels, most, choices) => {
      const queues = parcels.map((parcel) =>
        new ParcelCutter(most).cut(parcel)
      );
      const joiner = new ParcelJoiner();
      const joined: Uint8Array[] = [];
      while (queues.some((queue) => queue.length > 0)) {
        const full = queues.filter((queue) => queue.length > 0);
        const queue = full[choices.next().value % full.length];
        const piece = queue.shift()!;
        assertEquals(piece.length <= most, true);
        const whole = joiner.push(piece);
        if (whole !== null) joined.push(whole);
      }
      const sorted = (list: Uint8Array[]) => list.map((b) => b.join()).sort();
      assertEquals(sorted(joined), sorted(parcels));
    },
  ));
});

Deno.test("a joiner forgets parcels whose rest never comes before they take much memory", () => {
  const joiner = new ParcelJoiner();
  for (let i = 0; i < 40; i++) {
    const [piece] = new ParcelCutter(4 << 20).cut(new Uint8Array(5 << 20));
    assertEquals(joiner.push(piece), null);
  }
  assertEquals(joiner.bytes <= 64 << 20, true, `${joiner.bytes} bytes kept`);
});

function textsOf({ bytes, bounds, count }: Batch): string[] {
  return Array.from(
    { length: count },
    (_, i) =>
      new TextDecoder().decode(
        bytes.subarray(bounds[2 * i], bounds[2 * i + 1]),
      ),
  );
}
