import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createFraming } from "../../lib/framing/create_framing.ts";
import { output, sizes } from "./arbitraries.ts";
import { batchOf, bytes, cut, decode } from "./decode.ts";

const raw = createFraming({ framing: "raw" });

Deno.test("raw makes a message of each chunk, newlines included", () => {
  assertEquals(decode(raw, [bytes("a\nb"), bytes("\n\0")]).messages, [
    "a\nb",
    "\n\0",
  ]);
});

Deno.test("raw holds back a character until all of it is there", () => {
  assertEquals(decode(raw, cut(bytes("a😀b"), [2, 1, 3])).messages, [
    "a",
    "😀b",
  ]);
});

Deno.test("raw makes no empty message of a chunk that completes no character", () => {
  assertEquals(decode(raw, cut(bytes("€"), [1])).messages, ["€"]);
});

Deno.test("raw makes no empty message of an empty chunk", () => {
  assertEquals(decode(raw, [bytes(""), bytes("a"), bytes("")]).messages, ["a"]);
});

Deno.test("raw replaces a character that the end of the stream cuts off", () => {
  assertEquals(decode(raw, [bytes("a", [0xf0, 0x9f, 0x98])]), {
    messages: ["a", "\ufffd"],
    error: null,
  });
});

Deno.test("raw does not hold back bytes that no character begins with", () => {
  const chunks = [bytes("a", [0xff]), bytes([0xed, 0xa0]), bytes([0x80])];
  assertEquals(decode(raw, chunks).messages, [
    "a\ufffd",
    "\ufffd\ufffd",
    "\ufffd",
  ]);
});

Deno.test("raw passes a byte order mark", () => {
  assertEquals(decode(raw, [bytes("\ufeffa"), bytes("\ufeff")]).messages, [
    "\ufeffa",
    "\ufeff",
  ]);
});

Deno.test("raw sends what came before invalid UTF-8, then throws, when told to close", () => {
  const framing = createFraming({ framing: "raw", invalidUtf8: "close" });
  assertEquals(decode(framing, [bytes("good", [0xff], "bad")]), {
    messages: ["good"],
    error:
      "FramingError: Output is not UTF-8 (--binary sends it as it is, --invalid-utf8=replace repairs it)",
  });
});

Deno.test("raw throws at the end of a stream that cuts off a character when told to close", () => {
  const framing = createFraming({ framing: "raw", invalidUtf8: "close" });
  assertEquals(decode(framing, [bytes("a", [0xe2])]), {
    messages: ["a"],
    error:
      "FramingError: Output is not UTF-8 (--binary sends it as it is, --invalid-utf8=replace repairs it)",
  });
});

Deno.test("raw sends the same text however the output is cut into chunks, and no empty message", () => {
  fc.assert(
    fc.property(
      output,
      sizes,
      fc.constantFrom("replace" as const, "close" as const),
      (stream, sizes, invalidUtf8) => {
        const framing = createFraming({ framing: "raw", invalidUtf8 });
        const inChunks = decode(framing, cut(stream, sizes));
        const atOnce = decode(framing, [stream]);
        assert(!inChunks.messages.includes(""));
        assertEquals(inChunks.messages.join(""), atOnce.messages.join(""));
        assertEquals(inChunks.error, atOnce.error);
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("raw replaces invalid UTF-8 as TextDecoder does", () => {
  fc.assert(
    fc.property(output, sizes, (stream, sizes) => {
      assertEquals(
        decode(raw, cut(stream, sizes)).messages.join(""),
        new TextDecoder("utf-8", { ignoreBOM: true }).decode(stream),
      );
    }),
    { numRuns: 1000 },
  );
});

Deno.test("raw encodes messages with nothing between or behind", () => {
  const messages = [bytes("a\n"), bytes(""), bytes("b")];
  assertEquals(raw.encode(batchOf(messages)), bytes("a\nb"));
  assertEquals(raw.encode(batchOf(messages, 6)), bytes("a\nb"));
});
