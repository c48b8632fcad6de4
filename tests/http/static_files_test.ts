import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { OptionError } from "../../lib/errors.ts";
import { staticFiles } from "../../lib/http/static_files.ts";
import { eventually } from "../helpers/deadline.ts";
import { RawClient } from "../helpers/raw_client.ts";
import { NOT_FOUND, StaticSite } from "./static_site.ts";

/** Windows has no such names, and links only for administrators. */
const OPTIONS = { ignore: Deno.build.os === "windows" };

Deno.test("a file is answered with its bytes, its type, its length, and what lets clients ask again", async () => {
  await using site = new StaticSite({ files: { "a.html": "<p>ü</p>" } });
  const response = await site.fetch("/a.html");
  assertEquals(await response.text(), "<p>ü</p>");
  assertEquals(response.status, 200);
  const { headers } = response;
  assertEquals(headers.get("content-type"), "text/html; charset=utf-8");
  assertEquals(headers.get("content-length"), "9");
  assertEquals(headers.get("accept-ranges"), "bytes");
  assertEquals(headers.get("cache-control"), "no-cache");
  assertEquals(headers.get("x-content-type-options"), "nosniff");
  assertMatch(headers.get("etag")!, /^(W\/)?"[^"]+"$/);
  const { mtime } = await Deno.stat(site.file("a.html"));
  assertEquals(
    headers.get("last-modified"),
    new Date(Math.floor(mtime!.getTime() / 1000) * 1000).toUTCString(),
  );
});

