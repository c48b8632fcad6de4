import { assertEquals, assertThrows } from "@std/assert";
import {
  closeFrame,
  FrameCounter,
  pongFrame,
  serverFrame,
  textFrame,
} from "./frames.ts";

const encoder = new TextEncoder();

/** Feeds `bytes` in chunks of `size` the way the connection does, with the unused rest before the next chunk. */
function countInChunks(bytes: Uint8Array, size: number): FrameCounter {
  const counter = new FrameCounter();
  let rest = new Uint8Array(0);
  for (let at = 0; at < bytes.length; at += size) {
    const chunk = new Uint8Array([...rest, ...bytes.subarray(at, at + size)]);
    rest = chunk.slice(counter.feed(chunk, chunk.length));
  }
  assertEquals(rest.length, 0);
  return counter;
}

Deno.test("FrameCounter counts the same however the bytes are cut", () => {
  const long = serverFrame(new Uint8Array(300));
  const huge = new Uint8Array([
    0x82,
    127,
    0,
    0,
    0,
    0,
    0,
    1,
    0,
    1,
    ...new Uint8Array(65_537),
  ]);
  const ping = new Uint8Array([0x89, 2, 7, 8]);
  const close = new Uint8Array([0x88, 2, 0x03, 0xe8]);
  const bytes = new Uint8Array([
    ...serverFrame(encoder.encode("one")),
    ...ping,
    ...serverFrame(new Uint8Array(0)),
    ...long,
    ...huge,
    ...close,
  ]);
  for (const size of [1, 2, 3, 7, 126, 4096, bytes.length]) {
    const counter = countInChunks(bytes, size);
    assertEquals(counter.messages, 4);
    assertEquals(counter.bytes, 3 + 0 + 300 + 65_537);
    assertEquals(counter.pings, [new Uint8Array([7, 8])]);
    assertEquals(counter.close, new Uint8Array([0x03, 0xe8]));
  }
});

Deno.test("FrameCounter counts a fragmented message once", () => {
  const counter = countInChunks(
    new Uint8Array([0x01, 1, 97, 0x00, 1, 98, 0x80, 1, 99]),
    9,
  );
  assertEquals(counter.messages, 1);
  assertEquals(counter.bytes, 3);
});

Deno.test("FrameCounter refuses masked frames and reserved bits", () => {
  assertThrows(
    () =>
      new FrameCounter().feed(new Uint8Array([0x81, 0x81, 0, 0, 0, 0, 97]), 7),
    TypeError,
  );
  assertThrows(
    () => new FrameCounter().feed(new Uint8Array([0xc1, 0x01, 97]), 3),
    TypeError,
  );
});

Deno.test("client frames are masked with their key", () => {
  const payload = encoder.encode("x".repeat(200));
  for (
    const [frame, opcode] of [
      [textFrame(payload), 1],
      [closeFrame(payload), 8],
      [pongFrame(payload), 10],
    ] as const
  ) {
    assertEquals([...frame.subarray(0, 4)], [
      0x80 | opcode,
      0x80 | 126,
      0,
      200,
    ]);
    const key = frame.subarray(4, 8);
    assertEquals(frame.slice(8).map((byte, i) => byte ^ key[i % 4]), payload);
  }
});
