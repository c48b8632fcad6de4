import { assertEquals, assertStringIncludes } from "@std/assert";
import { redirect, type RedirectOptions } from "../../lib/server/redirect.ts";

const TLS: RedirectOptions = { port: 8443, isSecure: true };

function request(
  host: string | null,
  target = "/",
  method = "GET",
): Pick<Request, "url" | "method" | "headers"> {
  const headers = new Headers(host === null ? {} : { host });
  return { url: `http://${host}${target}`, method, headers };
}

function locationOf(
  host: string,
  target = "/",
  options = TLS,
): string | null {
  return redirect(request(host, target), options).headers.get("location");
}

Deno.test("redirect: path and query are kept as they are", () => {
  for (
    const target of [
      "/",
      "/a/b?c=d&e",
      "/%2e%2e/a%20b?x=%0d%0a",
      "//elsewhere.example/",
      "/a//b",
      "/?",
      "/@b:1/?u=http://c/",
    ]
  ) {
    assertEquals(
      locationOf("localhost:8080", target),
      `https://localhost:8443${target}`,
    );
  }
});

Deno.test("redirect: the host is the client's own, with the server's port, IPv6 in brackets", () => {
  for (
    const [host, to] of [
      ["localhost", "localhost"],
      ["LOCALHOST:80", "localhost"],
      ["127.0.0.1:8080", "127.0.0.1"],
      ["[::1]", "[::1]"],
      ["[::1]:8080", "[::1]"],
      ["[2001:DB8::1]:80", "[2001:db8::1]"],
    ]
  ) {
    assertEquals(locationOf(host, "/a"), `https://${to}:8443/a`);
  }
});

Deno.test("redirect: a default port is left out", () => {
  const cases: [RedirectOptions, string][] = [
    [{ port: 443, isSecure: true }, "https://[::1]/a"],
    [{ port: 80, isSecure: true }, "https://[::1]:80/a"],
    [{ port: 80, isSecure: false }, "http://[::1]/a"],
    [{ port: 443, isSecure: false }, "http://[::1]:443/a"],
  ];
  for (const [options, location] of cases) {
    assertEquals(locationOf("[::1]:8080", "/a", options), location);
  }
});

Deno.test("redirect: GET and HEAD may become a GET, other methods stay what they are", () => {
  for (
    const [method, status] of [["GET", 301], ["HEAD", 301], ["POST", 308], [
      "DELETE",
      308,
    ]] as const
  ) {
    assertEquals(
      redirect(request("localhost", "/", method), TLS).status,
      status,
    );
  }
});

Deno.test("redirect: a request without a host, or with what is none, is bad", () => {
  for (
    const host of [
      null,
      "",
      "a b",
      "a@b",
      "[::1",
      "::1",
      "localhost:99x",
      "a/b",
      "a:b:c",
    ]
  ) {
    const response = redirect(request(host), TLS);
    assertEquals([host, response.status], [host, 400]);
    assertEquals(response.headers.get("location"), null);
  }
});

Deno.test("redirect: nobody is sent to a host that the server does not answer to", async () => {
  const response = redirect(request("elsewhere.example"), TLS);
  assertEquals(response.status, 403);
  assertEquals(response.headers.get("location"), null);
  assertStringIncludes(await response.text(), "--host=elsewhere.example");
  assertEquals(
    locationOf("elsewhere.example", "/", {
      ...TLS,
      host: ["elsewhere.example"],
    }),
    "https://elsewhere.example:8443/",
  );
});

Deno.test("redirect: a target that cannot stand in a header is bad", () => {
  for (const target of ["/a\r\nSet-Cookie: a=b", "/ä", "/a b", "/\0"]) {
    assertEquals(redirect(request("localhost", target), TLS).status, 400);
  }
});

Deno.test("redirect: answers what a client really sends", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen(): void {} },
    (request) => redirect(request, TLS),
  );
  const { port } = server.addr;
  const ask = async (head: string): Promise<string> => {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port });
    await conn.write(
      new TextEncoder().encode(`${head}\r\nConnection: close\r\n\r\n`),
    );
    return await new Response(conn.readable).text();
  };
  assertStringIncludes(
    await ask("GET /a%2Fb/../c?d=%20#e HTTP/1.1\r\nHost: [::1]:80"),
    "location: https://[::1]:8443/a%2Fb/../c?d=%20",
  );
  assertStringIncludes(
    await ask("GET //elsewhere.example/a HTTP/1.1\r\nHost: localhost"),
    "location: https://localhost:8443//elsewhere.example/a\r\n",
  );
  assertStringIncludes(
    await ask("GET /a HTTP/1.0"),
    "HTTP/1.0 400",
  );
  for (const target of ["http://localhost/a?b", "/a?b"]) {
    assertStringIncludes(
      await ask(`POST ${target} HTTP/1.1\r\nHost: localhost`),
      "HTTP/1.1 308 Permanent Redirect",
    );
  }
  await server.shutdown();
});
