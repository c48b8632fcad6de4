import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createFraming } from "../../lib/framing/create_framing.ts";
import { output, sizes } from "./arbitraries.ts";
import { batchOf, bytes, cut, decode } from "./decode.ts";

const chunks = createFraming({ framing: "chunks" });

Deno.test("chunks makes a binary message of each chunk", () => {
  assertEquals(chunks.type, "binary");
  assertEquals(decode(chunks, [bytes("a\n", [0xff]), bytes("\r\0")]), {
    messages: ["a\n\xff", "\r\0"],
    error: null,
  });
});

Deno.test("chunks makes no message of an empty chunk", () => {
  assertEquals(decode(chunks, [bytes(""), bytes("a")]).messages, ["a"]);
});

Deno.test("chunks shares memory with a chunk that fills its array", () => {
  const chunk = bytes("payload");
  assertEquals(chunks.decoder("stdout").push(chunk).bytes, chunk);
  assert(chunks.decoder("stdout").push(chunk).bytes.buffer === chunk.buffer);
});

Deno.test("chunks sends the same bytes however the output is cut into chunks", () => {
  fc.assert(fc.property(output, sizes, (stream, sizes) => {
    const { messages, error } = decode(chunks, cut(stream, sizes));
    assertEquals(messages.join(""), new TextDecoder("latin1").decode(stream));
    assertEquals(error, null);
    assert(!messages.includes(""));
  }));
});

Deno.test("chunks encodes messages with nothing between or behind", () => {
  const messages = [bytes("a"), bytes(""), bytes([0xff])];
  assertEquals(chunks.encode(batchOf(messages)), bytes("a", [0xff]));
  assertEquals(chunks.encode(batchOf(messages, 6)), bytes("a", [0xff]));
});

Deno.test("chunks encodes nothing for an empty message", () => {
  assertEquals(chunks.encode(batchOf([bytes("")])).length, 0);
  assertEquals(chunks.encode(batchOf([])).length, 0);
});

Deno.test("chunks encodes adjacent messages without a copy", () => {
  const batch = batchOf([bytes("a"), bytes("b")]);
  assert(chunks.encode(batch).buffer === batch.bytes.buffer);
});
