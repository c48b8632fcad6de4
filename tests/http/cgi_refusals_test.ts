import { assert, assertEquals, assertMatch } from "@std/assert";
import { within } from "../helpers/deadline.ts";
import { RawClient } from "../helpers/raw_client.ts";
import { CgiSite, NOT_FOUND } from "./cgi_site.ts";

const OK = "echo ran >>$DIR/runs; echo Status: 200; echo; echo ran";

Deno.test("cgi: every way out of the directory, and every hidden file, leads to nothing", async () => {
  await using site = new CgiSite({
    scripts: {
      "a.cgi": OK,
      "sub/a.cgi": OK,
      ".hidden.cgi": OK,
      ".git/hook": OK,
    },
  });
  for (
    const [link, target] of [
      ["out.cgi", "../outside.cgi"],
      ["up", ".."],
      ["root", "/"],
      ["shell.cgi", "/bin/sh"],
    ]
  ) await Deno.symlink(target, `${site.root}/${link}`);
  for (
    const path of [
      "/../outside.cgi",
      "/../../../../../../bin/sh",
      "/%2e%2e/outside.cgi",
      "/%2E%2E%2Foutside.cgi",
      "/..%2foutside.cgi",
      "/..%5coutside.cgi",
      "/..\\outside.cgi",
      "/%252e%252e/outside.cgi",
      "/sub/../../outside.cgi",
      "/a.cgi/../../outside.cgi",
      "/a.cgi/%2e%2e/x",
      "/./a.cgi",
      "/sub/%2e%2e/a.cgi",
      "//a.cgi",
      "/sub%2fa.cgi",
      "/sub%5ca.cgi",
      "/a.cgi%00",
      "/a.cgi%00.html",
      "/a.cgi/%00",
      "/%00",
      "/%ff",
      "/%",
      "/.hidden.cgi",
      "/%2ehidden.cgi",
      "/.git/hook",
      "/out.cgi",
      "/up/outside.cgi",
      "/root/bin/sh",
      "/shell.cgi",
    ]
  ) {
    for (const method of ["GET", "POST"]) {
      const { status, body } = await site.raw(path, method);
      assertEquals([status, body], [404, NOT_FOUND], `${method} ${path}`);
    }
  }
  assertEquals(site.scratch.lines("runs"), []);
});

Deno.test("cgi: CONNECT runs nothing, whatever it names", async () => {
  await using site = new CgiSite({ scripts: { "a.cgi": OK } });
  for (
    const target of [
      "/../../../../../../bin/sh",
      "/a.cgi",
      "localhost:80",
      "localhost/a.cgi",
      "http://localhost/a.cgi",
    ]
  ) {
    using client = await RawClient.connect(site.port);
    await client.write(
      `CONNECT ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 23\r\nConnection: close\r\n\r\n#!/bin/sh\necho PWNED\n\n\n`,
    );
    const { status } = await client.head();
    assert(status >= 400, `${target}: ${status}`);
    const rest = await within(client.rest(), "the end");
    assert(!rest.includes("PWNED"), rest);
  }
  assertEquals(site.scratch.lines("runs"), []);
});

Deno.test("cgi: symlinks that stay inside lead to scripts", async () => {
  await using site = new CgiSite({ scripts: { "sub/a.cgi": OK } });
  await Deno.symlink("sub/a.cgi", `${site.root}/b.cgi`);
  assertEquals(await site.text("/b.cgi"), "ran\n");
});

