import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { OptionError } from "../../lib/errors.ts";
import type { Client } from "../../lib/http/client.ts";
import { clientBehindProxies, parseCidrs } from "../../lib/http/forwarded.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";

function connection(hostname: string, isSecure = false): Client {
  return { hostname, port: 4711, isSecure, certificate: null };
}

/** Who the client of a connection from 10.0.0.1 is, as `address:port`, when the network 10.0.0.0/8 and fd00::/8 are trusted. */
function clientFor(...forwardedFor: readonly string[]): string {
  const headers = new Headers();
  for (const value of forwardedFor) headers.append("x-forwarded-for", value);
  const { hostname, port } = clientBehindProxies(
    connection("10.0.0.1"),
    headers,
    parseCidrs(["10.0.0.0/8", "fd00::/8"]),
  );
  return `${hostname} ${port}`;
}

for (
  const [entry, inside, outside] of [
    ["10.0.0.0/8", ["10.0.0.0", "10.255.255.255"], [
      "9.255.255.255",
      "11.0.0.0",
    ]],
    ["10.1.2.3/8", ["10.0.0.0"], ["11.0.0.0"]],
    ["192.168.1.7", ["192.168.1.7"], ["192.168.1.6", "192.168.1.8"]],
    ["192.168.1.6/31", ["192.168.1.6", "192.168.1.7"], [
      "192.168.1.5",
      "192.168.1.8",
    ]],
    ["0.0.0.0/0", ["1.2.3.4"], ["::1", "unix-socket"]],
    ["::1", ["::1", "0:0:0:0:0:0:0:1"], ["::2", "127.0.0.1"]],
    ["fd00::/8", ["fd00::1", "FDFF::1"], ["fc00::1", "fe80::1"]],
    ["fe80::/10", ["fe80::1", "fe80::1%eth0"], ["fec0::1"]],
    ["::/0", ["::1", "2001:db8::1"], ["1.2.3.4"]],
    ["::ffff:10.0.0.0/104", ["10.9.9.9", "::ffff:10.9.9.9", "::ffff:a09:909"], [
      "11.0.0.0",
    ]],
    ["::ffff:1.2.3.4", ["1.2.3.4", "::ffff:1.2.3.4"], ["1.2.3.5"]],
    ["10.0.0.1", ["::ffff:10.0.0.1", "::FFFF:A00:1"], ["::10.0.0.1"]],
    ["unix", ["unix-socket"], ["127.0.0.1", "::1", ""]],
  ] as const
) {
  Deno.test(`--trustproxy=${entry} trusts ${inside.join(" ")}, not ${outside.join(" ")}`, () => {
    const isTrusted = parseCidrs([entry]);
    assertEquals([...inside, ...outside].filter(isTrusted), [...inside]);
  });
}

Deno.test("--trustproxy trusts every entry, and nobody when there is none", () => {
  const isTrusted = parseCidrs(["10.0.0.1", "::1", "unix"]);
  assertEquals(
    ["10.0.0.1", "::1", "unix-socket", "10.0.0.2"].map(isTrusted),
    [true, true, true, false],
  );
  assertEquals(["10.0.0.1", "unix-socket", ""].some(parseCidrs([])), false);
});

for (
  const entry of [
    "",
    "*",
    "localhost",
    "10.0.0",
    "10.0.0.256",
    "010.0.0.1",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0.0/255.0.0.0",
    "10.0.0.1:80",
    "10.0.0.1 ",
    "[::1]",
    "::1/129",
    "fe80::1%eth0",
    "::ffff:10.0.0.0/95",
    "10.0.0.1,10.0.0.2",
    "Unix",
  ]
) {
  Deno.test(`--trustproxy=${JSON.stringify(entry)} is an error that says what to write`, () => {
    assertThrows(
      () => parseCidrs(["10.0.0.1", entry]),
      OptionError,
      `Cannot use ${
        JSON.stringify(entry)
      } for trustProxy (--trustproxy): write an address or a network`,
    );
  });
}

