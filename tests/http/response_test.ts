import { assertEquals, assertThrows } from "@std/assert";
import { OptionError } from "../../lib/errors.ts";
import {
  addHeaders,
  parseHeaderLines,
  textResponse,
} from "../../lib/http/response.ts";

for (
  const [line, name, value] of [
    ["Server: me", "Server", "me"],
    ["Server:me", "Server", "me"],
    ["Server:   a:b  ", "Server", "a:b"],
    ["X-Empty", "X-Empty", ""],
    ["X-Empty:", "X-Empty", ""],
    ["X: a\r\nSet-Cookie: evil=1", "X", "a Set-Cookie: evil=1"],
    ["X: a\nb\rc", "X", "a b c"],
    ["X: é→", "X", "\xc3\xa9\xe2\x86\x92"],
    ["X: tab\there", "X", "tab\there"],
  ] as const
) {
  Deno.test(`the header line ${JSON.stringify(line)} is ${name} with ${JSON.stringify(value)}`, () =>
    assertEquals(parseHeaderLines([line]), [[name, value]]));
}

for (
  const line of [
    "",
    ":",
    ": a",
    "Bad Name: x",
    "Bé: x",
    "A\nB: x",
    "A(): x",
    "X: a\0b",
  ]
) {
  Deno.test(`the header line ${JSON.stringify(line)} cannot be used`, () => {
    const { message } = assertThrows(
      () => parseHeaderLines([line]),
      OptionError,
    );
    assertEquals(
      message,
      `Cannot use ${
        JSON.stringify(line)
      } as a header: write --header='Name: value', the name of letters, digits and dashes`,
    );
  });
}

for (
  const line of [
    "Connection: close",
    "UPGRADE: h2c",
    "Sec-WebSocket-Accept: x",
    "Sec-WebSocket-Extensions: permessage-deflate",
    "Content-Length: 1",
    "Transfer-Encoding: chunked",
  ]
) {
  const name = line.split(":")[0];
  Deno.test(`the header line "${line}" cannot be used: it would break the connection`, () => {
    const { message } = assertThrows(
      () => parseHeaderLines([line]),
      OptionError,
    );
    assertEquals(
      message,
      `Cannot use "${line}" as a header: the server sets ${name} itself`,
    );
  });
}

Deno.test("headers of one name are all added, in place of the server's own", () => {
  const headers = new Headers({ "x-a": "own", "x-b": "own" });
  addHeaders(headers, [["X-A", "1"], ["x-a", "2"], ["Set-Cookie", "a=1"], [
    "Set-Cookie",
    "b=2",
  ]]);
  assertEquals([...headers], [["set-cookie", "a=1"], ["set-cookie", "b=2"], [
    "x-a",
    "1, 2",
  ], ["x-b", "own"]]);
});

Deno.test("a sentence is answered as text that no browser takes for anything else", async () => {
  const response = textResponse(403, "No", [["retry-after", "1"]]);
  assertEquals(response.status, 403);
  assertEquals(await response.text(), "No\n");
  assertEquals([...response.headers], [
    ["content-type", "text/plain; charset=utf-8"],
    ["retry-after", "1"],
    ["x-content-type-options", "nosniff"],
  ]);
});

Deno.test("the user's Content-Type takes the place of the server's", () =>
  assertEquals(
    textResponse(404, "x", [["Content-Type", "text/html"]]).headers.get(
      "content-type",
    ),
    "text/html",
  ));
