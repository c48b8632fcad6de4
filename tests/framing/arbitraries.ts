/**
 * Random streams for the property tests of framings.
 *
 * @module
 */
import fc from "fast-check";
import { bytes, concat } from "./decode.ts";

const PIECES = [
  bytes("\n"),
  bytes("\r"),
  bytes("\r\n"),
  bytes("\0"),
  bytes("a"),
  bytes("é"),
  bytes("€"),
  bytes("😀"),
  bytes("\ufeff"),
  bytes("\u2028"),
  bytes("\ufffd"),
  bytes('"\\<&\b\x7f'),
  bytes([0xff]),
  bytes([0x80]),
  bytes([0xc0, 0x80]), // overlong
  bytes([0xed, 0xa0, 0x80]), // a surrogate
  bytes([0xf4, 0x90, 0x80, 0x80]), // over U+10FFFF
  bytes([0xe2, 0x82]), // cut off
  bytes([0xf0, 0x9f, 0x98]),
];

/** Output that is rich in separators, in multi-byte characters and in bytes that are no UTF-8. */
export const output: fc.Arbitrary<Uint8Array> = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...PIECES) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 3 }) },
    { weight: 1, arbitrary: fc.nat(200).map((n) => bytes("b".repeat(n))) },
  ),
  { maxLength: 40 },
).map(concat);

/** Sizes of chunks, for `cut`: mostly small, so that every place in a stream is once the end of a chunk. */
export const sizes: fc.Arbitrary<number[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.nat(9) },
    { weight: 1, arbitrary: fc.nat(400) },
  ),
  { maxLength: 8 },
);

/** Payloads of messages. */
export const messages: fc.Arbitrary<Uint8Array[]> = fc.array(output, {
  maxLength: 8,
});

/** Small limits, so that streams violate them, and the default. */
export const maxLine: fc.Arbitrary<number | undefined> = fc.oneof(
  fc.nat(12),
  fc.constant(undefined),
);
