import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import {
  devConsole,
  type DevConsoleOptions,
} from "../../lib/http/console/dev_console.ts";
import { SCRIPT } from "../../lib/http/console/script.ts";
import { STYLE } from "../../lib/http/console/style.ts";
import { describeRequest, targetOf } from "../../lib/http/request.ts";
import { bundleConsoleScript, SCRIPT_FILE } from "./console_script.ts";

const CLIENT = {
  hostname: "127.0.0.1",
  port: 1,
  isSecure: false,
  certificate: null,
};

/** Asks a console as the router does. */
async function ask(
  options: DevConsoleOptions,
  uri: string,
  init: RequestInit = {},
): Promise<Response | null> {
  // What a client may send is not always what `Request` would make of it.
  const request = new Request("http://localhost/", init);
  Object.defineProperty(request, "url", { value: `http://localhost${uri}` });
  const target = targetOf(request);
  const info = describeRequest(request, target, CLIENT);
  return await devConsole(options)({ request, target, info });
}

async function page(everyPath: boolean, uri: string): Promise<string> {
  const response = await ask({ everyPath }, uri);
  assertEquals(response?.status, 200);
  return await response!.text();
}

async function sha256(text: string): Promise<string> {
  const hash = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(text),
  );
  return new Uint8Array(hash).toBase64();
}

/** Directives of a Content-Security-Policy by name. */
function policyOf(response: Response): Map<string, string> {
  return new Map(
    response.headers.get("content-security-policy")!.split("; ").map(
      (directive) => {
        const [name, ...values] = directive.split(" ");
        return [name, values.join(" ")];
      },
    ),
  );
}

Deno.test("console: the script is the one that its sources make; UPDATE=1 writes it", async () => {
  const wanted = await bundleConsoleScript();
  if (Deno.env.get("UPDATE") === "1") {
    await Deno.writeTextFile(SCRIPT_FILE, wanted);
  }
  const there = await Deno.readTextFile(SCRIPT_FILE);
  assert(
    there === wanted,
    "lib/http/console/script.ts is not what browser/ makes: UPDATE=1 deno test -A tests/http/console_test.ts",
  );
});

Deno.test("console: its policy lets nothing run, load or frame but its own script and style", async () => {
  for (const everyPath of [true, false]) {
    const response = (await ask({ everyPath }, "/_console/"))!;
    assertEquals([...policyOf(response)], [
      ["default-src", "'none'"],
      ["script-src", `'sha256-${await sha256(SCRIPT)}'`],
      ["style-src", `'sha256-${await sha256(STYLE)}'`],
      ["img-src", "data:"],
      ["connect-src", "ws: wss:"],
      ["base-uri", "'none'"],
      ["form-action", "'none'"],
      ["frame-ancestors", "'none'"],
      ["require-trusted-types-for", "'script'"],
      ["trusted-types", "'none'"],
    ]);
    await response.body?.cancel();
  }
});

Deno.test("console: what is hashed is what is in the page, once", async () => {
  for (const everyPath of [true, false]) {
    const html = await page(everyPath, "/_console/");
    const scripts = [...html.matchAll(/<script[^>]*>(.*?)<\/script>/gs)];
    const styles = [...html.matchAll(/<style[^>]*>(.*?)<\/style>/gs)];
    assertEquals(scripts.map(([, text]) => text), [SCRIPT]);
    assertEquals(styles.map(([, text]) => text), [STYLE]);
    // What ends either early, in the eyes of a browser.
    assertEquals(/<\/script|<script|<!--/i.exec(SCRIPT), null);
    assertEquals(/<\/style|<!--/i.exec(STYLE), null);
    // Neither attribute is covered by a hash: the browser would ignore them.
    assertEquals(/ style="| on[a-z]+="/i.exec(html), null);
  }
});

Deno.test("console: the headers keep it to itself, and fresh", async () => {
  const response = (await ask({ everyPath: true }, "/"))!;
  await response.body?.cancel();
  const headers = Object.fromEntries(response.headers);
  assertMatch(headers["etag"], /^"[\w-]{22}"$/);
  delete headers["etag"];
  delete headers["content-security-policy"];
  assertEquals(headers, {
    "content-type": "text/html; charset=utf-8",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
  });
});

Deno.test("console: nothing of a request is in the page", async () => {
  const plain = await page(true, "/");
  for (
    const uri of [
      '/"><script>alert(1)</script>',
      "/%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
      "/?q=</script><script>alert(1)</script>",
      "/'-alert(1)-'",
      "/${alert(1)}",
      "/%",
      "/\u{202e}é",
      "/../../etc/passwd",
    ]
  ) assertEquals(await page(true, uri), plain, uri);
  const small = await page(false, "/_console/");
  assertEquals(
    await page(false, "/_console/?path=</script><script>alert(1)</script>"),
    small,
  );
  assertEquals(
    small,
    plain.replace('data-every-path="true"', 'data-every-path="false"'),
  );
});

