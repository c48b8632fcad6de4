import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { createFraming } from "../../lib/framing/create_framing.ts";
import { maxLine, output, sizes } from "./arbitraries.ts";
import { batchOf, bytes, cut, decode } from "./decode.ts";

const tagged = createFraming({ framing: "tagged" });

/** What stands between the quotes of `data` for one line. */
function dataOf(...parts: (string | number[])[]): string {
  const [message] = decode(tagged, [bytes(...parts, "\n")]).messages;
  return message.slice('{"stream":"stdout","data":"'.length, -'"}'.length);
}

Deno.test("tagged makes JSON of each line, with the stream it came from", () => {
  assertEquals(decode(tagged, [bytes("one\r\n\ntwo")]).messages, [
    '{"stream":"stdout","data":"one"}',
    '{"stream":"stdout","data":""}',
    '{"stream":"stdout","data":"two"}',
  ]);
  assertEquals(decode(tagged, [bytes("oops\n")], "stderr").messages, [
    '{"stream":"stderr","data":"oops"}',
  ]);
});

Deno.test("tagged sends stderr as text", () => {
  assertEquals(tagged.sendsStderr, true);
  assertEquals(tagged.type, "text");
});

Deno.test("tagged escapes quotes and backslashes", () => {
  assertEquals(dataOf('say "a\\b"'), String.raw`say \"a\\b\"`);
});

Deno.test("tagged escapes control characters as Go 1.22 and newer do", () => {
  assertEquals(
    dataOf("\0\x01\x07\b\t\v\f\ra\x1b\x1f\x7f"),
    String.raw`\u0000\u0001\u0007\b\t\u000b\f\ra\u001b\u001f` + "\x7f",
  );
});

Deno.test("tagged escapes what could be HTML", () => {
  assertEquals(dataOf("<a&b>'/"), String.raw`\u003ca\u0026b\u003e'/`);
});

Deno.test("tagged escapes the line separators of JavaScript and no other character near them", () => {
  assertEquals(
    dataOf("\u2027\u2028\u2029\u202a\u2128\u2068"),
    "\u2027" + String.raw`\u2028\u2029` + "\u202a\u2128\u2068",
  );
});

Deno.test("tagged passes characters of two to four bytes, U+FFFD and a byte order mark", () => {
  assertEquals(dataOf("\ufeffé€😀\ufffd"), "\ufeffé€😀\ufffd");
});

Deno.test("tagged escapes each byte that is not UTF-8, as Go does", () => {
  assertEquals(
    dataOf("a", [0xff], "b", [0xe2, 0x82], "c", [0xed, 0xa0, 0x80], "d"),
    String.raw`a\ufffdb\ufffd\ufffdc\ufffd\ufffd\ufffdd`,
  );
});

Deno.test("tagged makes room for a line of nothing but escapes", () => {
  for (let length = 0; length < 300; length++) {
    assertEquals(dataOf("<".repeat(length)), "\\u003c".repeat(length));
  }
  assertEquals(dataOf([...new Array(5000).fill(0xff)]), "\\ufffd".repeat(5000));
});

Deno.test("tagged throws for invalid UTF-8 behind good lines when told to close", () => {
  const framing = createFraming({ framing: "tagged", invalidUtf8: "close" });
  assertEquals(decode(framing, [bytes("good\n", [0xff], "\nbad\n")]), {
    messages: ['{"stream":"stdout","data":"good"}'],
    error:
      "FramingError: Output is not UTF-8 (--binary sends it as it is, --invalid-utf8=replace repairs it)",
  });
});

Deno.test("tagged measures a line before it is escaped", () => {
  const framing = createFraming({ framing: "tagged", maxLine: 3 });
  assertEquals(decode(framing, [bytes("<<<\n<<<<\n")]), {
    messages: [String.raw`{"stream":"stdout","data":"\u003c\u003c\u003c"}`],
    error: "LineTooLongError: Line longer than 3 bytes (--maxline)",
  });
});

Deno.test("tagged encodes as lines does", () => {
  const batch = batchOf([bytes("two\nlines"), bytes("")]);
  assertEquals(tagged.encode(batch), bytes("two\nlines\n\n"));
});

Deno.test("tagged makes JSON that says the same as lines, for UTF-8", () => {
  const text = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(fc.array(text), (texts) => {
      const stream = bytes(texts.join("\n"));
      const lines = decode(createFraming(), [stream]).messages;
      const messages = decode(tagged, [stream]).messages;
      assertEquals(
        messages.map((message) => JSON.parse(message)),
        lines.map((data) => ({ stream: "stdout", data })),
      );
    }),
  );
});

Deno.test("tagged makes the same messages however the output is cut into chunks", () => {
  fc.assert(
    fc.property(
      output,
      sizes,
      maxLine,
      fc.constantFrom("replace" as const, "close" as const),
      (stream, sizes, maxLine, invalidUtf8) => {
        const framing = createFraming({
          framing: "tagged",
          maxLine,
          invalidUtf8,
        });
        assertEquals(
          decode(framing, cut(stream, sizes)),
          decode(framing, [stream]),
        );
      },
    ),
    { numRuns: 1000 },
  );
});
