import { assert, assertEquals } from "@std/assert";
import type { Batch } from "../../lib/framing/batch.ts";
import { OutputLog } from "../../lib/framing/output_log.ts";

function batchOf(...texts: string[]): Batch {
  const bytes = new TextEncoder().encode(texts.join("|"));
  const bounds: number[] = [];
  let at = 0;
  for (const { length } of texts) {
    bounds.push(at, at + length);
    at += length + 1;
  }
  return {
    type: "text",
    bytes,
    bounds: Uint32Array.from(bounds),
    count: texts.length,
  };
}

function textsOf({ bytes, bounds, count }: Batch): string[] {
  return Array.from(
    { length: count },
    (_, i) =>
      new TextDecoder().decode(
        bytes.subarray(bounds[2 * i], bounds[2 * i + 1]),
      ),
  );
}

function readAll(log: OutputLog, from: number): string[] {
  const texts: string[] = [];
  while (from + texts.length < log.next) {
    texts.push(...textsOf(log.read(from + texts.length, 1 << 20)));
  }
  return texts;
}

Deno.test("OutputLog numbers messages from 0 on and gives them back from any number, over segments", () => {
  const log = new OutputLog("e");
  const all: string[] = [];
  for (let i = 0; i < 3000; i++) {
    const texts = [`${i}`, "x".repeat(i % 97), ""];
    all.push(...texts);
    log.append(batchOf(...texts));
  }
  assertEquals([log.first, log.next], [0, 9000]);
  assertEquals(readAll(log, 0), all);
  assertEquals(readAll(log, 8990), all.slice(8990));
  assert(log.segmentOf(0) !== log.segmentOf(8999));
});

Deno.test("OutputLog keeps what was read as it was, while it grows", () => {
  const log = new OutputLog("e");
  log.append(batchOf("one", "two"));
  const before = log.read(0, 100);
  for (let i = 0; i < 1000; i++) log.append(batchOf("more and more"));
  assertEquals(textsOf(before), ["one", "two"]);
});

Deno.test("OutputLog reads as much as fits, and at least one message", () => {
  const log = new OutputLog("e");
  log.append(batchOf("1234", "5678", "9"));
  assertEquals(textsOf(log.read(0, 8)), ["1234", "5678"]);
  assertEquals(textsOf(log.read(0, 7)), ["1234"]);
  assertEquals(textsOf(log.read(0, 0)), ["1234"]);
  assertEquals(log.read(3, 100).count, 0);
});

Deno.test("OutputLog holds a message longer than a segment", () => {
  const log = new OutputLog("e");
  const long = "y".repeat(300_000);
  log.append(batchOf("a", long, "b"));
  assertEquals(readAll(log, 0), ["a", long, "b"]);
});

Deno.test("OutputLog counts payload and 8 bytes for each message", () => {
  const log = new OutputLog("e");
  log.append(batchOf("12345", "", "123"));
  assertEquals([0, 1, 2, 3].map((n) => log.costFrom(n)), [32, 19, 11, 0]);
  assertEquals([32, 31, 19, 18, 0].map((c) => log.withinCost(c)), [
    0,
    1,
    1,
    2,
    3,
  ]);
  assertEquals([8, 7, 3, 2].map((b) => log.withinBytes(b)), [0, 1, 1, 3]);
});

Deno.test("OutputLog forgets whole segments below a number, and never the last", () => {
  const log = new OutputLog("e");
  const text = "z".repeat(40_000);
  for (let i = 0; i < 4; i++) assertEquals(log.append(batchOf(text)), true);
  log.forget(1);
  assertEquals(log.first, 1);
  log.forget(1);
  assertEquals(log.first, 1);
  log.forget(4);
  assertEquals([log.first, log.next], [3, 4]);
  assertEquals(log.costFrom(3), 40_008);
  assertEquals(readAll(log, 3), [text]);
});