for (const everyPath of [true, false]) {
  Deno.test(`console: asks nobody else for anything, and is small (${everyPath ? "every path" : "/_console/"})`, async () => {
    const html = await page(everyPath, "/_console/");
    const addresses = [...html.matchAll(/https?:\/\/[\w.-]+[^\s"'`<]*/g)]
      .map(([address]) => address);
    // A name that looks like an address: that of SVG.
    assertEquals(addresses, ["http://www.w3.org/2000/svg"]);
    assertEquals(/@import|url\(/.exec(STYLE), null);
    assertEquals(
      / src=|<link(?! rel="icon" href="data:,")/.exec(html.replace(SCRIPT, "")),
      null,
    );
    assertLess(new TextEncoder().encode(html).byteLength, 100_000);
  });
}

Deno.test("console: alone it answers every path and every method", async () => {
  for (const uri of ["/", "/a/b?c", "/_console", "/_console/", "/%ff", "*"]) {
    for (const method of ["GET", "POST", "DELETE", "OPTIONS", "BREW"]) {
      const response = await ask({ everyPath: true }, uri, { method });
      assertEquals(response?.status, 200);
      assertMatch(await response!.text(), /^<!DOCTYPE html>/);
    }
  }
});

Deno.test("console: beside other parts it is at /_console/, and leaves the rest to them", async () => {
  for (
    const uri of [
      "/",
      "/index.html",
      "/_consol",
      "/_console/x",
      "/a/_console/",
      "/%ff",
    ]
  ) assertEquals(await ask({ everyPath: false }, uri), null, uri);
  for (const uri of ["/_console/", "/_console/?path=/count", "/%5fconsole/"]) {
    assertMatch(await page(false, uri), /data-every-path="false"/);
  }
});

Deno.test("console: beside other parts it is read only", async () => {
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    const response =
      (await ask({ everyPath: false }, "/_console/", { method }))!;
    assertEquals(response.status, 405);
    assertEquals(response.headers.get("allow"), "GET, HEAD");
    assertEquals(await response.text(), "The console is read with GET\n");
  }
});

for (
  const [uri, location] of [
    ["/_console", "/_console/"],
    ["/_console?", "/_console/"],
    ["/_console?path=/a%20b&x=1", "/_console/?path=/a%20b&x=1"],
    ["/_console?é\u{1f600}", "/_console/?%C3%A9%F0%9F%98%80"],
    ["/_console?\ud800", "/_console/?%EF%BF%BD"],
    ["/_console?a\tb", "/_console/?a%09b"],
    ["/_console?//evil.example/", "/_console/?//evil.example/"],
  ]
) {
  Deno.test(`console: ${JSON.stringify(uri)} leads to ${location}, for now`, async () => {
    const response = (await ask({ everyPath: false }, uri))!;
    assertEquals(response.status, 307);
    assertEquals(response.headers.get("location"), location);
    assertEquals(response.body, null);
  });
}

Deno.test("console: HEAD is answered like GET, without the page", async () => {
  for (const everyPath of [true, false]) {
    const get = (await ask({ everyPath }, "/_console/"))!;
    const head = (await ask({ everyPath }, "/_console/", { method: "HEAD" }))!;
    assertEquals(head.status, 200);
    assertEquals([...head.headers], [...get.headers]);
    assertEquals(await head.text(), "");
    await get.body?.cancel();
  }
});

Deno.test("console: who has this version already gets 304", async () => {
  const first = (await ask({ everyPath: true }, "/"))!;
  const etag = first.headers.get("etag")!;
  await first.body?.cancel();
  for (
    const known of [etag, `W/${etag}`, `"old", ${etag}`, `"old",W/${etag}`, "*"]
  ) {
    for (const method of ["GET", "HEAD"]) {
      const response = (await ask({ everyPath: true }, "/other", {
        method,
        headers: { "if-none-match": known },
      }))!;
      assertEquals(response.status, 304, known);
      assertEquals(response.headers.get("etag"), etag);
      assertEquals(response.body, null);
    }
  }
  for (
    const [method, known] of [
      ["GET", '"old"'],
      ["GET", etag.slice(1, -1)],
      ["GET", ""],
      ["POST", etag],
    ]
  ) {
    const response = (await ask({ everyPath: true }, "/", {
      method,
      headers: { "if-none-match": known },
    }))!;
    assertEquals(response.status, 200, known);
    await response.body?.cancel();
  }
});

Deno.test("console: the two pages have different tags", async () => {
  const [one, other] = await Promise.all(
    [true, false].map(async (everyPath) => {
      const response = (await ask({ everyPath }, "/_console/"))!;
      await response.body?.cancel();
      return response.headers.get("etag");
    }),
  );
  assert(one !== other);
});
