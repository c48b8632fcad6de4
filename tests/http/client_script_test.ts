import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { CLIENT_SCRIPT } from "../../lib/http/client_script.ts";
import {
  type ClientScriptOptions,
  clientScriptResponder,
} from "../../lib/http/client_script_responder.ts";
import { describeRequest, targetOf } from "../../lib/http/request.ts";
import { Scratch } from "../helpers/scratch.ts";
import { bundle, escapeTemplate } from "./bundle.ts";

const CLIENT = {
  hostname: "127.0.0.1",
  port: 1,
  isSecure: false,
  certificate: null,
};
const FILE = new URL("../../lib/http/client_script.ts", import.meta.url);
/** What it may weigh, in bytes: as it is, and as most servers before this one send it. README says 4.6 KiB and 2.3 KiB. */
const MOST = Math.floor(4.65 * 1024);
const MOST_GZIPPED = Math.floor(2.35 * 1024);

/** Asks as the router does. */
async function ask(
  uri: string,
  init: RequestInit = {},
  options: Partial<ClientScriptOptions> = {},
): Promise<Response | null> {
  const request = new Request(`http://localhost:8080${uri}`, init);
  request.headers.set("host", "localhost:8080");
  const target = targetOf(request);
  const info = describeRequest(request, target, CLIENT);
  const responder = clientScriptResponder({
    access: {},
    directories: [],
    ...options,
  });
  return await responder({ request, target, info });
}

/** The module that the server uses, from the sources. */
async function moduleOfClient(): Promise<string> {
  const folder = new URL("../../lib/client/", import.meta.url);
  const script = await bundle(folder, "connect.ts", ["--minify"]);
  return `/**
 * The client for pages, as they load it. Made from \`lib/client/\` by
 * \`UPDATE=1 deno test -A tests/http/client_script_test.ts\`: change it there.
 *
 * @module
 */
export const CLIENT_SCRIPT =
  \`${escapeTemplate(script)}\`;
`;
}

Deno.test("client script: is the one that its sources make; UPDATE=1 writes it", async () => {
  const wanted = await moduleOfClient();
  if (Deno.env.get("UPDATE") === "1") await Deno.writeTextFile(FILE, wanted);
  const there = await Deno.readTextFile(FILE);
  assert(
    there === wanted,
    "lib/http/client_script.ts is not what lib/client/ makes: UPDATE=1 deno test -A tests/http/client_script_test.ts",
  );
});

Deno.test(`client script: weighs at most ${MOST} bytes, ${MOST_GZIPPED} with gzip`, async () => {
  const bytes = new TextEncoder().encode(CLIENT_SCRIPT);
  const zipped = await new Response(
    new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip")),
  ).bytes();
  assertLess(bytes.length, MOST + 1);
  assertLess(zipped.length, MOST_GZIPPED + 1);
});

Deno.test("client script: is a module, and as fresh as the server", async () => {
  const response = (await ask("/_client.js"))!;
  assertEquals(response.status, 200);
  assertEquals(await response.text(), CLIENT_SCRIPT);
  assertMatch(CLIENT_SCRIPT, /export\{[\w$]+ as connect\};\n$/);
  const { etag, ...headers } = Object.fromEntries(response.headers);
  assertMatch(etag, /^"[\w-]{22}"$/);
  assertEquals(headers, {
    "content-type": "text/javascript; charset=utf-8",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "vary": "origin",
    "cache-control": "no-cache",
  });
});

Deno.test("client script: who has this version already gets 304", async () => {
  const { headers } = (await ask("/_client.js", { method: "HEAD" }))!;
  const etag = headers.get("etag")!;
  const known = { "if-none-match": `"old", W/${etag}` };
  const response = (await ask("/_client.js", { headers: known }))!;
  assertEquals(response.status, 304);
  assertEquals(response.body, null);
  assertEquals([...response.headers], [...headers]);
  const other = { "if-none-match": '"old"' };
  const whole = (await ask("/_client.js", { headers: other }))!;
  assertEquals(await whole.text(), CLIENT_SCRIPT);
});

Deno.test("client script: pages that may connect may load it from elsewhere, others not", async () => {
  const allowed = async (origin: string): Promise<string | null> => {
    const options = { access: { origin: ["good.example", "null"] } };
    const headers = { origin };
    const response = (await ask("/_client.js", { headers }, options))!;
    assertEquals(response.status, 200);
    assertEquals(response.headers.get("vary"), "origin");
    await response.body?.cancel();
    return response.headers.get("access-control-allow-origin");
  };
  const good = "https://good.example";
  assertEquals(await allowed(good), good);
  assertEquals(await allowed("null"), "null");
  assertEquals(await allowed("http://localhost:8080"), "http://localhost:8080");
  assertEquals(await allowed("https://evil.example"), null);
  assertEquals(await allowed("http://localhost:9090"), null);
});

Deno.test("client script: is read only, and nowhere else", async () => {
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    const response = (await ask("/_client.js", { method }))!;
    assertEquals(response.status, 405);
    assertEquals(response.headers.get("allow"), "GET, HEAD");
    await response.body?.cancel();
  }
  for (const uri of ["/", "/_client", "/_client.js/", "/a/_client.js"]) {
    assertEquals(await ask(uri), null, uri);
  }
  assertEquals((await ask("/%5fclient.js?v=1"))?.status, 200);
});

Deno.test("client script: a file of the user's with its name is served instead", async () => {
  using scratch = new Scratch();
  const directories = [scratch.file("none"), scratch.file("")];
  const response = await ask("/_client.js", {}, { directories });
  assertEquals(response?.status, 200);
  await response?.body?.cancel();
  await Deno.writeTextFile(scratch.file("_client.js"), "mine");
  assertEquals(await ask("/_client.js", {}, { directories }), null);
});
