import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { createFraming } from "../../lib/framing/create_framing.ts";
import type { Framing } from "../../lib/framing/framing.ts";
import { maxLine, output, sizes } from "./arbitraries.ts";
import {
  batchOf,
  bytes,
  cut,
  decode,
  type Decoded,
  pushed,
  stringsOf,
} from "./decode.ts";

const lines = createFraming();

function linesOf(...chunks: string[]): readonly string[] {
  return decode(lines, chunks.map((chunk) => bytes(chunk))).messages;
}

Deno.test("createFraming returns lines when no framing is named", () => {
  assertEquals(lines.name, "lines");
  assertEquals(lines.type, "text");
  assertEquals(lines.sendsStderr, false);
});

Deno.test("lines makes a message of each line, without its newline", () => {
  assertEquals(linesOf("one\ntwo\n"), ["one", "two"]);
});

Deno.test("lines returns the lines of a chunk at once", () => {
  assertEquals(pushed(lines.decoder("stdout"), bytes("a\nb\nc")), ["a", "b"]);
});

Deno.test("lines joins a line split over three chunks", () => {
  assertEquals(linesOf("he", "ll", "o\n"), ["hello"]);
});

Deno.test("lines joins a character split over chunks", () => {
  assertEquals(decode(lines, cut(bytes("€\n"), [1])).messages, ["€"]);
});

Deno.test("lines strips one carriage return directly before the newline", () => {
  assertEquals(linesOf("a\r\n", "\r\n"), ["a", ""]);
});

Deno.test("lines strips a carriage return that came with an earlier chunk", () => {
  assertEquals(linesOf("a\r", "\n"), ["a"]);
});

Deno.test("lines strips no second carriage return", () => {
  assertEquals(linesOf("a\r\r\n"), ["a\r"]);
});

Deno.test("lines leaves a carriage return that no newline follows", () => {
  assertEquals(linesOf("a\rb\n\rc\n"), ["a\rb", "\rc"]);
});

Deno.test("lines does not strip the carriage return that ends the line before", () => {
  assertEquals(linesOf("a\r\n\n"), ["a", ""]);
});

Deno.test("lines makes an empty message of an empty line", () => {
  assertEquals(linesOf("\n\na\n\n"), ["", "", "a", ""]);
});

Deno.test("lines makes a message of a last line without newline", () => {
  assertEquals(linesOf("a\nb"), ["a", "b"]);
});

Deno.test("lines takes the carriage return at the end of a last line without newline as data", () => {
  assertEquals(linesOf("a\r"), ["a\r"]);
});

Deno.test("lines makes no message of the nothing behind the last newline", () => {
  assertEquals(linesOf("a\n"), ["a"]);
  assertEquals(linesOf(), []);
});

Deno.test("lines makes no message of an empty chunk", () => {
  assertEquals(linesOf("", "a", "", "\n", ""), ["a"]);
});

Deno.test("lines passes zero bytes", () => {
  assertEquals(linesOf("a\0b\n"), ["a\0b"]);
});

Deno.test("lines passes a byte order mark", () => {
  assertEquals(linesOf("\ufeffa\n\ufeffb\n"), ["\ufeffa", "\ufeffb"]);
});

Deno.test("lines finds a newline on every side of the place where its search changes", () => {
  for (let length = 60; length <= 70; length++) {
    const line = "x".repeat(length);
    assertEquals(linesOf(`${line}\n${line}\nend`), [line, line, "end"]);
  }
});

Deno.test("lines agrees with a naive implementation, however the output is cut into chunks", () => {
  fc.assert(
    fc.property(
      output,
      sizes,
      maxLine,
      fc.constantFrom("replace" as const, "close" as const),
      (stream, sizes, maxLine, invalidUtf8) => {
        assertEquals(
          decode(createFraming({ maxLine, invalidUtf8 }), cut(stream, sizes)),
          naive(stream, maxLine ?? Infinity, invalidUtf8),
        );
      },
    ),
    { numRuns: 3000 },
  );
});

Deno.test("lines encodes a newline behind each message and leaves those inside alone", () => {
  assertEquals(
    encoded(lines, "two\nlines", "", "crlf\r\n"),
    [
      "two\nlines\n",
      "\n",
      "crlf\r\n\n",
    ].join(""),
  );
});

Deno.test("lines encodes nothing for an empty batch", () => {
  assertEquals(encoded(lines), "");
});

Deno.test("lines encodes messages that have gaps between them in memory", () => {
  const messages = ["x".repeat(39), "y".repeat(40), "", "z".repeat(41)];
  const batch = batchOf(messages.map((message) => bytes(message)), 6);
  assertEquals(
    new TextDecoder().decode(lines.encode(batch)),
    messages.map((message) => message + "\n").join(""),
  );
});

Deno.test("lines returns what it encoded before unchanged when it encodes again", () => {
  const first = lines.encode(batchOf([bytes("first")]));
  lines.encode(batchOf([bytes("other")]));
  assertEquals(first, bytes("first\n"));
});

Deno.test("lines decodes what it encoded when no message has a newline or ends with a carriage return", () => {
  const message = fc.string({ unit: "grapheme" }).map((text) =>
    text.replaceAll("\n", "").replace(/\r+$/, "")
  );
  fc.assert(
    fc.property(fc.array(message), sizes, fc.nat(8), (messages, sizes, gap) => {
      const batch = batchOf(messages.map((message) => bytes(message)), gap);
      assertEquals(decode(lines, cut(lines.encode(batch), sizes)), {
        messages,
        error: null,
      });
    }),
  );
});

Deno.test("lines decodes each stream on its own", () => {
  const [first, second] = [lines.decoder("stdout"), lines.decoder("stdout")];
  assertEquals(pushed(first, bytes("a")), []);
  assertEquals(pushed(second, bytes("b\n")), ["b"]);
  assertEquals(stringsOf(first.end()), ["a"]);
});

function encoded(framing: Framing, ...messages: string[]): string {
  return new TextDecoder().decode(
    framing.encode(batchOf(messages.map((message) => bytes(message)))),
  );
}

/** Splits the whole stream as Latin-1, so that one character is one byte. */
function naive(
  stream: Uint8Array,
  maxLine: number,
  invalidUtf8: "replace" | "close",
): Decoded {
  const pieces = Array.from(stream, (byte) => String.fromCharCode(byte))
    .join("").split("\n");
  const last = pieces.pop() as string;
  const payloads = pieces.map((piece) => piece.replace(/\r$/, ""));
  if (last !== "") payloads.push(last);
  const decoder = new TextDecoder("utf-8", {
    ignoreBOM: true,
    fatal: invalidUtf8 === "close",
  });
  const messages: string[] = [];
  for (const payload of payloads) {
    if (payload.length > maxLine) {
      return {
        messages,
        error:
          `LineTooLongError: Line longer than ${maxLine} bytes (--maxline)`,
      };
    }
    try {
      messages.push(
        decoder.decode(Uint8Array.from(payload, (c) => c.charCodeAt(0))),
      );
    } catch {
      return {
        messages,
        error:
          "FramingError: Output is not UTF-8 (--binary sends it as it is, --invalid-utf8=replace repairs it)",
      };
    }
  }
  return { messages, error: null };
}
