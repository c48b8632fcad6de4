import { assertEquals } from "@std/assert";
import { isHostAllowed, isIpAddress, parseHost } from "../../lib/http/host.ts";

for (
  const [header, name, port] of [
    ["localhost", "localhost", ""],
    ["localhost:8080", "localhost", "8080"],
    ["LocalHost:8080", "localhost", "8080"],
    ["localhost.", "localhost", ""],
    ["example.org:", "example.org", ""],
    ["my_box-1.lan:80", "my_box-1.lan", "80"],
    ["127.0.0.1:1", "127.0.0.1", "1"],
    ["[::1]", "::1", ""],
    ["[::1]:8080", "::1", "8080"],
    ["[FE80::1%eth0]:80", "fe80::1%eth0", "80"],
    ["[::ffff:127.0.0.1]", "::ffff:127.0.0.1", ""],
    ["xn--bcher-kva.example", "xn--bcher-kva.example", ""],
  ] as const
) {
  Deno.test(`Host ${JSON.stringify(header)} is "${name}", port "${port}"`, () =>
    assertEquals(parseHost(header), { name, port }));
}

for (
  const header of [
    "",
    ":8080",
    "a b",
    "a:b",
    "a:b:c",
    "::1",
    "[::1",
    "[localhost]",
    "localhost:123456",
    "localhost:8080@evil",
    "user@localhost",
    "localhost/",
    "localhost\\evil",
    "localhost?",
    "a,b",
    "localhost, evil",
    "bücher.example",
    "$(reboot)",
    "`reboot`",
    "a;reboot",
    "a'b",
    'a"b',
    "a\nb",
    "localhost\n",
  ]
) {
  Deno.test(`Host ${JSON.stringify(header)} is none`, () =>
    assertEquals(parseHost(header), null));
}

for (
  const [name, allowed, answered] of [
    ["localhost", [], true],
    ["app.localhost", [], true],
    ["127.0.0.1", [], true],
    ["192.168.1.5", [], true],
    ["::1", [], true],
    ["evil.example", [], false],
    ["localhost.evil.example", [], false],
    ["notlocalhost", [], false],
    ["127.0.0.1.evil.example", [], false],
    ["example.com", ["example.com"], true],
    ["example.com", ["Example.COM"], true],
    ["example.com", ["example.com."], true],
    ["example.com", ["example.com:8080"], true],
    ["sub.example.com", ["example.com"], false],
    ["evil.example", ["*"], true],
    ["evil.example", ["example.com"], false],
  ] as const
) {
  Deno.test(`the name "${name}" is ${answered ? "" : "not "}answered to with --host=${allowed}`, () =>
    assertEquals(isHostAllowed({ name, port: "" }, allowed), answered));
}

Deno.test("an IP address is told from a name that looks like one", () => {
  const names = [
    "127.0.0.1",
    "::1",
    "1.2.3",
    "1.2.3.4.5",
    "a.b.c.d",
    "1.2.3.4x",
  ];
  assertEquals(names.filter(isIpAddress), ["127.0.0.1", "::1"]);
});