for (
  const [what, forwardedFor, expected] of [
    ["no header", [], "10.0.0.1 4711"],
    ["one address", ["1.2.3.4"], "1.2.3.4 0"],
    ["what the client wrote itself", ["6.6.6.6, 1.2.3.4"], "1.2.3.4 0"],
    ["proxies on the way", ["1.2.3.4, 10.0.0.3,10.0.0.2"], "1.2.3.4 0"],
    ["several headers", ["6.6.6.6", "1.2.3.4", "10.0.0.2"], "1.2.3.4 0"],
    ["proxies only", ["10.0.0.3, 10.0.0.2"], "10.0.0.3 0"],
    ["spaces and tabs", [" 6.6.6.6 ,\t1.2.3.4\t"], "1.2.3.4 0"],
    ["a port", ["1.2.3.4:5678"], "1.2.3.4 5678"],
    ["the highest port", ["1.2.3.4:65535"], "1.2.3.4 65535"],
    ["a port that is none", ["1.2.3.4:65536"], "10.0.0.1 4711"],
    ["IPv6", ["2001:DB8:0::1"], "2001:db8::1 0"],
    ["IPv6 in brackets", ["[2001:db8::1]"], "2001:db8::1 0"],
    ["IPv6 with a port", ["[2001:db8::1]:443"], "2001:db8::1 443"],
    ["IPv6 that maps IPv4", ["::ffff:1.2.3.4"], "1.2.3.4 0"],
    ["an IPv6 proxy", ["1.2.3.4, fd00::2"], "1.2.3.4 0"],
    [
      "a proxy in IPv6 that maps IPv4",
      ["1.2.3.4, ::ffff:10.0.0.2"],
      "1.2.3.4 0",
    ],
    ["IPv4 in brackets", ["[1.2.3.4]"], "10.0.0.1 4711"],
    ["a word", ["unknown"], "10.0.0.1 4711"],
    ["a word behind a proxy", ["1.2.3.4, unknown, 10.0.0.2"], "10.0.0.2 0"],
    ["an empty entry", ["1.2.3.4, , 10.0.0.2"], "10.0.0.2 0"],
    ["an empty header", [""], "10.0.0.1 4711"],
    ["the name of the unix socket", ["unix-socket"], "10.0.0.1 4711"],
    ["a name", ["localhost"], "10.0.0.1 4711"],
    ["a script", ["1.2.3.4, <script>"], "10.0.0.1 4711"],
    ["brackets in brackets", ["[[::1]]:80"], "10.0.0.1 4711"],
    ["a very long entry", ["1.2.3.4, " + "1".repeat(100_000)], "10.0.0.1 4711"],
  ] as const
) {
  Deno.test(`X-Forwarded-For with ${what}: the client is ${expected}`, () =>
    assertEquals(clientFor(...forwardedFor), expected));
}

Deno.test("X-Forwarded-For with as many entries as a header can have is read in no time", () => {
  const watch = new Stopwatch();
  assertEquals(clientFor("6.6.6.6" + ",fd00::1".repeat(50_000)), "6.6.6.6 0");
  assertLess(watch.ms, 5000);
});

Deno.test("X-Forwarded-For and X-Forwarded-Proto of anybody else are not believed", () => {
  const headers = new Headers({
    "x-forwarded-for": "1.2.3.4",
    "x-forwarded-proto": "https",
  });
  for (const hostname of ["11.0.0.1", "unix-socket", "::1", ""]) {
    const client = connection(hostname);
    assertEquals(
      clientBehindProxies(client, headers, parseCidrs(["10.0.0.0/8"])),
      { ...client, isProxied: false },
    );
  }
});

Deno.test("a unix socket's clients are believed with --trustproxy=unix", () => {
  const headers = new Headers({ "x-forwarded-for": "1.2.3.4:5" });
  const client = { ...connection("unix-socket"), port: 0 };
  assertEquals(clientBehindProxies(client, headers, parseCidrs(["unix"])), {
    hostname: "1.2.3.4",
    port: 5,
    isSecure: false,
    certificate: null,
    isProxied: true,
  });
});

for (
  const [what, proto, forwardedFor, isSecure] of [
    ["no header", null, "1.2.3.4", false],
    ["https", "https", "1.2.3.4", true],
    ["wss in capitals", "WSS", "1.2.3.4", true],
    ["http", "http", "1.2.3.4", false],
    ["a word", "gopher", "1.2.3.4", false],
    ["nothing in it", "", "1.2.3.4", false],
    ["https, without X-Forwarded-For", "https", null, true],
    [
      "what the client wrote, then http",
      "https, http",
      "6.6.6.6, 1.2.3.4",
      false,
    ],
    [
      "what the client wrote, then https",
      "http,https",
      "6.6.6.6, 1.2.3.4",
      true,
    ],
    [
      "an entry of each of two proxies",
      "https, http",
      "1.2.3.4, 10.0.0.2",
      true,
    ],
    [
      "the client's and two proxies' entries",
      "https, http, https",
      "6.6.6.6, 1.2.3.4, 10.0.0.2",
      false,
    ],
    ["one entry for two proxies", "https", "1.2.3.4, 10.0.0.2", true],
  ] as const
) {
  Deno.test(`X-Forwarded-Proto with ${what}: the client's connection is ${isSecure ? "" : "not "}encrypted`, () => {
    const headers = new Headers();
    if (proto !== null) headers.set("x-forwarded-proto", proto);
    if (forwardedFor !== null) headers.set("x-forwarded-for", forwardedFor);
    const isTrusted = parseCidrs(["10.0.0.0/8"]);
    const seen = clientBehindProxies(
      connection("10.0.0.1"),
      headers,
      isTrusted,
    );
    assertEquals(seen.isSecure, isSecure);
  });
}

Deno.test("X-Forwarded-Proto: http counts although the proxy's own connection is encrypted, a word does not", () => {
  const isTrusted = parseCidrs(["10.0.0.1"]);
  for (const [proto, isSecure] of [["http", false], ["", true]] as const) {
    const headers = new Headers({ "x-forwarded-proto": proto });
    assertEquals(
      clientBehindProxies(connection("10.0.0.1", true), headers, isTrusted)
        .isSecure,
      isSecure,
    );
  }
});
