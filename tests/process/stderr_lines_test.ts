import { assert, assertEquals } from "@std/assert";
import { StderrLines } from "../../lib/process/stderr_lines.ts";

const encoder = new TextEncoder();

/** The lines of a text that comes in chunks of some size. */
function linesOf(text: string | Uint8Array, chunkSize = Infinity): string[] {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  const lines = new StderrLines();
  const found: string[] = [];
  for (let at = 0; at < bytes.length; at += chunkSize) {
    found.push(...lines.push(bytes.subarray(at, at + chunkSize)));
  }
  return [...found, ...lines.end()];
}

for (const chunkSize of [1, 2, 3, 5, Infinity]) {
  Deno.test(`StderrLines cuts at newlines, CRLF too, in chunks of ${chunkSize}`, () => {
    assertEquals(linesOf("one\ntwo\r\n\nä€𝄞\nlast", chunkSize), [
      "one",
      "two",
      "",
      "ä€𝄞",
      "last",
    ]);
  });
}

Deno.test("StderrLines has no last line after a newline", () => {
  assertEquals(linesOf("one\n"), ["one"]);
  assertEquals(linesOf(""), []);
});

Deno.test("StderrLines shows 8192 bytes of a line whole, and of one byte more the first 8192", () => {
  assertEquals(linesOf("x".repeat(8192) + "\ny"), ["x".repeat(8192), "y"]);
  assertEquals(linesOf("x".repeat(8193) + "\ny"), [
    "x".repeat(8192) + "… (1 more bytes)",
    "y",
  ]);
});

for (const chunkSize of [1000, 65536]) {
  Deno.test(`StderrLines counts what it leaves out of 10 MB in one line, in chunks of ${chunkSize}`, () => {
    const [line, ...others] = linesOf(
      new Uint8Array(10_000_000).fill(101),
      chunkSize,
    );
    assertEquals(line, "e".repeat(8192) + "… (9991808 more bytes)");
    assertEquals(others, []);
  });
}

Deno.test("StderrLines puts U+FFFD in place of what is not UTF-8", () => {
  assertEquals(linesOf(Uint8Array.of(97, 255, 98, 10)), ["a\ufffdb"]);
});

Deno.test("StderrLines lets go of a long line when it is over", () => {
  const lines = new StderrLines();
  lines.push(new Uint8Array(8000).fill(101));
  assert(lines.push(encoder.encode("\nshort"))[0].length === 8000);
  assertEquals(lines.end(), ["short"]);
  assertEquals(lines.end(), []);
});
