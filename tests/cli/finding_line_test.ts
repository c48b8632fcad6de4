import { assertEquals } from "@std/assert";
import {
  findingJson,
  findingLine,
  summaryLine,
} from "../../lib/cli/check/finding_line.ts";

const FINDING = {
  mark: "warning",
  subject: "exit",
  message: 'it said "\x1b]0;title\x07"\nok',
  advice: "look",
} as const;

Deno.test("findingLine() is one line, and says its mark in a word", () => {
  assertEquals(
    findingLine(FINDING, false),
    'warning  exit: it said "\\u001b]0;title\\u0007"\\nok -> look',
  );
});

Deno.test("findingLine() has columns, and no arrow without advice", () => {
  const finding = { mark: "ok", subject: "port", message: "free" } as const;
  assertEquals(
    findingLine({ ...finding, advice: null }, false),
    "ok       port: free",
  );
});

Deno.test("findingLine() colours the mark only", () => {
  const plain = findingLine(FINDING, false);
  const coloured = findingLine(FINDING, true);
  assertEquals(coloured, `\x1b[33mwarning\x1b[0m${plain.slice(7)}`);
});

Deno.test("findingJson() is one line of JSON that says the same", () => {
  const line = findingJson(FINDING);
  assertEquals(JSON.parse(line), FINDING);
  // deno-lint-ignore no-control-regex -- what a terminal would act on
  assertEquals(/[\x00-\x1f\x7f-\x9f]/.test(line), false);
});

Deno.test("summaryLine() counts problems and warnings", () => {
  assertEquals(summaryLine(["ok"]), "no problems, no warnings");
  assertEquals(
    summaryLine(["problem", "warning", "warning"]),
    "1 problem, 2 warnings",
  );
});
