import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readBool, readInt, readUint } from "../../lib/cli/go_values.ts";

const PARSE = "parse error";
const RANGE = "value out of range";

for (
  const [word, expected] of [
    ["0", 0],
    ["-0", 0],
    ["8080", 8080],
    ["+5", 5],
    ["-5", -5],
    ["0x8ff", 2303],
    ["0X1f", 31],
    ["0x_f", 15],
    ["0o17", 15],
    ["0O17", 15],
    ["017", 15],
    ["0_7", 7],
    ["0b101", 5],
    ["-0b1", -1],
    ["1_000", 1000],
    ["1__0", PARSE],
    ["_1", PARSE],
    ["1_", PARSE],
    ["08", PARSE],
    ["0x", PARSE],
    ["0b2", PARSE],
    ["", PARSE],
    ["+", PARSE],
    ["--5", PARSE],
    [" 5", PARSE],
    ["5 ", PARSE],
    ["1.5", PARSE],
    ["1e3", PARSE],
    ["30s", PARSE],
    ["९", PARSE],
    ["9223372036854775807", 2 ** 63],
    ["9223372036854775808", RANGE],
    ["-9223372036854775808", -(2 ** 63)],
    ["-9223372036854775809", RANGE],
  ] as const
) {
  Deno.test(`readInt() reads "${word}" as Go does: ${expected}`, () => {
    assertEquals(readInt(word), expected);
  });
}

for (
  const [word, expected] of [
    ["0", 0],
    ["0x10", 16],
    ["+5", PARSE],
    ["-0", PARSE],
    ["-5", PARSE],
    ["18446744073709551615", 2 ** 64],
    ["18446744073709551616", RANGE],
  ] as const
) {
  Deno.test(`readUint() reads "${word}" as Go does: ${expected}`, () => {
    assertEquals(readUint(word), expected);
  });
}

Deno.test("readBool() knows Go's twelve words and no other", () => {
  for (const word of ["1", "t", "T", "true", "TRUE", "True"]) {
    assertEquals(readBool(word), true, word);
  }
  for (const word of ["0", "f", "F", "false", "FALSE", "False"]) {
    assertEquals(readBool(word), false, word);
  }
  for (const word of ["", "yes", "no", "on", "off", "tRUE", " true", "2"]) {
    assertEquals(readBool(word), PARSE, word);
  }
});

Deno.test("readInt() gives every safe integer back, in each base", () => {
  fc.assert(fc.property(fc.maxSafeInteger(), (number) => {
    const sign = number < 0 ? "-" : "";
    const size = Math.abs(number);
    for (
      const [prefix, base] of [["", 10], ["0x", 16], ["0o", 8], ["0", 8], [
        "0b",
        2,
      ]] as const
    ) {
      assertEquals(
        readInt(`${sign}${prefix}${size.toString(base)}`),
        number === 0 ? 0 : number,
      );
    }
  }));
});
