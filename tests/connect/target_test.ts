import { assertEquals, assertThrows } from "@std/assert";
import { isTarget, parseTarget } from "../../lib/connect/target.ts";
import { OptionError } from "../../lib/errors.ts";

for (
  const [address, origin, path] of [
    ["ws://example.com", "ws://example.com", "/"],
    ["wss://example.com:8443/a?b=c", "wss://example.com:8443", "/a?b=c"],
    ["http://example.com/", "ws://example.com", "/"],
    ["HTTPS://Example.com:443/", "wss://example.com", "/"],
    [":8080", "ws://localhost:8080", "/"],
    [":8080/a b?c", "ws://localhost:8080", "/a%20b?c"],
    ["localhost:8080/x", "ws://localhost:8080", "/x"],
    ["example.com/x", "ws://example.com", "/x"],
    ["[::1]:8080/x", "ws://[::1]:8080", "/x"],
    ["/x?y", "ws://localhost", "/x?y"],
    ["ws://example.com/a#b", "ws://example.com", "/a"],
    ["ws://example.com/ä", "ws://example.com", "/%C3%A4"],
    ["ws://user:secret@example.com/", "ws://example.com", "/"],
  ] as const
) {
  Deno.test(`the address ${address} is ${origin}${path}`, () => {
    const target = parseTarget(address);
    assertEquals([target.origin, target.path], [origin, path]);
  });
}

for (
  const [address, hostname, port, host] of [
    ["ws://example.com", "example.com", 80, "example.com"],
    ["wss://example.com", "example.com", 443, "example.com"],
    ["ws://[::1]:99", "::1", 99, "[::1]:99"],
    ["ws://example.com:80", "example.com", 80, "example.com"],
  ] as const
) {
  Deno.test(`${address} connects to ${hostname}, port ${port}, Host ${host}`, () => {
    const target = parseTarget(address);
    assertEquals(
      [target.hostname, target.port, target.host],
      [hostname, port, host],
    );
  });
}

Deno.test("user and password of an address become an Authorization header", () => {
  assertEquals(
    parseTarget("ws://Aladdin:open%20sesame@h/").authorization,
    "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
  );
  assertEquals(
    parseTarget("ws://ada:100%@h/").authorization,
    `Basic ${btoa("ada:100%")}`,
  );
  assertEquals(parseTarget("ws://h/").authorization, null);
});

for (const address of ["", "ws://", "ftp://h/", "ws://h:99999/", "ws://a b/"]) {
  Deno.test(`"${address}" is no address`, () => {
    const { message } = assertThrows(() => parseTarget(address), OptionError);
    assertEquals(
      message,
      `Cannot connect to "${address}": not an address such as ws://localhost:8080/path or wss://example.com/`,
    );
  });
}

Deno.test("an address that cannot be used is repeated without its password", () => {
  assertThrows(
    () => parseTarget("ftp://ada:secret@h/"),
    OptionError,
    '"ftp://***@h/"',
  );
});

Deno.test("what looks like an address is told from the name of a program", () => {
  const addresses = [
    "ws://h",
    "wss://h/x",
    "http://h",
    "HTTPS://h",
    ":8080",
    ":8080/x",
    "localhost:8080",
    "10.0.0.1:80/x?y",
    "[::1]:8080",
  ];
  assertEquals(addresses.filter(isTarget), addresses);
  const words = ["cat", "./x.sh", "ftp://h", "a:b", "C:\\x", "8080", "", "-v"];
  assertEquals(words.filter(isTarget), []);
});
