import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  HeadReader,
  parseScriptHead,
  type ScriptHead,
} from "../../lib/http/cgi/script_head.ts";

function headOf(text: string): ScriptHead {
  const head = parseScriptHead(text);
  assert(typeof head !== "string", String(head));
  return head;
}

function problemOf(text: string): string {
  const head = parseScriptHead(text);
  assert(typeof head === "string", "It was understood");
  return head;
}

/** Feeds a head in pieces; returns how many bytes of everything belong to it, or null. */
function read(text: string, size: number): [HeadReader, number | null] {
  const reader = new HeadReader();
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) {
    const end = reader.push(bytes.subarray(at, at + size));
    if (end !== null) return [reader, at + end];
  }
  return [reader, null];
}

Deno.test("CGI head: ends at the first empty line, with LF and CRLF and both mixed, in pieces of any size", () => {
  for (
    const head of [
      "A: 1\n\n",
      "A: 1\r\n\r\n",
      "A: 1\r\n\n",
      "A: 1\nB: 2\n\r\n",
      "\n",
      "\r\n",
    ]
  ) {
    for (const size of [1, 2, 3, 100]) {
      const [reader, end] = read(`${head}body\n\nmore`, size);
      assertEquals([end, reader.text], [head.length, head]);
    }
  }
  assertEquals(read("A: 1\r\n", 3)[1], null);
});

Deno.test("CGI head: 65536 bytes with the empty line are read, one more is too long", () => {
  const fits = `A: ${"x".repeat(65536 - 5)}\n\n`;
  assertEquals(read(fits, 1000)[1], 65536);
  const [reader, end] = read(`A${fits}`, 1000);
  assertEquals([end, reader.isFull], [null, true]);
});

Deno.test("CGI head: Status, 200 without one, 302 with a Location only", () => {
  assertEquals(headOf("Content-Type: a/b\n\n").status, 200);
  assertEquals(headOf("Status: 404 Not Found\n\n").status, 404);
  assertEquals(headOf("status:201\r\n\r\n").status, 201);
  assertEquals(headOf("Location: https://example.com/\n\n").status, 302);
  assertEquals(
    headOf("Status: 307\nLocation: https://example.com/\n\n").status,
    307,
  );
  for (
    const bad of ["99", "100", "101", "199", "600", "20", "2000", "ok", ""]
  ) {
    assertMatch(problemOf(`Status: ${bad}\n\n`), /as its Status/);
  }
  assertEquals(headOf("Status: 599\n\n").status, 599);
});

Deno.test("CGI head: a Location of this server alone is for the server, with anything else for the client", () => {
  assertEquals(headOf("Location: /a?b\n\n").redirect, "/a?b");
  assertEquals(headOf("Status: 302\nLocation: /a\n\n").redirect, null);
  assertEquals(headOf("Location: /a\nSet-Cookie: b=c\n\n").redirect, null);
  // The name of another server.
  assertEquals(headOf("Location: //example.com/\n\n").redirect, null);
  assertEquals(headOf("Location: http://example.com/\n\n").redirect, null);
});

Deno.test("CGI head: headers keep their values, bytes beyond ASCII too; several of one name stay several", () => {
  const { headers } = headOf(
    "Content-Type:text/plain\nSet-Cookie: a=1, x\nSet-Cookie: b=2\nX-Name:  \xe4\xf6 \nX-Name: 2\n\n",
  );
  assertEquals(headers.getSetCookie(), ["a=1, x", "b=2"]);
  assertEquals(headers.get("x-name"), "\xe4\xf6, 2");
  assertEquals(headers.get("content-type"), "text/plain");
});

Deno.test("CGI head: what the connection consists of is not for a script to say", () => {
  const { headers } = headOf(
    "Status: 200\nConnection: close, X-Hop, @@\nX-Hop: 1\nKeep-Alive: 1\nTransfer-Encoding: chunked\nTrailer: a\nTE: b\nUpgrade: c\nProxy-Connection: d\nProxy-Authenticate: e\nX-Kept: f\n\n",
  );
  assertEquals([...headers], [["x-kept", "f"]]);
});

Deno.test("CGI head: what is no header is a problem with words", () => {
  for (
    const [text, problem] of [
      ["HTTP/1.1 200 OK\n\n", /"HTTP\/1.1 200 OK" where a header such as/],
      ["Bad Name: 1\n\n", /"Bad Name: 1" where/],
      ["Name : 1\n\n", /where a header/],
      [": 1\n\n", /where a header/],
      ["A: 1\n folded\n\n", /" folded" where/],
      [`${"x".repeat(1000)}\n\n`, /"x{100}…" where/],
      ["X-A: 1\rX-B: 2\n\n", /a control character in its header X-A/],
      ["X-A: 1\0\n\n", /a control character in its header X-A/],
      ["X-A: \x1b[1m\n\n", /a control character/],
      ["Status: 200\nStatus: 404\n\n", /the header Status twice/],
      ["Content-Type: a\ncontent-type: b\n\n", /content-type twice/],
      ["Location: /a\nLocation: /b\n\n", /Location twice/],
      ["Content-Type: a\nContent-Length: 1\nContent-Length: 2\n\n", /twice/],
      ["Content-Type: a\nContent-Length: 1e3\n\n", /"1e3" as its Content-L/],
      ["Content-Type: a\nContent-Length: -1\n\n", /"-1" as its Content-L/],
      ["X-A: 1\n\n", /none of the headers "Content-Type", "Status" and/],
      ["Location: \n\n", /none of the headers/],
      ["\n", /none of the headers/],
    ] as const
  ) assertMatch(problemOf(text), problem);
});
