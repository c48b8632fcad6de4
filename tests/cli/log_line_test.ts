import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import {
  jsonLine,
  type LogFields,
  type LogRecord,
  textLine,
} from "../../lib/cli/log_line.ts";

const TIME = new Date(2026, 10, 2, 3, 4, 5, 6);

/** A line of the text format, read as strictly as its description allows. */
interface Read {
  level: string;
  category: string;
  fields: Record<string, string>;
  message: string;
}

function readStrictly(line: string): Read {
  // deno-lint-ignore no-control-regex
  assert(!/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(line.slice(0, -1)), line);
  assertEquals(line.at(-1), "\n");
  const columns = line.slice(0, -1).split("|");
  assertEquals(columns.length, 5, line);
  const [time, level, category, keys, message] = columns;
  assertMatch(
    time,
    /^(Sun|Mon|Tue|Wed|Thu|Fri|Sat), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4} $/,
  );
  assertMatch(level, /^ (DEBUG|TRACE|ACCESS|INFO|ERROR|FATAL) *$/);
  assertEquals(level.length, 8);
  assertMatch(category, /^ [a-z]{1,10} *$/);
  assertEquals(category.length, 12);
  assert(!/:'/.test(message), "a message looks like a field");
  const fields: Record<string, string> = {};
  let rest = keys.slice(1, -1);
  while (rest !== "") {
    const match = /^([a-z]+):'([^']*)'( |$)/.exec(rest);
    assert(match !== null, rest);
    assert(!(match[1] in fields), `${match[1]} twice`);
    fields[match[1]] = JSON.parse(`"${match[2].replaceAll('"', '\\"')}"`);
    rest = rest.slice(match[0].length);
  }
  return {
    level: level.trim(),
    category: category.trim(),
    fields,
    message: message.slice(1),
  };
}

/** What textLine() is given, as text. */
function expectedFields(fields: LogFields): Record<string, string> {
  const { durationMs, refusal: _, sent: __, received: ___, ...rest } = fields;
  const texts = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, value === null ? "file:" : String(value)]);
  return Object.fromEntries([
    ...texts,
    ...(durationMs === undefined
      ? []
      : [["duration", `${(durationMs / 1000).toFixed(3)}s`]]),
  ]);
}

Deno.test("textLine() is the original's line, with status behind its keys", () => {
  const line = textLine({
    level: "access",
    category: "session",
    message: "CONNECT",
    fields: {
      status: 101,
      pid: 17750,
      origin: null,
      command: "/usr/bin/env",
      remote: "127.0.0.1",
      id: "1795350132737032344",
      url: "http://example.org/x",
    },
  }, TIME);
  assertEquals(
    line.replace(/[+-]\d{4}/, "+0000"),
    "Mon, 02 Nov 2026 03:04:05 +0000 | ACCESS | session    | url:'http://example.org/x' id:'1795350132737032344' remote:'127.0.0.1' command:'/usr/bin/env' origin:'file:' pid:'17750' status:'101' | CONNECT\n",
  );
});

Deno.test("textLine() leaves the column of the keys empty for the server, as the original", () => {
  const line = textLine(
    { level: "info", category: "server", message: "Serving x " },
    TIME,
  );
  assertEquals(
    line.replace(/[+-]\d{4}/, "+0000"),
    "Mon, 02 Nov 2026 03:04:05 +0000 | INFO   | server     |  | Serving x \n",
  );
});

Deno.test("textLine() shows how a session ended", () => {
  const { fields } = readStrictly(textLine({
    level: "access",
    category: "session",
    message: "DISCONNECT",
    fields: {
      code: 4003,
      reason: "exit 3",
      exit: 3,
      durationMs: 1234.5678,
      sent: { messages: 1, bytes: 2 },
    },
  }, TIME));
  assertEquals(fields, {
    code: "4003",
    reason: "exit 3",
    exit: "3",
    duration: "1.235s",
  });
  assertEquals(
    readStrictly(textLine({
      level: "access",
      category: "session",
      message: "",
      fields: { durationMs: 0 },
    }, TIME)).fields,
    { duration: "0.000s" },
  );
});

