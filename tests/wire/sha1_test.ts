import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { acceptKey } from "../../lib/socket/wire/accept_key.ts";
import { sha1 } from "../../lib/socket/wire/sha1.ts";

const latin1 = (text: string) =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));

async function expected(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-1", bytes)).toHex();
}

for (
  const [text, times, digest] of [
    ["", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
    ["abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      1,
      "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
    ],
    ["a", 1_000_000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"],
  ] as const
) {
  Deno.test(`sha1 of ${times} times "${text}" is that of RFC 3174`, () => {
    assertEquals(sha1(latin1(text.repeat(times))).toHex(), digest);
  });
}

Deno.test("sha1 is right for each length around the ends of blocks", async () => {
  for (let length = 0; length <= 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
    assertEquals(sha1(bytes).toHex(), await expected(bytes), String(length));
  }
});

Deno.test("sha1 of any bytes is that of Web Crypto", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 1000 }),
      async (bytes) => {
        const copy = Uint8Array.from(bytes);
        assertEquals(sha1(bytes).toHex(), await expected(copy));
      },
    ),
  );
});

Deno.test("acceptKey answers the key of RFC 6455 §1.3 as it says there", () => {
  assertEquals(
    acceptKey("dGhlIHNhbXBsZSBub25jZQ=="),
    "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  );
});