Deno.test("cgi: a page of another site, host or port runs no script, by what browsers say of it; a link does, and so do others", async () => {
  await using site = new CgiSite({
    scripts: { "a.cgi": OK },
    access: { origin: ["https://friend.example"] },
  });
  const own = `http://127.0.0.1:${site.port}`;
  const statusOf = async (
    headers: Record<string, string>,
    method = "GET",
  ): Promise<number> => {
    const more = Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`).join("");
    using client = await RawClient.connect(site.port);
    const { status } = await client.ask(
      `${method} /a.cgi HTTP/1.1\r\nHost: 127.0.0.1:${site.port}\r\nConnection: close\r\n${more}\r\n`,
    );
    return status;
  };
  const foreign = { "Sec-Fetch-Site": "cross-site" };
  assertEquals(
    await statusOf({ Origin: "https://evil.example" }, "POST"),
    403,
  );
  assertEquals(await statusOf({ Origin: "null" }, "POST"), 403);
  assertEquals(await statusOf({ Origin: "https://evil.example" }), 403);
  assertEquals(await statusOf(foreign), 403);
  assertEquals(await statusOf({ ...foreign, "Sec-Fetch-Dest": "image" }), 403);
  assertEquals(await statusOf({ ...foreign, "Sec-Fetch-Dest": "iframe" }), 403);
  const near = { "Sec-Fetch-Site": "same-site" };
  assertEquals(await statusOf({ ...near, "Sec-Fetch-Dest": "image" }), 403);
  assertEquals(site.scratch.lines("runs"), []);
  assertMatch(site.problems[0], /add --origin=https:\/\/evil\.example/);
  assertMatch(site.problems[3], /Sec-Fetch-Site: cross-site.*--origin='\*'/);
  assertMatch(site.problems[6], /Sec-Fetch-Site: same-site.*--origin='\*'/);

  assertEquals(await statusOf({}), 200);
  assertEquals(await statusOf({ Origin: own }, "POST"), 200);
  assertEquals(
    await statusOf({ ...foreign, Origin: "https://friend.example" }, "POST"),
    200,
  );
  assertEquals(await statusOf({ "Sec-Fetch-Site": "same-origin" }), 200);
  assertEquals(await statusOf({ "Sec-Fetch-Site": "none" }), 200);
  for (const from of [foreign, near]) {
    const followed = { ...from, "Sec-Fetch-Dest": "document" };
    assertEquals(await statusOf(followed), 200);
  }
});

Deno.test("cgi: --sameorigin asks pages only, --origin='*' nobody", async () => {
  await using strict = new CgiSite({
    scripts: { "a.cgi": OK },
    access: { sameOrigin: true },
  });
  assertEquals(await strict.text("/a.cgi"), "ran\n");
  await using open = new CgiSite({
    scripts: { "a.cgi": OK },
    access: { origin: ["*"] },
  });
  for (
    const header of [
      "Origin: https://any.example\r\n",
      "Sec-Fetch-Site: cross-site\r\n",
      "Sec-Fetch-Site: same-site\r\n",
    ]
  ) assertEquals((await open.raw("/a.cgi", "GET", header)).status, 200);
});

Deno.test("cgi: a body of unknown length is 411", async () => {
  await using site = new CgiSite({ scripts: { "a.cgi": OK } });
  using client = await RawClient.connect(site.port);
  const answer = await client.ask(
    "POST /a.cgi HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
  );
  assertEquals(answer.status, 411);
  assertMatch(answer.body, /Content-Length/);
  assertEquals(site.scratch.lines("runs"), []);
});

Deno.test("cgi: without a slot 429, while the server stops 503, both with Retry-After", async () => {
  await using site = new CgiSite({ maxForks: 2, scripts: { "a.cgi": OK } });
  const first = site.sessions.acquire("a");
  const second = site.sessions.acquire("b");
  assert(typeof first !== "string" && typeof second !== "string");
  const busy = await site.fetch("/a.cgi");
  assertEquals([busy.status, busy.headers.get("retry-after")], [429, "1"]);
  assertMatch(await busy.text(), /All 2 programs .*--maxforks/);
  first.release();
  assertEquals(await site.text("/a.cgi"), "ran\n");
  second.release();
  await site.idle();
  await site.sessions.drain(0);
  const stopping = await site.fetch("/a.cgi");
  assertEquals(stopping.status, 503);
  assert(stopping.headers.has("retry-after"));
  await stopping.body?.cancel();
  assertEquals(site.scratch.lines("runs").length, 1);
});
