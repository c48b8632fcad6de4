import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { OptionError } from "../../lib/errors.ts";
import { hideSecrets, parseRelayUrl } from "../../lib/relay/relay_url.ts";

Deno.test("parseRelayUrl reads host, port and group, with defaults for the last two", () => {
  assertEquals(parseRelayUrl("nats://broker"), {
    servers: ["broker:4222"],
    group: "websocketd",
    tls: false,
  });
  assertEquals(parseRelayUrl("tls://a:1,b,[::1]:3/build-log/"), {
    servers: ["a:1", "b:4222", "[::1]:3"],
    group: "build-log",
    tls: true,
  });
});

Deno.test("parseRelayUrl reads a user and a password, or a token", () => {
  const { user, password, token } = parseRelayUrl("nats://ada:p%40ss:w@b/");
  assertEquals([user, password, token], ["ada", "p@ss:w", undefined]);
  assertEquals(parseRelayUrl("nats://s3cret@b").token, "s3cret");
});

for (
  const [url, why] of [
    ["http://broker", "not the address"],
    ["nats://", "not the address"],
    ["broker:4222", "not the address"],
    ["nats://broker/a/b", "not the address"],
    ["nats://broker/a.b", "a group has"],
    [`nats://broker/${"g".repeat(65)}`, "a group has"],
    ["nats://a,,b", "is no host"],
    ["nats://%zz:x@b", "percent-encoded"],
  ] as const
) {
  Deno.test(`parseRelayUrl refuses ${url.slice(0, 40)}, and says why`, () => {
    const { message } = assertThrows(() => parseRelayUrl(url), OptionError);
    assertStringIncludes(message, why);
    assertStringIncludes(message, "nats://HOST:PORT/GROUP");
  });
}

Deno.test("parseRelayUrl takes a group of 64 characters", () => {
  const group = "g".repeat(64);
  assertEquals(parseRelayUrl(`nats://broker/${group}`).group, group);
});

Deno.test("what parseRelayUrl says of a bad URL never has its password", () => {
  const { message } = assertThrows(
    () => parseRelayUrl("nats://ada:hunter2@b/a.b"),
    OptionError,
  );
  assertEquals(message.includes("hunter2"), false);
  assertEquals(hideSecrets("nats://ada:hunter2@b/g"), "nats://***@b/g");
});