Deno.test("HEAD is answered as GET is, without the bytes", async () => {
  await using site = new StaticSite({
    files: { "a.txt": "text", "dir/index.html": "page", "big/b": "b" },
    listing: true,
  });
  for (const path of ["/a.txt", "/dir/", "/dir", "/big/", "/nothing"]) {
    const get = await site.fetch(path);
    const body = await get.text();
    using client = await RawClient.connect(site.port);
    await client.write(
      `HEAD ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    const head = await client.head();
    assertEquals(head.status, get.status);
    for (const [name, value] of get.headers) {
      if (name !== "date") {
        assertEquals(head.get(name), value, name);
      }
    }
    assertEquals(head.get("content-length"), String(body.length));
    assertEquals(await client.rest(), "");
  }
});

Deno.test("an empty file is answered, and again when a range is asked for", async () => {
  await using site = new StaticSite({ files: { "empty.css": "" } });
  for (const range of ["none", "bytes=0-", "bytes=-1"]) {
    const response = await site.fetch("/empty.css", { range });
    assertEquals(response.status, 200);
    assertEquals(response.headers.get("content-length"), "0");
    assertEquals(await response.text(), "");
  }
});

for (
  const [name, type] of [
    ["a.html", "text/html; charset=utf-8"],
    ["a.HTML", "text/html; charset=utf-8"],
    ["a.css", "text/css; charset=utf-8"],
    ["a.js", "text/javascript; charset=utf-8"],
    ["a.mjs", "text/javascript; charset=utf-8"],
    ["a.min.js", "text/javascript; charset=utf-8"],
    ["a.json", "application/json; charset=utf-8"],
    ["a.js.map", "application/json; charset=utf-8"],
    ["a.webmanifest", "application/manifest+json; charset=utf-8"],
    ["a.svg", "image/svg+xml; charset=utf-8"],
    ["a.xml", "application/xml; charset=utf-8"],
    ["a.txt", "text/plain; charset=utf-8"],
    ["a.sh", "text/plain; charset=utf-8"],
    ["a.md", "text/markdown; charset=utf-8"],
    ["a.wasm", "application/wasm"],
    ["a.png", "image/png"],
    ["a.jpeg", "image/jpeg"],
    ["a.ico", "image/vnd.microsoft.icon"],
    ["a.woff2", "font/woff2"],
    ["a.mp4", "video/mp4"],
    ["a.mp3", "audio/mpeg"],
    ["a.pdf", "application/pdf"],
    ["a.tar.gz", "application/gzip"],
    ["a.html.unknown", "application/octet-stream"],
    ["a.__proto__", "application/octet-stream"],
    ["a.constructor", "application/octet-stream"],
    ["README", "application/octet-stream"],
    ["html", "application/octet-stream"],
    ["a.", "application/octet-stream"],
  ] as const
) {
  Deno.test(`${name} is of the type ${type}`, async () => {
    await using site = new StaticSite({ files: { [name]: "<html>" } });
    const response = await site.fetch(`/${name}`, {}, "HEAD");
    assertEquals(response.headers.get("content-type"), type);
  });
}

Deno.test("a link has the type of its own name", OPTIONS, async () => {
  await using site = new StaticSite({
    files: { "app-1.bin": "x" },
    links: { "app.js": "app-1.bin" },
  });
  const response = await site.fetch("/app.js");
  assertEquals(await response.text(), "x");
  assertEquals(
    response.headers.get("content-type"),
    "text/javascript; charset=utf-8",
  );
});

Deno.test("a directory is answered with its index.html", async () => {
  await using site = new StaticSite({
    files: { "index.html": "root", "a/b/index.html": "deep" },
  });
  assertEquals(await site.text("/"), "root");
  assertEquals(await site.text("/?query"), "root");
  assertEquals(await site.text("/index.html"), "root");
  assertEquals(await site.text("/a/b/"), "deep");
});

Deno.test("a directory without index.html, or with a directory of that name, is not found", async () => {
  await using site = new StaticSite({
    files: { "a/b.txt": "", "c/index.html/d": "" },
  });
  for (const path of ["/", "/a/", "/a", "/c/", "/c"]) {
    const response = await site.fetch(path);
    assertEquals([response.status, await response.text()], [404, NOT_FOUND]);
  }
});

for (
  const [path, location] of [
    ["/dir", "./dir/"],
    ["/a/dir", "./dir/"],
    ["/dir?x=1&y=%2F", "./dir/?x=1&y=%2F"],
    ["/dir?//evil", "./dir/?//evil"],
    ["/a%20b", "./a%20b/"],
    ["/javascript:alert(1)", "./javascript%3Aalert(1)/"],
    ["/evil.example", "./evil.example/"],
    ["/a%0D%0AX-Evil:1", "./a%0D%0AX-Evil%3A1/"],
  ] as const
) {
  Deno.test(
    `${JSON.stringify(path)} is a directory, and sends on to ${location}`,
    OPTIONS,
    async () => {
      await using site = new StaticSite({
        files: {
          "dir/index.html": "page",
          "a/dir/index.html": "page",
          "a b/index.html": "page",
          "javascript:alert(1)/index.html": "page",
          "evil.example/index.html": "page",
          "a\r\nX-Evil:1/index.html": "page",
        },
      });
      const answer = await site.raw(path);
      assertEquals(answer.status, 301);
      assertEquals(answer.get("location"), location);
      assertEquals(answer.get("cache-control"), "no-cache");
      assertEquals(answer.get("x-evil"), null);
      const base = `http://127.0.0.1:${site.port}`;
      const next = new URL(location, base + path);
      assertEquals(next.origin, base);
      assertEquals(await site.text(next.pathname + next.search), "page");
    },
  );
}

Deno.test("a redirect carries a query that is not ASCII as bytes in percent-encoding", async () => {
  await using site = new StaticSite({ files: { "dir/index.html": "" } });
  const answer = await site.raw("/dir?q=\xc3\xbc");
  assertEquals(answer.get("location"), "./dir/?q=%C3%BC");
});

for (
  const path of ["//evil", "//evil/", "//evil/..", "/dir//", "///", "/dir//x"]
) {
  Deno.test(`${path} sends nobody anywhere`, async () => {
    await using site = new StaticSite({
      files: { "evil/index.html": "", "dir/index.html": "", "index.html": "" },
      listing: true,
    });
    const answer = await site.raw(path);
    assertEquals([answer.status, answer.get("location")], [404, null]);
  });
}

Deno.test("other methods are refused on what exists, and are not found on what does not", async () => {
  await using site = new StaticSite({
    files: { "a.txt": "text", "dir/index.html": "", "bare/b": "" },
  });
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"]) {
    for (const path of ["/a.txt", "/dir/", "/dir"]) {
      const response = await site.fetch(path, {}, method);
      assertEquals(response.status, 405);
      assertEquals(response.headers.get("allow"), "GET, HEAD");
      assertEquals(
        await response.text(),
        "Files are here to be read: use GET or HEAD\n",
      );
    }
    for (const path of ["/nothing", "/bare/", "/a.txt/b", "/.env"]) {
      const response = await site.fetch(path, {}, method);
      assertEquals([response.status, await response.text()], [404, NOT_FOUND]);
    }
  }
  assertEquals(await site.text("/a.txt"), "text");
});

