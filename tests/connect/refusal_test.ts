import { assertEquals } from "@std/assert";
import { readRefusal, type Refusal } from "../../lib/connect/refusal.ts";
import { readResponse } from "../../lib/connect/response_head.ts";
import { within } from "../helpers/deadline.ts";
import { memoryDuplex } from "../wire/memory_duplex.ts";

/** What is made of an answer; the connection stays open behind it, unless told otherwise. */
async function refusal(
  status: string,
  headers: readonly string[],
  body = "",
  isOpen = true,
): Promise<Refusal> {
  const [near, far] = memoryDuplex();
  const text = [`HTTP/1.1 ${status}`, ...headers, "", body].join("\r\n");
  await near.write(new TextEncoder().encode(text));
  if (!isOpen) await near.closeWrite();
  const response = await readResponse(far);
  if (typeof response === "string") throw new Error(response);
  return await within(readRefusal(response, far), "the body");
}

for (
  const [what, headers, body] of [
    ["with a length", ["Content-Length: 9"], "say this\nand no more"],
    [
      "of JSON",
      ["Content-Type: application/json", "Content-Length: 9"],
      "say this\n",
    ],
    [
      "in chunks",
      ["Transfer-Encoding: chunked"],
      "4\r\nsay \r\n5;x=y\r\nthis\n\r\n0\r\n\r\n",
    ],
  ] as const
) {
  Deno.test(`a refusal says its status and its body ${what}`, async () => {
    assertEquals(await refusal("403 Forbidden", headers, body), {
      message: "403 Forbidden: say this",
      isTemporary: false,
      retryAfterMs: 0,
    });
  });
}

Deno.test("a body without a length ends with the connection", async () => {
  const { message } = await refusal(
    "400 Bad Request",
    [],
    "say\r\n this",
    false,
  );
  assertEquals(message, "400 Bad Request: say this");
});

Deno.test("a body that is too long is cut", async () => {
  const { message } = await refusal("500 Oops", [], "x".repeat(5000));
  assertEquals(message, `500 Oops: ${"x".repeat(500)}…`);
});

for (
  const [what, header] of [
    ["a page", "Content-Type: text/html"],
    ["compressed", "Content-Encoding: gzip"],
  ] as const
) {
  Deno.test(`a body that is ${what} is not shown, and not waited for`, async () => {
    const { message } = await refusal("404 Not Found", [header], "<p>");
    assertEquals(message, "404 Not Found");
  });
}

Deno.test("a redirection says where to connect", async () => {
  const { message, isTemporary } = await refusal("301 Moved Permanently", [
    "Location: https://example.com/a",
    "Content-Length: 0",
  ]);
  assertEquals(
    message,
    "301 Moved Permanently: moved to wss://example.com/a, connect there",
  );
  assertEquals(isTemporary, false);
});

for (const status of [408, 425, 429, 502, 503, 504]) {
  Deno.test(`${status} may be over soon`, async () => {
    assertEquals(
      (await refusal(`${status} Wait`, ["Content-Length: 0"])).isTemporary,
      true,
    );
  });
}

for (
  const [value, ms] of [
    ["5", 5000],
    ["0", 0],
    ["100000", 3_600_000],
    ["Wed, 21 Oct 2015 07:28:00 GMT", 0],
    ["Fri, 31 Dec 9999 23:59:59 GMT", 3_600_000],
    ["soon", 0],
  ] as const
) {
  Deno.test(`Retry-After: ${value} asks to wait ${ms} ms`, async () => {
    const { retryAfterMs } = await refusal("429 Too Many Requests", [
      `Retry-After: ${value}`,
      "Content-Length: 0",
    ]);
    assertEquals(retryAfterMs, ms);
  });
}
