import { assertEquals } from "@std/assert";
import { retryLine, verboseLines } from "../../lib/cli/connect/verbose.ts";

Deno.test("secrets in the handshake are not told", () => {
  const head = [
    "GET /a?token=secret&b=c HTTP/1.1",
    "authorization: Basic secret",
    "Proxy-Authorization: secret",
    "COOKIE: secret",
    "X-Other: told",
    "",
    "",
  ].join("\r\n");
  assertEquals(verboseLines({ type: "request", head }), [
    "> GET /a?token=***&b=c HTTP/1.1",
    "> authorization: ***",
    "> Proxy-Authorization: ***",
    "> COOKIE: ***",
    "> X-Other: told",
  ]);
  assertEquals(
    verboseLines({
      type: "response",
      head: "HTTP/1.1 101 OK\r\nSet-Cookie: secret",
    }),
    ["< HTTP/1.1 101 OK", "< Set-Cookie: ***"],
  );
});

Deno.test("subprotocols that are secrets are not told, and others are", () => {
  const head = [
    "GET / HTTP/1.1",
    "Sec-WebSocket-Protocol: chat.v1, bearer.secret,resume.secret.1.secret, v2.bearer.told",
    "",
    "",
  ].join("\r\n");
  assertEquals(verboseLines({ type: "request", head }), [
    "> GET / HTTP/1.1",
    "> Sec-WebSocket-Protocol: chat.v1, bearer.***,resume.***, v2.bearer.told",
  ]);
  assertEquals(
    verboseLines({
      type: "response",
      head: "HTTP/1.1 101 OK\r\nsec-websocket-protocol: bearer.secret",
    }),
    ["< HTTP/1.1 101 OK", "< sec-websocket-protocol: bearer.***"],
  );
});

Deno.test("what a server says cannot act on the terminal", () => {
  assertEquals(
    verboseLines({
      type: "frame",
      frame: {
        type: "close",
        direction: "received",
        bytes: 9,
        code: 4001,
        reason: "\x1b[2J\nx",
      },
    }),
    ["< close 4001 \\u001b[2J\\nx"],
  );
  assertEquals(
    retryLine({
      type: "retry",
      message: "Closed: \x07",
      inMs: 1234,
      wasOpen: false,
    }),
    "Closed: \\u0007; connecting again in 1.2 s",
  );
});

Deno.test("pongs tell how long they took, if that was measured", () => {
  const pong = { type: "pong", direction: "received", bytes: 4 } as const;
  assertEquals(
    verboseLines({ type: "frame", frame: { ...pong, rttMs: 1.26 } }),
    ["< pong 4 bytes after 1.3 ms"],
  );
  assertEquals(verboseLines({ type: "frame", frame: pong }), [
    "< pong 4 bytes",
  ]);
});

Deno.test("bytes that wait are told, and that they wait no more", () => {
  assertEquals(verboseLines({ type: "buffered", bytes: 7 }), [
    "* bufferedAmount 7: stdin waits for the server",
  ]);
  assertEquals(verboseLines({ type: "buffered", bytes: 0 }), [
    "* bufferedAmount 0",
  ]);
});