Deno.test("a client that has the file is answered 304, with nothing but what it needs", async () => {
  await using site = new StaticSite({ files: { "a.txt": "text" } });
  const { headers } = await site.fetch("/a.txt", {}, "HEAD");
  const etag = headers.get("etag")!;
  const modified = headers.get("last-modified")!;
  for (
    const [conditions, status] of [
      [{ "if-none-match": etag }, 304],
      [{ "if-none-match": `"other", ${etag.replace("W/", "")}` }, 304],
      [{ "if-none-match": "*" }, 304],
      [{ "if-none-match": '"other"' }, 200],
      [{ "if-modified-since": modified }, 304],
      [{ "if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT" }, 200],
      [{ "if-modified-since": "yesterday" }, 200],
      // The tag knows better than the date.
      [{ "if-none-match": '"other"', "if-modified-since": modified }, 200],
      [{ "if-match": '"other"' }, 412],
      [{ "if-match": "*" }, 200],
      [{ "if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT" }, 412],
      [{ "if-unmodified-since": modified }, 200],
      [{ "if-unmodified-since": modified, "if-none-match": etag }, 304],
    ] as const
  ) {
    for (const method of ["GET", "HEAD"]) {
      const answer = await site.fetch("/a.txt", { ...conditions }, method);
      const text = await answer.text();
      const shown = `${method} ${JSON.stringify(conditions)}`;
      assertEquals(answer.status, status, shown);
      if (status !== 304) continue;
      assertEquals(text, "");
      assertEquals(answer.headers.get("etag"), etag);
      assertEquals(answer.headers.get("last-modified"), modified);
      assertEquals(answer.headers.get("cache-control"), "no-cache");
      assertEquals(answer.headers.get("content-type"), null);
    }
  }
});

Deno.test("a file of the same size and the same date has another tag when its content was written anew", async () => {
  await using site = new StaticSite({ files: { "a.txt": "old!" } });
  const date = new Date("2001-02-03T04:05:06Z");
  await Deno.utime(site.file("a.txt"), date, date);
  const before = await site.fetch("/a.txt");
  assertEquals(await before.text(), "old!");
  const etag = before.headers.get("etag")!;
  // Until the clock of the file system has ticked, nothing tells the two apart.
  const after = await eventually(async () => {
    site.write("a.txt", "new!");
    await Deno.utime(site.file("a.txt"), date, date);
    const response = await site.fetch("/a.txt", { "if-none-match": etag });
    const text = await response.text();
    return response.status === 200 && { text, headers: response.headers };
  }, "another tag");
  assertEquals(after.text, "new!");
  assertNotEquals(after.headers.get("etag"), etag);
  assertEquals(after.headers.get("last-modified"), date.toUTCString());
});

