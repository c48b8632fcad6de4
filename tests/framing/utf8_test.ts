import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { createFraming } from "../../lib/framing/create_framing.ts";
import {
  endOfUtf8,
  sequenceLength,
  startOfCutSequence,
} from "../../lib/framing/utf8.ts";
import { output } from "./arbitraries.ts";
import { bytes, decode } from "./decode.ts";

function lengthOf(...sequence: number[]): number {
  return sequenceLength(Uint8Array.from(sequence), 0, sequence.length);
}

Deno.test("sequenceLength measures well-formed sequences", () => {
  assertEquals(lengthOf(...bytes("a")), 1);
  assertEquals(lengthOf(...bytes("éa")), 2);
  assertEquals(lengthOf(...bytes("€a")), 3);
  assertEquals(lengthOf(...bytes("😀a")), 4);
});

Deno.test("sequenceLength agrees with TextDecoder at every border of table 3-7 of Unicode", () => {
  const fatal = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const seconds = [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0];
  for (let lead = 0x80; lead <= 0xff; lead++) {
    for (const second of seconds) {
      for (const rest of [[], [0x80], [0x80, 0xbf]]) {
        const sequence = Uint8Array.of(lead, second, ...rest);
        let isValid = true;
        try {
          // One character, and not a shorter one with something behind it.
          isValid = [...fatal.decode(sequence)].length === 1;
        } catch {
          isValid = false;
        }
        assertEquals(
          sequenceLength(sequence, 0, sequence.length) === sequence.length,
          isValid,
          `[${sequence}]`,
        );
      }
    }
  }
});

Deno.test("sequenceLength measures the maximal subpart of a broken sequence", () => {
  assertEquals(lengthOf(0x80), -1);
  assertEquals(lengthOf(0xc1, 0x80), -1);
  assertEquals(lengthOf(0xe2, 0x82), -2);
  assertEquals(lengthOf(0xe2, 0x82, 0x61), -2);
  assertEquals(lengthOf(0xe0, 0x80, 0x80), -1);
  assertEquals(lengthOf(0xed, 0xa0, 0x80), -1);
  assertEquals(lengthOf(0xf0, 0x9f, 0x98), -3);
  assertEquals(lengthOf(0xf4, 0x90, 0x80, 0x80), -1);
});

Deno.test("sequenceLength does not look behind the end", () => {
  assertEquals(sequenceLength(bytes("€"), 0, 2), -2);
});

Deno.test("endOfUtf8 returns the place of the first broken sequence", () => {
  assertEquals(endOfUtf8(bytes("aé", [0xff], "b"), 0, 5), 3);
  assertEquals(endOfUtf8(bytes("aé€"), 0, 6), 6);
  assertEquals(endOfUtf8(bytes("aé€"), 1, 5), 3);
});

Deno.test("startOfCutSequence finds a sequence that may go on", () => {
  assertEquals(startOfCutSequence(bytes("a", [0xf0, 0x9f, 0x98]), 0, 4), 1);
  assertEquals(startOfCutSequence(bytes("a", [0xf0, 0x9f]), 0, 3), 1);
  assertEquals(startOfCutSequence(bytes("a", [0xc3]), 0, 2), 1);
});

Deno.test("startOfCutSequence does not take what is whole or broken for cut", () => {
  assertEquals(startOfCutSequence(bytes("a😀"), 0, 5), 5);
  assertEquals(startOfCutSequence(bytes("a", [0xe0, 0x80]), 0, 3), 3);
  assertEquals(startOfCutSequence(bytes("a", [0xff]), 0, 2), 2);
  assertEquals(startOfCutSequence(bytes([0x80, 0x80]), 0, 2), 2);
  assertEquals(startOfCutSequence(bytes([0xf0, 0x9f]), 1, 2), 2);
});

Deno.test("repaired output may be three times as long as it was", () => {
  const broken = new Uint8Array(10_000).fill(0xff);
  assertEquals(decode(createFraming(), [broken]).messages, [
    "\ufffd".repeat(10_000),
  ]);
});

Deno.test("messages next to a broken one are left as they are", () => {
  assertEquals(
    decode(createFraming(), [bytes("é\r\n", [0xe2, 0x82], "\n\n€\n")]).messages,
    ["é", "\ufffd", "", "€"],
  );
});

Deno.test("endOfUtf8 agrees with TextDecoder", () => {
  const fatal = new TextDecoder("utf-8", { fatal: true });
  fc.assert(fc.property(output, (stream) => {
    const end = endOfUtf8(stream, 0, stream.length);
    fatal.decode(stream.subarray(0, end));
    const replaced = new TextDecoder().decode(stream.subarray(end));
    assertEquals(end === stream.length, replaced === "");
    assertEquals(replaced.startsWith("\ufffd"), end < stream.length);
  }));
});
