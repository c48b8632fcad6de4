import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readResponse } from "../../lib/connect/response_head.ts";
import { memoryDuplex } from "../wire/memory_duplex.ts";

/** What is read from bytes that come in pieces of a size. */
async function read(
  text: string,
  size = Infinity,
): Promise<Awaited<ReturnType<typeof readResponse>>> {
  const [near, far] = memoryDuplex();
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  for (let at = 0; at < bytes.length; at += size) {
    await near.write(bytes.subarray(at, Math.min(bytes.length, at + size)));
  }
  await near.closeWrite();
  return await readResponse(far);
}

Deno.test("a head is read, whatever pieces it comes in, and what follows is kept", async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1 }), async (size) => {
    const response = await read(
      "HTTP/1.1 403 Not for you\r\nA: b\r\na:  c \r\nX: \r\n\r\nbody",
      size,
    );
    if (typeof response === "string") throw new Error(response);
    const { head, rest } = response;
    assertEquals([head.status, head.statusText], [403, "Not for you"]);
    assertEquals([...head.headers], [["a", "b, c"], ["x", ""]]);
    // Pieces end before the body, or in it.
    assertEquals("body".startsWith(new TextDecoder().decode(rest)), true);
    assertEquals(head.text.split("\r\n").length, 4);
  }));
});

Deno.test("a status without words is one", async () => {
  for (const line of ["HTTP/1.1 200", "HTTP/1.0 200 "]) {
    const response = await read(`${line}\r\n\r\n`);
    if (typeof response === "string") throw new Error(response);
    assertEquals([response.head.status, response.head.statusText], [200, ""]);
  }
});

Deno.test("interim answers are passed over", async () => {
  const response = await read(
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 101 Switching\r\n\r\n",
  );
  if (typeof response === "string") throw new Error(response);
  assertEquals(response.head.status, 101);
});

for (
  const [text, what] of [
    ["", "ended"],
    ["HTTP/1.1 200 OK\r\nA: b\r\n", "ended"],
    ["HT", "ended"],
    ["\x15\x03\x01\0\x02", "tls"],
    ["SSH-2.0-OpenSSH\r\n", "not http"],
    ["HTTP/2 200\r\n\r\n", "not http"],
    ["HTTP/1.1 two\r\n\r\n", "not http"],
    [`HTTP/1.1 200 OK\r\nA: ${"b".repeat(70_000)}`, "not http"],
  ] as const
) {
  Deno.test(`${JSON.stringify(text.slice(0, 30))} is no answer: ${what}`, async () => {
    assertEquals(await read(text), what);
  });
}
