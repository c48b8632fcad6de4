import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { createFraming } from "../../lib/framing/create_framing.ts";
import { maxLine, output, sizes } from "./arbitraries.ts";
import { batchOf, bytes, cut, decode } from "./decode.ts";

const nul = createFraming({ framing: "nul" });

function recordsOf(...chunks: string[]): readonly string[] {
  return decode(nul, chunks.map((chunk) => bytes(chunk))).messages;
}

Deno.test("nul makes a message of each record, without its zero byte", () => {
  assertEquals(recordsOf("one\0two\0"), ["one", "two"]);
});

Deno.test("nul leaves newlines and carriage returns alone", () => {
  assertEquals(recordsOf("a\r\n\0b\n\r\0"), ["a\r\n", "b\n\r"]);
});

Deno.test("nul makes an empty message of an empty record", () => {
  assertEquals(recordsOf("\0\0"), ["", ""]);
});

Deno.test("nul makes a message of a last record without zero byte", () => {
  assertEquals(recordsOf("a\0b"), ["a", "b"]);
});

Deno.test("nul sends text", () => {
  assertEquals(nul.type, "text");
});

Deno.test("nul encodes a zero byte behind each message", () => {
  assertEquals(
    nul.encode(batchOf([bytes("a\n"), bytes(""), bytes("b")])),
    bytes("a\n\0\0b\0"),
  );
});

Deno.test("nul makes the same messages however the output is cut into chunks", () => {
  fc.assert(
    fc.property(
      output,
      sizes,
      maxLine,
      fc.constantFrom("replace" as const, "close" as const),
      (stream, sizes, maxLine, invalidUtf8) => {
        const framing = createFraming({ framing: "nul", maxLine, invalidUtf8 });
        assertEquals(
          decode(framing, cut(stream, sizes)),
          decode(framing, [stream]),
        );
      },
    ),
    { numRuns: 1000 },
  );
});

Deno.test("nul decodes what it encoded", () => {
  const message = fc.string({ unit: "grapheme" })
    .map((text) => text.replaceAll("\0", "") + "\n");
  fc.assert(
    fc.property(fc.array(message), sizes, (messages, sizes) => {
      const stream = nul.encode(batchOf(messages.map((text) => bytes(text))));
      assertEquals(decode(nul, cut(stream, sizes)).messages, messages);
    }),
  );
});
