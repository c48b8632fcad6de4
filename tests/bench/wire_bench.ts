/**
 * The codec of the wire engine, without any I/O. A rate is the messages in the
 * name divided by the time shown: 8192 messages in 200 µs are 41 million a
 * second.
 *
 *     deno bench tests/bench/wire_bench.ts
 */
import type { Batch } from "../../lib/framing/batch.ts";
import { createFraming } from "../../lib/framing/create_framing.ts";
import { FrameReader } from "../../lib/socket/wire/frame_reader.ts";
import { writeFrames } from "../../lib/socket/wire/frame_writer.ts";
import { giveBack } from "../../lib/socket/wire/write_buffer.ts";
import { textFrame } from "./frames.ts";

const CHUNK = 1 << 16;

/** The messages of one 64 KiB chunk of lines, newline included in `length`. */
function linesOf(length: number): Batch {
  const chunk = new Uint8Array(CHUNK).fill(0x61);
  for (let i = length - 1; i < CHUNK; i += length) chunk[i] = 0x0a;
  return createFraming().decoder("stdout").push(chunk);
}

function frame(batch: Batch): number {
  let size = 0;
  for (let next = 0; next < batch.count;) {
    const written = writeFrames(batch, next);
    next = written.next;
    size += written.buffer.end;
    giveBack(written.buffer);
  }
  return size;
}

function benchWrite(length: number): void {
  const batch = linesOf(length);
  Deno.bench(`frame ${batch.count} messages of ${length - 1} bytes`, {
    group: "write",
  }, () => {
    frame(batch);
  });
}

for (const length of [2, 8, 32, 65, 101, 201, 501, 1001, CHUNK]) {
  benchWrite(length);
}

Deno.bench("frame 1 message of 64 bytes", { group: "write" }, () => {
  frame(ONE);
});
const ONE: Batch = { ...linesOf(65), count: 1 };

/** Masked frames of a client, as many as 64 KiB hold. */
function framesOf(payload: Uint8Array): { stream: Uint8Array; count: number } {
  const one = textFrame(payload);
  const count = Math.floor(CHUNK / one.length);
  const stream = new Uint8Array(count * one.length);
  for (let i = 0; i < count; i++) stream.set(one, i * one.length);
  return { stream, count };
}

/** Reads a stream as a socket does, in reads of 64 KiB. */
function read(
  reader: FrameReader,
  stream: Uint8Array,
  each: (batch: Batch) => void,
): void {
  for (let from = 0; from < stream.length;) {
    const room = reader.room();
    const count = Math.min(room.length, stream.length - from);
    room.set(stream.subarray(from, from + count));
    reader.filled(count);
    from += count;
    while (reader.next() === "messages") each(reader.batch);
  }
}

function benchRead(length: number, fill = "a"): void {
  const payload = new TextEncoder().encode(fill.repeat(length)).subarray(
    0,
    length,
  );
  const { stream, count } = framesOf(payload);
  const reader = new FrameReader();
  const what = `${count} messages of ${length} bytes${
    fill === "a" ? "" : ", not ASCII"
  }`;
  Deno.bench(`read ${what}`, { group: "read" }, () => {
    read(reader, stream, () => {});
  });
  const echo = new FrameReader();
  Deno.bench(`read and frame ${what}`, { group: "echo" }, () => {
    read(echo, stream, frame);
  });
}

for (const length of [7, 64, 125, 1000, 60_000]) benchRead(length);
benchRead(64, "é");
