import { assertEquals } from "@std/assert";
import { inspectOutput } from "../../lib/doctor/output_findings.ts";
import type { Finding } from "../../lib/doctor/finding.ts";
import type { FramingOptions } from "../../lib/framing/framing.ts";
import { assertFound } from "./found.ts";

/** Looks at output that is all there is, of a program that waits. */
function inspect(
  output: string | Uint8Array,
  options: FramingOptions = {},
): Finding[] {
  const bytes = typeof output === "string"
    ? new TextEncoder().encode(output)
    : output;
  return inspectOutput({
    output: bytes,
    bytes: bytes.byteLength,
    beforeEof: bytes.byteLength,
    longest: 0,
    wasWaiting: true,
  }, options);
}

for (
  const [framing, output] of [
    ["lines", "one\r\ntwo\n"],
    ["tagged", "one\n"],
    ["nul", "one\0two\0"],
    ["raw", "name? "],
    ["chunks", new Uint8Array([255, 0, 13])],
    ["length32", new Uint8Array([0, 0, 0, 1, 65])],
  ] as const
) {
  Deno.test(`inspectOutput() finds nothing wrong with output that suits ${framing}`, () => {
    assertEquals(inspect(output, { framing }), []);
  });
}

Deno.test("inspectOutput() tells of a line that is one byte beyond --maxline, and of none at it", () => {
  assertEquals(inspect("12345\n", { maxLine: 5 }), []);
  assertFound(
    inspect("1\n123456\n", { maxLine: 5 }),
    "problem",
    "output",
    /line of 6 bytes/,
  );
});

Deno.test("inspectOutput() counts what is too long to be kept", () => {
  const found = inspectOutput({
    output: new TextEncoder().encode("1\n"),
    bytes: 20 << 20,
    beforeEof: 20 << 20,
    longest: 17 << 20,
    wasWaiting: false,
  }, {});
  assertFound(found, "problem", "output", /line of 17825792 bytes/);
});

Deno.test("inspectOutput() tells of bytes that are not UTF-8, and of none that are cut", () => {
  const latin = new Uint8Array([0xfc, 10]);
  assertFound(inspect(latin), "warning", "output", /U\+FFFD.*--binary/);
  assertFound(
    inspect(latin, { invalidUtf8: "close" }),
    "problem",
    "output",
    /ends the session/,
  );
  const cut = new Uint8Array([10, 0xc3]);
  assertEquals(inspect(cut, { framing: "raw" }), []);
});

for (
  const [what, output, options, words] of [
    ["a prompt", "name? ", {}, /"name\? " has no newline.*--framing=raw/],
    ["NUL bytes", "a\0b\n", {}, /NUL bytes.*--binary/],
    ["a progress bar", "10%\r20%\r\n", {}, /carriage returns within/],
    ["colours", "\x1b[31mred\x1b[0m\n", {}, /colours/],
    ["CR LF in nul", "a\r\n\0", { framing: "nul" }, /CR LF/],
    ["CR LF in raw", "a\r\n", { framing: "raw" }, /CR LF.*=lines/],
    ["lines in nul", "a\n", { framing: "nul" }, /no NUL byte behind/],
  ] as const
) {
  Deno.test(`inspectOutput() tells of ${what}`, () => {
    assertFound(inspect(output, options), "warning", "output", words);
  });
}

Deno.test("inspectOutput() tells of text where a length should be", () => {
  assertFound(
    inspect("hello", { framing: "length32" }),
    "problem",
    "output",
    /would have 1751477356 bytes.*"hell"/,
  );
});

Deno.test("inspectOutput() does not take output under way for a line without end", () => {
  const bytes = new TextEncoder().encode("half a li");
  const seen = { output: bytes, bytes: 9, beforeEof: 9, longest: 9 };
  assertEquals(inspectOutput({ ...seen, wasWaiting: false }, {}), []);
});