for (
  const [what, value, written] of [
    ["a quote", "a' b:'c", "a\\u0027 b:\\u0027c"],
    ["a bar", "a | b", "a \\u007c b"],
    ["a backslash", "C:\\new", "C:\\\\new"],
    ["a line break", "a\r\nb\tc", "a\\r\\nb\\tc"],
    ["a terminal escape", "\x1b[2J\x9b1m\x07", "\\u001b[2J\\u009b1m\\u0007"],
    ["a change of direction", "a\u202eb\u2066", "a\\u202eb\\u2066"],
    ["a line separator", "a\u2028b\u0085", "a\\u2028b\\u0085"],
    ["half a character", "a\ud800", "a\\ud800"],
    ["an invisible tag", "a\u{e0041}", "a\\udb40\\udc41"],
    ["what is harmless", 'é "日本" 😀 <&>', 'é "日本" 😀 <&>'],
  ]
) {
  Deno.test(`textLine() writes ${what} in a field as ${written}`, () => {
    const line = textLine({
      level: "info",
      category: "http",
      message: "",
      fields: { url: value },
    }, TIME);
    assertEquals(line.split(" | ")[3], `url:'${written}'`);
  });
}

Deno.test("textLine() leaves a message readable: quotes and backslashes stay, no field is forged", () => {
  const { message } = readStrictly(textLine({
    level: "error",
    category: "stderr",
    message: `can't "open" C:\\x | status:'200' \x1b[31m`,
  }, TIME));
  assertEquals(
    message,
    `can't "open" C:\\x \\u007c status:\\u0027200' \\u001b[31m`,
  );
});

Deno.test("textLine() keeps JSON on stderr readable as JSON", () => {
  const json = JSON.stringify({ a: "x|y", b: "it's: 'quoted'", c: "\u2028" });
  const { message } = readStrictly(
    textLine({ level: "error", category: "stderr", message: json }, TIME),
  );
  assertEquals(JSON.parse(message), JSON.parse(json));
});

Deno.test("textLine() cuts a value that is longer than 4096, and none that is not", () => {
  for (const length of [4096, 4097]) {
    const url = "x".repeat(length);
    const { fields } = readStrictly(textLine({
      level: "info",
      category: "http",
      message: "",
      fields: { url },
    }, TIME));
    assertEquals(
      fields.url,
      length === 4096 ? url : `${"x".repeat(4096)}…`,
    );
  }
});

Deno.test("textLine() cuts a message that is longer than 64 KiB, and none that is not", () => {
  for (const length of [65536, 65537]) {
    const line = textLine({
      level: "info",
      category: "http",
      message: "x".repeat(length),
    }, TIME);
    assertEquals(line.endsWith("x…\n"), length > 65536);
  }
});

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(
    fc.constantFrom("'", "|", " | ", "\\", "\n", ":'", "' a:'", "\\u0027", "é"),
  ).map((parts) => parts.join("")),
);

const record: fc.Arbitrary<LogRecord> = fc.record({
  level: fc.constantFrom(
    "debug",
    "trace",
    "access",
    "info",
    "error",
    "fatal",
  ),
  category: fc.constantFrom("server", "http", "session", "process", "stderr"),
  message: text,
  fields: fc.record({
    url: text,
    id: text,
    remote: text,
    addr: text,
    command: text,
    origin: fc.option(text),
    pid: fc.nat(),
    status: fc.nat(599),
    refusal: text,
    code: fc.nat(4999),
    reason: text,
    exit: fc.nat(255),
    signal: text,
    durationMs: fc.nat(),
    sent: fc.record({ messages: fc.nat(), bytes: fc.nat() }),
  }, { requiredKeys: [] }),
}, { requiredKeys: ["level", "category", "message"] });

Deno.test("textLine() is one line of five columns, and every value reads back, whatever the values are", () => {
  fc.assert(fc.property(record, (record) => {
    const read = readStrictly(textLine(record, TIME));
    assertEquals(read.level, record.level.toUpperCase());
    assertEquals(read.category, record.category);
    assertEquals(read.fields, expectedFields(record.fields ?? {}));
  }));
});

Deno.test("jsonLine() is one line of one object without control characters, and every value reads back", () => {
  fc.assert(fc.property(record, (record) => {
    const line = jsonLine(record, TIME);
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x1f\x7f-\x9f\u202e\u2028]/.test(line.slice(0, -1)), line);
    const { time, level, category, message, ...fields } = JSON.parse(line);
    assertEquals(new Date(time).getTime(), TIME.getTime());
    assertEquals(
      { level, category, message, fields },
      { fields: {}, ...structuredClone(record) },
    );
  }));
});

Deno.test("jsonLine() has numbers as numbers, the time in RFC 3339, and no Origin as null", () => {
  const line = jsonLine({
    level: "access",
    category: "session",
    message: "DISCONNECT",
    fields: { origin: null, pid: 7, durationMs: 1.5 },
  }, TIME);
  assertEquals(
    line.replace(/[+-]\d\d:\d\d"/, '+00:00"'),
    '{"time":"2026-11-02T03:04:05.006+00:00","level":"access","category":"session","message":"DISCONNECT","origin":null,"pid":7,"durationMs":1.5}\n',
  );
});
