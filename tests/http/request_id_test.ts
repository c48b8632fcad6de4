import { assertEquals } from "@std/assert";
import { requestIdOf } from "../../lib/http/request_id.ts";

function idOf(...values: readonly string[]): string | null {
  return requestIdOf(
    new Headers(
      values.map((value): [string, string] => ["X-Request-Id", value]),
    ),
  );
}

for (
  const id of [
    "7",
    "018f6b2e-1c5a-7c3e-9d57-0a2b3c4d5e6f",
    "01HXA7ZJ5V7WQ3N8G2K4M6P8R0",
    "f058ebd6-02f7-4d3f-942e-904344e8cde5/web-1:4711",
    "d2hhdGV2ZXI+/w==",
    "user@host~1",
    "x".repeat(128),
  ]
) {
  Deno.test(`requestIdOf takes ${id}`, () => assertEquals(idOf(id), id));
}

for (
  const [what, value] of [
    ["nothing", ""],
    ["129 characters", "x".repeat(129)],
    ["a megabyte", "x".repeat(1 << 20)],
    ["two words", "a b"],
    ["a quote", "a'b"],
    ["a double quote", 'a"b'],
    ["a column of the log", "a|b"],
    ["a shell's words", "$(reboot)"],
    ["another field of the log", "1' exit:'0"],
    ["a tab", "a\tb"],
    ["a byte that is not ASCII", "\u00ffa"],
    ["a percent-encoding", "a%0ab"],
    ["markup", "<b>"],
  ]
) {
  Deno.test(`requestIdOf takes ${what} for none`, () =>
    assertEquals(idOf(value), null));
}

Deno.test("requestIdOf is null without the header, and with two that contradict", () => {
  assertEquals(requestIdOf(new Headers()), null);
  assertEquals(idOf("a", "b"), null);
});
