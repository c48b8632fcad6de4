import { assertEquals, assertThrows } from "@std/assert";
import {
  checkSubprotocol,
  parseHeaderLine,
} from "../../lib/connect/header_lines.ts";
import { OptionError } from "../../lib/errors.ts";

for (
  const [line, name, value] of [
    ["Origin: https://example.com", "Origin", "https://example.com"],
    ["X-Empty:", "X-Empty", ""],
    ["x-colons:a:b", "x-colons", "a:b"],
    ["X-Tab: a\tb ", "X-Tab", "a\tb"],
    ["X-Wide: é", "X-Wide", "é"],
  ] as const
) {
  Deno.test(`the header line ${JSON.stringify(line)} is read`, () => {
    assertEquals(parseHeaderLine(line), [name, value]);
  });
}

for (
  const [line, message] of [
    ["secret", "Cannot use --header: write it as NAME: VALUE"],
    [": secret", "Cannot use --header: write it as NAME: VALUE"],
    ["a b: secret", "Cannot use --header: write it as NAME: VALUE"],
    [
      "A: b\r\nC: secret",
      'Cannot use --header "A": its value has a line break',
    ],
    ["A: secret\0", 'Cannot use --header "A": its value has a line break'],
    ["Upgrade: h2c", 'Cannot use --header "Upgrade": leave it out'],
    ["sec-websocket-KEY: a", 'Cannot use --header "sec-websocket-KEY": leave'],
    [
      "Sec-WebSocket-Protocol: a",
      'Cannot use --header "Sec-WebSocket-Protocol": use --subprotocol',
    ],
  ] as const
) {
  Deno.test(`the header line ${JSON.stringify(line)} is refused, its value not repeated`, () => {
    const error = assertThrows(() => parseHeaderLine(line), OptionError);
    assertEquals(error.message.slice(0, message.length), message);
    assertEquals(error.message.includes("secret"), false);
  });
}

Deno.test("a subprotocol is a token", () => {
  checkSubprotocol("chat.v1");
  for (const name of ["", "a b", "a,b", "a\n"]) {
    assertThrows(() => checkSubprotocol(name), OptionError, "--subprotocol=");
  }
});
