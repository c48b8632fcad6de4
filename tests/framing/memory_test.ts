import { assert, assertEquals, assertLess } from "@std/assert";
import { createFraming } from "../../lib/framing/create_framing.ts";
import type { Decoder, FramingName } from "../../lib/framing/framing.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";
import { bytes, pushed } from "./decode.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const NAMES: FramingName[] = [
  "lines",
  "nul",
  "raw",
  "chunks",
  "length32",
  "tagged",
];

Deno.test("a fresh decoder holds less than 1 KiB", () => {
  for (const framing of NAMES) {
    const shared = createFraming({ framing });
    const decoders: Decoder[] = new Array(10_000).fill(undefined);
    const before = Deno.memoryUsage();
    for (let i = 0; i < decoders.length; i++) {
      decoders[i] = shared.decoder("stdout");
    }
    const after = Deno.memoryUsage();
    const held = after.heapUsed + after.external - before.heapUsed -
      before.external;
    assertLess(held / decoders.length, KIB, framing);
  }
});

Deno.test("a long line in small chunks costs time proportional to its length", () => {
  // Copied or searched again for each chunk it would be 2^38 bytes: a minute or more.
  const length = 4 * MIB;
  const chunk = new Uint8Array(32).fill(0x61);
  const watch = new Stopwatch();
  const decoder = createFraming().decoder("stdout");
  for (let i = 0; i < length; i += chunk.length) decoder.push(chunk);
  const batch = decoder.push(bytes("\n"));
  assertEquals(batch.bounds[1] - batch.bounds[0], length);
  assertLess(watch.ms, 10_000);
});

Deno.test("a pending line reserves no more than maxLine and one chunk", () => {
  const decoder = createFraming({ maxLine: MIB }).decoder("stdout");
  const chunk = new Uint8Array(64 * KIB).fill(0x61);
  let held = 0;
  for (let i = 0; i < MIB; i += chunk.length) {
    held = Math.max(held, decoder.push(chunk).bytes.buffer.byteLength);
  }
  assert(held <= MIB + 1 + chunk.length, `${held}`);
});

Deno.test("the memory of a long line is let go with the next chunk", () => {
  for (const framing of NAMES) {
    const separator = framing === "nul" ? "\0" : "\n";
    const decoder = createFraming({ framing }).decoder("stdout");
    const half = new Uint8Array(MIB).fill(0x61);
    // 0x20 bytes short of 2 MiB for length32, whose message this then is.
    decoder.push(framing === "length32" ? bytes([0, 0x20, 0, 0]) : bytes("a"));
    decoder.push(half);
    decoder.push(half);
    decoder.push(bytes(separator, "b"));
    const { bytes: held } = decoder.push(bytes("c"));
    assertLess(held.buffer.byteLength, 2 * KIB, framing);
  }
});

Deno.test("the memory of a message is let go with an empty chunk", () => {
  const decoder = createFraming().decoder("stdout");
  decoder.push(new Uint8Array(MIB).fill(0x61));
  decoder.push(bytes("\n"));
  assertEquals(decoder.push(bytes("")).bytes.buffer.byteLength, 0);
});

Deno.test("a large chunk is not copied for the line that it completes, if there is headroom", () => {
  const decoder = createFraming().decoder("stdout");
  decoder.push(bytes("abc"));
  decoder.push(bytes(""));
  const memory = new Uint8Array(4 + 64 * KIB).fill(0x61);
  memory[4 + 100] = 0x0a;
  const batch = decoder.push(memory.subarray(4), 4);
  assertEquals(batch.bytes.buffer, memory.buffer);
  assertEquals(batch.bytes.byteOffset, 1);
  assertEquals([...batch.bounds.subarray(0, 2)], [0, 103]);
});

Deno.test("a large chunk is copied behind more than there is headroom for", () => {
  const decoder = createFraming().decoder("stdout");
  decoder.push(bytes("abcde"));
  const memory = new Uint8Array(4 + 64 * KIB).fill(0x0a);
  const batch = decoder.push(memory.subarray(4), 4);
  assertEquals([...batch.bounds.subarray(0, 4)], [0, 5, 6, 6]);
  assertEquals([...memory.subarray(0, 4)], [0x0a, 0x0a, 0x0a, 0x0a]);
});

Deno.test("the bounds of many short lines are let go with a small chunk", () => {
  const decoder = createFraming().decoder("stdout");
  const batch = decoder.push(new Uint8Array(64 * KIB).fill(0x0a));
  assertEquals(batch.count, 64 * KIB);
  assertLess(decoder.push(bytes("a\n")).bounds.byteLength, KIB);
});

Deno.test("a small chunk does not keep the big array alive that it came in", () => {
  for (const framing of NAMES) {
    const decoder = createFraming({ framing }).decoder("stdout");
    const chunk = new Uint8Array(64 * KIB).subarray(0, 8);
    assertLess(decoder.push(chunk).bytes.buffer.byteLength, KIB, framing);
  }
});

Deno.test("a chunk of whole lines is not copied", () => {
  const chunk = bytes("a\nb\n");
  const decoder = createFraming().decoder("stdout");
  assert(decoder.push(chunk).bytes.buffer === chunk.buffer);
});

Deno.test("a chunk may be overwritten once its batch is done with", () => {
  const decoder = createFraming().decoder("stdout");
  const chunk = bytes("a\npart");
  assertEquals(pushed(decoder, chunk), ["a"]);
  chunk.fill(0x2a);
  assertEquals(pushed(decoder, bytes("ial\n")), ["partial"]);
});

Deno.test("the batch, its bounds and its bytes are used again for like chunks", () => {
  const decoder = createFraming().decoder("stdout");
  const chunk = new Uint8Array(64 * KIB);
  for (let i = 5; i < chunk.length; i += 8) chunk[i] = 0x0a;
  decoder.push(chunk);
  const first = decoder.push(chunk);
  const { bytes, bounds } = first;
  const second = decoder.push(chunk);
  assert(first === second);
  assert(bounds === second.bounds);
  assert(bytes.buffer === second.bytes.buffer);
});
