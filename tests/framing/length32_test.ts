import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { createFraming } from "../../lib/framing/create_framing.ts";
import { maxLine, messages, output, sizes } from "./arbitraries.ts";
import { batchOf, bytes, concat, cut, decode, pushed } from "./decode.ts";

const length32 = createFraming({ framing: "length32" });

Deno.test("length32 makes a binary message of the bytes behind a big-endian length", () => {
  assertEquals(length32.type, "binary");
  const stream = bytes([0, 0, 0, 2], "ab", [0, 0, 1, 0], "c".repeat(256));
  assertEquals(pushed(length32.decoder("stdout"), stream), [
    "ab",
    "c".repeat(256),
  ]);
});

Deno.test("length32 makes an empty message of a length of zero", () => {
  assertEquals(decode(length32, [bytes([0, 0, 0, 0, 0, 0, 0, 0])]).messages, [
    "",
    "",
  ]);
});

Deno.test("length32 makes nothing of an empty stream", () => {
  assertEquals(decode(length32, []), { messages: [], error: null });
});

Deno.test("length32 joins a message and its length from chunks of one byte", () => {
  assertEquals(
    decode(length32, cut(bytes([0, 0, 0, 3], "abc"), [1])).messages,
    ["abc"],
  );
});

Deno.test("length32 throws when the stream ends inside a length", () => {
  assertEquals(decode(length32, [bytes([0, 0, 0, 1], "a", [0, 0])]), {
    messages: ["a"],
    error:
      "FramingError: Output ends inside a length: 2 of 4 bytes (--framing=length32)",
  });
});

Deno.test("length32 throws when the stream ends inside a message", () => {
  assertEquals(decode(length32, [bytes([0, 0, 0, 9], "abc")]), {
    messages: [],
    error:
      "FramingError: Output ends inside a message: 3 of 9 bytes (--framing=length32)",
  });
});

Deno.test("length32 throws when the stream ends between a length and its message", () => {
  assertEquals(
    decode(length32, [bytes([0, 0, 0, 9])]).error,
    "FramingError: Output ends inside a message: 0 of 9 bytes (--framing=length32)",
  );
});

Deno.test("length32 throws for a length over the limit before the message comes", () => {
  assertEquals(decode(length32, [bytes([0, 0, 0, 1], "a", "text")]), {
    messages: ["a"],
    error:
      "LineTooLongError: Message of 1952807028 bytes is longer than 16777216 bytes (--maxline)",
  });
});

Deno.test("length32 reads a length with the highest bit set as a large number", () => {
  assertEquals(
    decode(length32, [bytes([0xff, 0xff, 0xff, 0xff])]).error,
    "LineTooLongError: Message of 4294967295 bytes is longer than 16777216 bytes (--maxline)",
  );
});

Deno.test("length32 encodes the length before each message", () => {
  assertEquals(
    length32.encode(batchOf([bytes("ab"), bytes(""), bytes("c")], 6)),
    bytes([0, 0, 0, 2], "ab", [0, 0, 0, 0], [0, 0, 0, 1], "c"),
  );
});

Deno.test("length32 encodes all four bytes of a length", () => {
  const message = new Uint8Array(0x010203);
  assertEquals(
    length32.encode(batchOf([message])).subarray(0, 4),
    bytes([0, 1, 2, 3]),
  );
});

Deno.test("length32 decodes what it encoded", () => {
  fc.assert(fc.property(messages, sizes, fc.nat(8), (messages, sizes, gap) => {
    const stream = length32.encode(batchOf(messages, gap));
    assertEquals(decode(length32, cut(stream, sizes)), {
      messages: messages.map((it) => new TextDecoder("latin1").decode(it)),
      error: null,
    });
  }));
});

Deno.test("length32 makes the same messages however the output is cut into chunks", () => {
  fc.assert(
    fc.property(
      messages,
      output,
      sizes,
      maxLine,
      (messages, garbage, sizes, maxLine) => {
        const framing = createFraming({ framing: "length32", maxLine });
        const stream = concat([framing.encode(batchOf(messages)), garbage]);
        assertEquals(
          decode(framing, cut(stream, sizes)),
          decode(framing, [stream]),
        );
      },
    ),
    { numRuns: 1000 },
  );
});