Deno.test("a date to come is not told", async () => {
  await using site = new StaticSite({ files: { "a.txt": "text" } });
  const tomorrow = new Date(Date.now() + 86_400_000);
  await Deno.utime(site.file("a.txt"), tomorrow, tomorrow);
  const { headers } = await site.fetch("/a.txt", {}, "HEAD");
  assert(Date.parse(headers.get("last-modified")!) <= Date.now());
  assertMatch(headers.get("etag")!, /^W\//);
});

Deno.test("one range is answered 206 with these bytes", async () => {
  await using site = new StaticSite({ files: { "a.txt": "0123456789" } });
  for (
    const [range, body, contentRange] of [
      ["bytes=0-0", "0", "bytes 0-0/10"],
      ["bytes=2-4", "234", "bytes 2-4/10"],
      ["bytes=8-", "89", "bytes 8-9/10"],
      ["bytes=8-99", "89", "bytes 8-9/10"],
      ["bytes=-3", "789", "bytes 7-9/10"],
      ["bytes=-99", "0123456789", "bytes 0-9/10"],
      // These are one range in two words.
      ["bytes=0-1,2-3", "0123", "bytes 0-3/10"],
      ["bytes=0-1,99-", "01", "bytes 0-1/10"],
    ]
  ) {
    const response = await site.fetch("/a.txt", { range });
    assertEquals([response.status, await response.text()], [206, body], range);
    const { headers } = response;
    assertEquals(headers.get("content-range"), contentRange);
    assertEquals(headers.get("content-length"), String(body.length));
    assertEquals(headers.get("content-type"), "text/plain; charset=utf-8");
    assert(headers.has("etag"));
  }
});

Deno.test("several ranges are answered 206 in parts", async () => {
  const alphabet = "abcdefghijklmnopqrstuvwxyz".repeat(30);
  await using site = new StaticSite({ files: { "a.txt": alphabet } });
  const response = await site.fetch("/a.txt", {
    range: "bytes=400-403, 0-2,-1",
  });
  assertEquals(response.status, 206);
  const { headers } = response;
  const [, boundary] = /^multipart\/byteranges; boundary=(\S+)$/.exec(
    headers.get("content-type")!,
  )!;
  const text = await response.text();
  const part = (range: string, bytes: string): string =>
    `\r\n--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ${range}/780\r\n\r\n${bytes}`;
  assertEquals(
    text,
    part("400-403", "klmn") + part("0-2", "abc") + part("779-779", "z") +
      `\r\n--${boundary}--\r\n`,
  );
  assertEquals(headers.get("content-length"), String(text.length));
  assertEquals(headers.get("content-range"), null);
});

Deno.test("ranges outside of the file are answered 416 with its size", async () => {
  await using site = new StaticSite({ files: { "a.txt": "0123456789" } });
  for (const range of ["bytes=10-", "bytes=10-12,99-", "bytes=-0"]) {
    const response = await site.fetch("/a.txt", { range });
    assertEquals(response.status, 416);
    assertEquals(response.headers.get("content-range"), "bytes */10");
    assertEquals(
      await response.text(),
      "The file has 10 bytes, and none of those\n",
    );
  }
});

Deno.test("ranges that do not count are answered with the whole file", async () => {
  await using site = new StaticSite({ files: { "a.txt": "0123456789" } });
  const many = (count: number): string =>
    `bytes=${Array.from({ length: count }, () => "0-0").join()}`;
  for (
    const [range, status] of [
      ["lines=0-1", 200],
      ["bytes=4-2", 200],
      ["bytes=a-b", 200],
      [many(64), 206],
      [many(65), 200],
      [many(2000), 200],
    ] as const
  ) {
    const response = await site.fetch("/a.txt", { range });
    const body = status === 206 ? "0" : "0123456789";
    assertEquals([response.status, await response.text()], [status, body]);
  }
  // Ranges are for GET (RFC 9110 §14.2).
  const head = await site.fetch("/a.txt", { range: "bytes=0-1" }, "HEAD");
  assertEquals(head.status, 200);
  assertEquals(head.headers.get("content-length"), "10");
});

Deno.test("If-Range has ranges of this very version only, and of one that has rested", async () => {
  await using site = new StaticSite({ files: { "a.txt": "0123456789" } });
  const ask = async (condition: string): Promise<number> => {
    const response = await site.fetch("/a.txt", {
      range: "bytes=0-1",
      "if-range": condition,
    });
    await response.text();
    return response.status;
  };
  const etag = await eventually(async () => {
    const { headers } = await site.fetch("/a.txt", {}, "HEAD");
    const etag = headers.get("etag")!;
    return !etag.startsWith("W/") && etag;
  }, "a strong tag");
  const { headers } = await site.fetch("/a.txt", {}, "HEAD");
  assertEquals(await ask(etag), 206);
  assertEquals(await ask(headers.get("last-modified")!), 206);
  assertEquals(await ask(`W/${etag}`), 200);
  assertEquals(await ask('"other"'), 200);
  assertEquals(await ask("Thu, 01 Jan 1970 00:00:00 GMT"), 200);
  assertEquals(await ask("nonsense"), 200);
  site.write("a.txt", "abcdefghij");
  assertEquals(await ask(etag), 200);
});

Deno.test(
  "what is excepted is not found, by no name, and is not listed",
  OPTIONS,
  async () => {
    await using site = new StaticSite({
      files: {
        "a.txt": "a",
        "cgi/env.cgi": "#!/bin/sh",
        "cgi-docs/b.txt": "b",
        "key.pem": "key",
      },
      links: { "link.txt": "cgi/env.cgi", "also": "cgi" },
      except: ["cgi", "key.pem"],
      listing: true,
    });
    for (
      const path of [
        "/cgi/env.cgi",
        "/cgi/env%2Ecgi",
        "/cgi/",
        "/cgi",
        "/link.txt",
        "/also/env.cgi",
        "/key.pem",
      ]
    ) {
      assertEquals([path, await site.text(path)], [path, NOT_FOUND]);
    }
    assertEquals(await site.text("/cgi-docs/b.txt"), "b");
    const page = await site.text("/");
    assertEquals(hrefs(page), ["./cgi-docs/", "./a.txt"]);
  },
);

Deno.test("what is excepted outside of the directory does not matter", async () => {
  await using site = new StaticSite({
    files: { "a.txt": "a" },
    except: ["..", "../../..", "../secret.txt"],
  });
  assertEquals(await site.text("/a.txt"), "a");
});

Deno.test(
  "a secret whose name leads to another file later is not found, by no name: neither the new one nor the one before",
  OPTIONS,
  async () => {
    await using site = new StaticSite({
      files: { "a.txt": "a", "keys/1.pem": "the key", "keys/2.pem": "the key" },
      links: {
        "key.pem": "keys/1.pem",
        "other.pem": "key.pem",
        "folder": "keys",
      },
      secrets: ["key.pem", "later.pem"],
      listing: true,
    });
    await Deno.symlink("keys/2.pem", site.file("new.pem"));
    await Deno.rename(site.file("new.pem"), site.file("key.pem"));
    site.write("later.pem", "the key");
    for (
      const path of [
        "/key.pem",
        "/key%2Epem",
        "/other.pem",
        "/keys/1.pem",
        "/keys/2.pem",
        "/folder/2.pem",
        "/later.pem",
      ]
    ) assertEquals([path, await site.text(path)], [path, NOT_FOUND]);
    assertEquals(hrefs(await site.text("/keys/")), ["../"]);
    assertEquals(hrefs(await site.text("/")), [
      "./folder/",
      "./keys/",
      "./a.txt",
    ]);
    assertEquals(await site.text("/a.txt"), "a");
  },
);

Deno.test("a directory that is none is an error that names the flag", () => {
  assertThrows(
    () => staticFiles({ staticDir: "/nonexistent" }),
    OptionError,
    "Cannot use --staticdir=/nonexistent: there is no such directory",
  );
});

/** Where the links of a page lead. */
function hrefs(page: string): string[] {
  return [...page.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
}
