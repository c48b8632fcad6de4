import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import {
  randomHandshakeKey,
  requestHead,
  whyNotUpgraded,
} from "../../lib/connect/handshake.ts";
import type { ResponseHead } from "../../lib/connect/response_head.ts";
import { parseTarget } from "../../lib/connect/target.ts";
import { VERSION } from "../../lib/version.ts";

/** The key and the answer of RFC 6455 §1.3. */
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const RIGHT = {
  "upgrade": "WebSocket",
  "connection": "keep-alive, Upgrade",
  "sec-websocket-accept": ACCEPT,
};

/** What is wrong with an answer that has these headers. */
function wrong(
  headers: Record<string, string>,
  subprotocols: readonly string[] = [],
): string | null {
  const head: ResponseHead = {
    status: 101,
    statusText: "",
    headers: new Map(Object.entries(headers)),
    text: "",
  };
  return whyNotUpgraded(head, KEY, subprotocols);
}

Deno.test("a request for a handshake, as it is sent", () => {
  const target = parseTarget("ws://example.com:81/a?b");
  assertEquals(
    requestHead(target, KEY, {
      headers: [["Origin", "http://example.com"]],
      subprotocols: ["a", "b"],
    }),
    [
      "GET /a?b HTTP/1.1",
      "Host: example.com:81",
      `User-Agent: websocketd/${VERSION}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${KEY}`,
      "Origin: http://example.com",
      "Sec-WebSocket-Protocol: a, b",
      "",
      "",
    ].join("\r\n"),
  );
});

Deno.test("a header of the user takes the place of a usual one", () => {
  const head = requestHead(parseTarget("ws://ada:secret@h/"), KEY, {
    headers: [["host", "other"], ["AUTHORIZATION", "Bearer x"]],
    subprotocols: [],
  });
  assertMatch(head, /\r\nhost: other\r\nAUTHORIZATION: Bearer x\r\n/);
  assertEquals(/Host: h|Basic/.test(head), false);
});

Deno.test("a key has 16 random bytes", () => {
  const key = randomHandshakeKey();
  assertEquals(Uint8Array.fromBase64(key).length, 16);
  assertNotEquals(key, randomHandshakeKey());
});

Deno.test("an answer that upgrades is right, with a subprotocol that was offered or without", () => {
  assertEquals(wrong(RIGHT), null);
  assertEquals(wrong({ ...RIGHT, "sec-websocket-extensions": "" }), null);
  const chosen = { ...RIGHT, "sec-websocket-protocol": "b" };
  assertEquals(wrong(chosen, ["a", "b"]), null);
  assertEquals(wrong(RIGHT, ["a"]), null);
});

for (
  const [what, headers, message] of [
    ["to something else", { upgrade: "h2c" }, "it upgrades to something else"],
    [
      "without Connection",
      { connection: "close" },
      "its Connection header is missing",
    ],
    [
      "to another key",
      { "sec-websocket-accept": `${ACCEPT}x` },
      "its Sec-WebSocket-Accept is not the answer to our key",
    ],
    [
      "with an extension",
      { "sec-websocket-extensions": "permessage-deflate" },
      "it uses an extension that was not offered",
    ],
    [
      "with a subprotocol",
      { "sec-websocket-protocol": "c" },
      "it chose a subprotocol that was not offered (--subprotocol)",
    ],
  ] as const
) {
  Deno.test(`an answer ${what} is refused`, () => {
    assertEquals(wrong({ ...RIGHT, ...headers }, ["a"]), message);
  });
}
