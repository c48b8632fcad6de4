import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { findByte } from "../../lib/framing/find_byte.ts";

/** Bytes that begin anywhere in their memory, with the byte looked for also in front of and behind them. */
function placed(content: Uint8Array, offset: number, byte: number): Uint8Array {
  const memory = new Uint8Array(offset + content.length + 9).fill(byte);
  memory.set(content, offset);
  return memory.subarray(offset, offset + content.length);
}

function find(bytes: Uint8Array, byte: number, from: number): number {
  const { buffer } = bytes;
  const words = new Int32Array(buffer, 0, buffer.byteLength >> 2);
  return findByte(bytes, words, byte, from);
}

Deno.test("findByte finds what indexOf finds, wherever the bytes begin", () => {
  const any = fc.uint8Array({ maxLength: 80 });
  const few = fc.array(fc.constantFrom(0, 9, 10, 11, 0x8a, 0x80, 0xff), {
    maxLength: 80,
  }).map((bytes) => Uint8Array.from(bytes));
  fc.assert(fc.property(
    fc.oneof(any, few),
    fc.nat(11),
    fc.constantFrom(0, 10, 0x80, 0xff),
    fc.nat(80),
    (content, offset, byte, from) => {
      if (from > content.length) return;
      const bytes = placed(content, offset, byte);
      assertEquals(find(bytes, byte, from), content.indexOf(byte, from));
    },
  ));
});

Deno.test("findByte finds a byte at every distance, and none that is not there", () => {
  for (let length = 1; length < 2100; length += 7) {
    const content = new Uint8Array(length).fill(0x61);
    const bytes = placed(content, length % 4, 10);
    assertEquals(find(bytes, 10, 0), -1);
    bytes[length - 1] = 10;
    assertEquals(find(bytes, 10, 0), length - 1);
  }
});
