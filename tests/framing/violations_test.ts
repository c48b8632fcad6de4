import { assert, assertEquals, assertThrows } from "@std/assert";
import { FramingError, LineTooLongError } from "../../lib/errors.ts";
import { createFraming } from "../../lib/framing/create_framing.ts";
import type { FramingOptions } from "../../lib/framing/framing.ts";
import { bytes, decode, pushed } from "./decode.ts";

const TOO_LONG = "LineTooLongError: Line longer than 4 bytes (--maxline)";
const NOT_UTF8 =
  "FramingError: Output is not UTF-8 (--binary sends it as it is, --invalid-utf8=replace repairs it)";

function outcome(options: FramingOptions, ...chunks: string[]): unknown {
  const { messages, error } = decode(
    createFraming(options),
    chunks.map((chunk) => bytes(chunk)),
  );
  return error ?? messages;
}

Deno.test("a line of exactly maxLine bytes passes, one more does not", () => {
  assertEquals(outcome({ maxLine: 4 }, "1234\n"), ["1234"]);
  assertEquals(outcome({ maxLine: 4 }, "12345\n"), TOO_LONG);
});

Deno.test("neither newline nor the carriage return before it counts for maxLine", () => {
  assertEquals(outcome({ maxLine: 4 }, "1234\r\n"), ["1234"]);
  assertEquals(outcome({ maxLine: 4 }, "1234\r", "\n"), ["1234"]);
  assertEquals(outcome({ maxLine: 4 }, "1234\r\r\n"), TOO_LONG);
});

Deno.test("a carriage return that is data counts for maxLine", () => {
  assertEquals(outcome({ maxLine: 4 }, "1234\r"), TOO_LONG);
  assertEquals(outcome({ maxLine: 4 }, "123\r"), ["123\r"]);
  assertEquals(outcome({ maxLine: 4 }, "1234\r", "5\n"), TOO_LONG);
});

Deno.test("a last line without newline counts for maxLine", () => {
  assertEquals(outcome({ maxLine: 4 }, "1234"), ["1234"]);
  assertEquals(outcome({ maxLine: 4 }, "12345"), TOO_LONG);
});

Deno.test("a line over maxLine is refused before its newline comes", () => {
  const decoder = createFraming({ maxLine: 4 }).decoder("stdout");
  decoder.push(bytes("1234"));
  assertThrows(() => decoder.push(bytes("5")), LineTooLongError);
});

Deno.test("a limit of 0 lets only empty lines pass", () => {
  assertEquals(outcome({ maxLine: 0 }, "\n\r\n"), ["", ""]);
  assertEquals(
    outcome({ maxLine: 0 }, "a\n"),
    "LineTooLongError: Line longer than 0 bytes (--maxline)",
  );
});

Deno.test("a record of nul may have maxLine bytes and not one more", () => {
  const options: FramingOptions = { framing: "nul", maxLine: 4 };
  assertEquals(outcome(options, "1234\0"), ["1234"]);
  const error = "LineTooLongError: Record longer than 4 bytes (--maxline)";
  assertEquals(outcome(options, "12345\0"), error);
  assertEquals(outcome(options, "1234\r\0"), error);
  assertEquals(outcome(options, "1234\r"), error);
});

Deno.test("a message of length32 may have maxLine bytes and not one more", () => {
  const options: FramingOptions = { framing: "length32", maxLine: 4 };
  assertEquals(outcome(options, "\0\0\0\x041234"), ["1234"]);
  assertEquals(
    outcome(options, "\0\0\0\x0512345"),
    "LineTooLongError: Message of 5 bytes is longer than 4 bytes (--maxline)",
  );
});

Deno.test("maxLine is 16 MiB by default", () => {
  const line = new Uint8Array((1 << 24) + 1).fill(0x61);
  const decoder = createFraming().decoder("stdout");
  decoder.push(line.subarray(1));
  assertEquals(
    decoder.push(bytes("\n")).bounds.slice(0, 2),
    Uint32Array.of(0, 1 << 24),
  );
  assertThrows(
    () => decoder.push(line),
    LineTooLongError,
    "Line longer than 16777216 bytes (--maxline)",
  );
});

Deno.test("the lines before a violation are returned first, the next call throws", () => {
  const decoder = createFraming({ maxLine: 4 }).decoder("stdout");
  assertEquals(pushed(decoder, bytes("a\nb\n12345\nc\n")), ["a", "b"]);
  assertThrows(() => decoder.push(bytes("d\n")), LineTooLongError);
});

Deno.test("end throws a violation that no push has thrown", () => {
  const decoder = createFraming({ maxLine: 4 }).decoder("stdout");
  assertEquals(pushed(decoder, bytes("a\n12345")), ["a"]);
  assertThrows(() => decoder.end(), LineTooLongError);
});

Deno.test("an empty chunk brings out a violation that waits", () => {
  const decoder = createFraming({ invalidUtf8: "close" }).decoder("stdout");
  assertEquals(pushed(decoder, bytes("a\n", [0xff], "\n")), ["a"]);
  assertThrows(() => decoder.push(bytes("")), FramingError);
});

Deno.test("a violation is thrown again by every later call", () => {
  const decoder = createFraming({ maxLine: 4 }).decoder("stdout");
  assertThrows(() => decoder.push(bytes("12345")), LineTooLongError);
  assertThrows(() => decoder.push(bytes("ok\n")), LineTooLongError);
  assertThrows(() => decoder.end(), LineTooLongError);
});

Deno.test("the first of two violations is the one thrown", () => {
  const framing = createFraming({ maxLine: 4, invalidUtf8: "close" });
  const invalidFirst = bytes("a\n", [0xff], "\n12345\n");
  assertEquals(decode(framing, [invalidFirst]), {
    messages: ["a"],
    error: NOT_UTF8,
  });
  assertEquals(decode(framing, [bytes("a\n12345\n", [0xff], "\n")]), {
    messages: ["a"],
    error: TOO_LONG,
  });
});

Deno.test("a sequence that a newline cuts off is invalid", () => {
  const framing = createFraming({ invalidUtf8: "close" });
  assertEquals(decode(framing, [bytes("a\n", [0xe2, 0x82], "\n", [0xac])]), {
    messages: ["a"],
    error: NOT_UTF8,
  });
});

Deno.test("an error message fits into the reason of a close frame", () => {
  const maxLine = Number.MAX_SAFE_INTEGER;
  const decoders = [
    createFraming({ invalidUtf8: "close" }).decoder("stdout"),
    createFraming({ framing: "length32", maxLine: 4294967294 }).decoder(
      "stdout",
    ),
    createFraming({ framing: "length32", maxLine }).decoder("stdout"),
  ];
  for (const decoder of decoders) {
    const error = assertThrows(() => {
      decoder.push(bytes([0xff, 0xff, 0xff, 0xff, 0x0a]));
      decoder.end();
    }, FramingError);
    assert(bytes(error.message).length <= 123, error.message);
  }
});
