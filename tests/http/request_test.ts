import { assertEquals } from "@std/assert";
import { clientOf } from "../../lib/http/client.ts";
import { targetOf } from "../../lib/http/request.ts";

/** A request as `Deno.serve` hands it out: the target is as the client sent it, which `new Request` would tidy up. */
function requestFor(target: string, host = "localhost:8080"): Request {
  const request = new Request("http://unused/");
  Object.defineProperty(request, "url", { value: `http://${host}${target}` });
  return request;
}

for (
  const [target, rawPath, query, path] of [
    ["/", "/", "", "/"],
    ["", "/", "", "/"],
    ["/?", "/", "", "/"],
    ["/a/b?c=d&e", "/a/b", "c=d&e", "/a/b"],
    ["/a?b?c", "/a", "b?c", "/a"],
    ["/a%20b;x?y=%20", "/a%20b;x", "y=%20", "/a b;x"],
    ["/h%C3%A9", "/h%C3%A9", "", "/hé"],
    ["/hé?é", "/hé", "é", "/hé"],
    ["//a//b", "//a//b", "", "//a//b"],
    ["/a%2Fb", "/a%2Fb", "", "/a/b"],
    ["/...", "/...", "", "/..."],
    ["/a..b", "/a..b", "", "/a..b"],
    ["/?../..", "/", "../..", "/"],
    ["/a+b", "/a+b", "", "/a+b"],
  ] as const
) {
  Deno.test(`the target ${JSON.stringify(target)} asks for the path ${JSON.stringify(path)}`, () =>
    assertEquals(targetOf(requestFor(target)), {
      uri: target,
      rawPath,
      query,
      path,
    }));
}

for (
  const target of [
    "/..",
    "/.",
    "/a/../b",
    "/a/%2e%2E/b",
    "/a%2f..%2fb",
    "/a\\..\\b",
    "/a%5c..",
    "/a%00b",
    "/a%",
    "/a%zz",
    "/a%e9",
    "/a%c3",
    "/%ed%a0%80",
    "/%c0%ae%c0%ae/",
  ]
) {
  Deno.test(`the target ${JSON.stringify(target)} asks for no path`, () =>
    assertEquals(targetOf(requestFor(target)).path, null));
}

Deno.test("a fragment, which no client may send, is not part of the target", () =>
  assertEquals(targetOf(requestFor("/a?b#c?d")).uri, "/a?b"));

for (
  const [hostname, shown] of [
    ["127.0.0.1", "127.0.0.1"],
    ["::1", "::1"],
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["::FFFF:10.0.0.1", "10.0.0.1"],
    ["::ffff:a00:1", "::ffff:a00:1"],
  ]
) {
  Deno.test(`a client at ${hostname} is one at ${shown}`, () => {
    const remoteAddr = { transport: "tcp" as const, hostname, port: 4711 };
    const info = { remoteAddr, completed: Promise.resolve() };
    const client = clientOf(info);
    assertEquals([client.hostname, client.port], [shown, 4711]);
  });
}
