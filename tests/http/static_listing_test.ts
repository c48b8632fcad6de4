import { assert, assertEquals, assertMatch } from "@std/assert";
import { StaticSite } from "./static_site.ts";

const OPTIONS = { ignore: Deno.build.os === "windows" };

/** Names that would be something else if a page did not take them as names. */
const NAMES = [
  '"onmouseover="alert(1)',
  "'x'",
  "#1",
  "%2e%2e",
  "&lt;",
  "1.txt",
  "2.txt",
  "10.txt",
  "<img src=x onerror=alert(1)>",
  "?a=b",
  "a b.txt",
  "a\nb",
  "index.htm",
  "javascript:alert(1)",
  "ünï ☃.txt",
  "‮gpj.exe",
];

Deno.test(
  "a listing leads to every file, whatever its name",
  OPTIONS,
  async () => {
    await using site = new StaticSite({
      files: Object.fromEntries(NAMES.map((name) => [`dir/${name}`, name])),
      listing: true,
    });
    const page = await site.text("/dir/");
    const links = hrefs(page);
    assertEquals(links.length, NAMES.length + 1);
    const found: string[] = [];
    for (const href of links.slice(1)) {
      const url = new URL(href, `http://127.0.0.1:${site.port}/dir/`);
      assertEquals(url.port, String(site.port));
      found.push(await site.text(url.pathname + url.search));
    }
    assertEquals(found.toSorted(), NAMES.toSorted());
  },
);

Deno.test(
  "a listing has directories first, then files, numbers in the order of numbers",
  OPTIONS,
  async () => {
    await using site = new StaticSite({
      files: {
        "10.txt": "",
        "9.txt": "",
        "a.txt": "",
        "B.txt": "",
        "z/a": "",
        "y10/a": "",
        "y9/a": "",
      },
      listing: true,
    });
    assertEquals(hrefs(await site.text("/")), [
      "./y9/",
      "./y10/",
      "./z/",
      "./9.txt",
      "./10.txt",
      "./a.txt",
      "./B.txt",
    ]);
  },
);

Deno.test("a listing leads up, but not out", async () => {
  await using site = new StaticSite({
    files: { "a/b/c.txt": "" },
    listing: true,
  });
  assertEquals(hrefs(await site.text("/")), ["./a/"]);
  assertEquals(hrefs(await site.text("/a/")), ["../", "./b/"]);
  assertEquals(hrefs(await site.text("/a/b/")), ["../", "./c.txt"]);
});

Deno.test(
  "a listing shows what a request would get, and nothing else",
  OPTIONS,
  async () => {
    await using site = new StaticSite({
      files: {
        "a.txt": "",
        ".env": "",
        ".git/config": "",
        ".well-known/x": "",
        "back\\slash": "",
        "empty/.keep": "",
      },
      links: {
        "alias": "a.txt",
        "again": "empty",
        "out": "../secret.txt",
        "up": "..",
        "dangling": "nothing",
        "loop": "loop",
      },
      listing: true,
    });
    using _listener = Deno.listen({
      transport: "unix",
      path: site.file("socket"),
    });
    const page = await site.text("/");
    assertEquals(hrefs(page), ["./again/", "./empty/", "./a.txt", "./alias"]);
    assert(!/secret|\.env|\.git|socket|slash/.test(page));
    assertEquals(hrefs(await site.text("/empty/")), ["../"]);
  },
);

Deno.test("a listing tells sizes and times", async () => {
  const sizes: [string, number, string][] = [
    ["a", 0, "0 B"],
    ["b", 1023, "1023 B"],
    ["c", 1024, "1.0 KiB"],
    ["d", 10 * 1024, "10 KiB"],
    ["e", 1.5 * 1024 ** 2, "1.5 MiB"],
    ["f", 3 * 1024 ** 3, "3.0 GiB"],
  ];
  await using site = new StaticSite({
    files: { "dir/x": "" },
    listing: true,
  });
  for (const [name, size] of sizes) site.writeSparse(name, size);
  const date = new Date("2001-02-03T04:05:06Z");
  await Deno.utime(site.file("a"), date, date);
  const page = await site.text("/");
  for (const [name, , words] of sizes) {
    assertMatch(
      page,
      new RegExp(`href="./${name}".*</td><td>${words}</td>`),
    );
  }
  assertMatch(page, /href=".\/a".*<td>2001-02-03 04:05<\/td>/);
  assertMatch(page, /href=".\/dir\/".*<\/td><td><\/td><td>20/);
});

Deno.test("a listing cannot run anything: its policy allows its own style alone", async () => {
  await using site = new StaticSite({
    files: { "<script>/<b>": "" },
    listing: true,
  });
  const response = await site.fetch("/%3Cscript%3E/");
  const page = await response.text();
  const { headers } = response;
  assertEquals(headers.get("content-type"), "text/html; charset=utf-8");
  assertEquals(headers.get("cache-control"), "no-cache");
  assertEquals(headers.get("x-content-type-options"), "nosniff");
  const [, style] = /<style>([^<]*)<\/style>/.exec(page)!;
  const digest = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(style),
  );
  assertEquals(
    headers.get("content-security-policy"),
    `default-src 'none'; style-src 'sha256-${
      new Uint8Array(digest).toBase64()
    }'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'`,
  );
  assert(!/<script|<b>|style=|https?:/.test(page));
  assertMatch(page, /<title>\/&#60;script&#62;\/<\/title>/);
});

Deno.test("a listing of a directory with index.html is that page", async () => {
  await using site = new StaticSite({
    files: { "index.html": "page", "a.txt": "" },
    listing: true,
  });
  assertEquals(await site.text("/"), "page");
});

Deno.test("a listing ends at 2000 entries, and says so", OPTIONS, async () => {
  await using site = new StaticSite({ listing: true });
  const note = "There is more in this directory than one page can show";
  for (let i = 0; i < 2000; i++) site.write(`${i}.txt`, "");
  const whole = await site.text("/");
  assertEquals([hrefs(whole).length, whole.includes(note)], [2000, false]);
  site.write("2000.txt", "");
  const cut = await site.text("/");
  assertEquals([hrefs(cut).length, cut.includes(note)], [2000, true]);
});

/** Where the links of a page lead. */
function hrefs(page: string): string[] {
  return [...page.matchAll(/href="([^"]*)"/g)].map(([, href]) =>
    href.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code))
  );
}
