/**
 * The hot path between a program and its sockets. 64 KiB is what one read of a
 * pipe gives at most, so a rate is lines in a chunk divided by the time shown:
 * 8192 short lines in 100 µs are 82 million lines a second.
 *
 *     deno bench tests/bench/framing_bench.ts
 */
import type { Batch } from "../../lib/framing/batch.ts";
import { createFraming } from "../../lib/framing/create_framing.ts";
import type { FramingOptions } from "../../lib/framing/framing.ts";

const CHUNK = 1 << 16;

/** A chunk of lines of `length` bytes, newline included. `shift` moves the first newline, so that a chunk of them begins and ends inside a line. */
function chunkOfLines(length: number, shift = 0): Uint8Array {
  const chunk = new Uint8Array(CHUNK).fill(0x61);
  for (let i = length - 1 - shift; i < CHUNK; i += length) chunk[i] = 0x0a;
  return chunk;
}

/** What an engine does with a batch at the least: look at both borders of each message. */
function walk(batch: Batch): number {
  let total = 0;
  for (let i = 0; i < 2 * batch.count; i += 2) {
    total += batch.bounds[i + 1] - batch.bounds[i];
  }
  return total;
}

function benchDecoder(
  name: string,
  chunk: Uint8Array,
  options: FramingOptions = {},
): void {
  const decoder = createFraming(options).decoder("stdout");
  Deno.bench(name, { group: "decode" }, () => {
    walk(decoder.push(chunk));
  });
}

benchDecoder("lines, 1 of 7 bytes", chunkOfLines(8).subarray(0, 8));
benchDecoder("lines, 8192 of 7 bytes", chunkOfLines(8));
benchDecoder("lines, 8192 of 7 bytes, cut by chunks", chunkOfLines(8, 3));
benchDecoder("lines, 2048 of 31 bytes", chunkOfLines(32));
benchDecoder("lines, 655 of 99 bytes", chunkOfLines(100));
benchDecoder("lines, 65 of 1000 bytes", chunkOfLines(1001));
benchDecoder("lines, 65 of 1000 bytes, cut by chunks", chunkOfLines(1001, 500));
benchDecoder("tagged, 8192 of 7 bytes", chunkOfLines(8), {
  framing: "tagged",
});
benchDecoder("tagged, 65 of 1000 bytes", chunkOfLines(1001), {
  framing: "tagged",
});
benchDecoder("raw, 64 KiB", chunkOfLines(8), { framing: "raw" });
benchDecoder("chunks, 64 KiB", chunkOfLines(8), { framing: "chunks" });

Deno.bench("lines, one of 16 MiB - 1 in 256 chunks", (bench) => {
  const decoder = createFraming().decoder("stdout");
  const chunk = new Uint8Array(CHUNK).fill(0x61);
  bench.start();
  for (let i = 0; i < 255; i++) decoder.push(chunk);
  decoder.push(chunk.subarray(1));
  decoder.push(new Uint8Array([0x0a]));
  bench.end();
});

/** Messages as a client's frames leave them: 6 bytes of header before each. */
function receivedBatch(length: number, count: number): Batch {
  const bounds = new Uint32Array(2 * count);
  for (let i = 0; i < count; i++) {
    bounds[2 * i] = i * (length + 6) + 6;
    bounds[2 * i + 1] = (i + 1) * (length + 6);
  }
  const bytes = new Uint8Array(count * (length + 6)).fill(0x61);
  return { type: "text", bytes, bounds, count };
}

function benchEncode(
  name: string,
  batch: Batch,
  options: FramingOptions = {},
): void {
  const framing = createFraming(options);
  Deno.bench(name, { group: "encode" }, () => {
    framing.encode(batch);
  });
}

benchEncode("lines, 1 of 64 bytes", receivedBatch(64, 1));
benchEncode("lines, 1000 of 7 bytes", receivedBatch(7, 1000));
benchEncode("lines, 1000 of 64 bytes", receivedBatch(64, 1000));
benchEncode("lines, 64 of 1000 bytes", receivedBatch(1000, 64));
benchEncode("length32, 1000 of 64 bytes", receivedBatch(64, 1000), {
  framing: "length32",
});
benchEncode("chunks, 1000 of 64 bytes", receivedBatch(64, 1000), {
  framing: "chunks",
});
