import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Scratch } from "../helpers/scratch.ts";
import type { ServerProcess } from "../helpers/server.ts";
import { isBrowserMissing, startBrowser } from "./browser.ts";
import { isMissing, startExample } from "./example.ts";
import { ExamplePage } from "./example_page.ts";

const EXAMPLE = "cgi/README.md";
const ignore = isMissing("python3");

function start(): Promise<ServerProcess> {
  // On a busy machine, 10 MiB take their time.
  return startExample(EXAMPLE, { flags: ["--cgitimeout=300"] });
}

async function ask(
  server: ServerProcess,
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    redirect: "manual",
    ...init,
  });
  const { status, headers } = response;
  return { status, headers, text: await response.text() };
}

Deno.test({
  name: "cgi/scripts/form.py answers a form, and escapes what it was sent",
  ignore,
  async fn(): Promise<void> {
    await using server = await start();
    const send = (name: string, number: string) =>
      ask(server, "/form.py", {
        method: "POST",
        body: new URLSearchParams({ name, number }),
      });
    const empty = await ask(server, "/form.py");
    assertEquals(empty.status, 200);
    assertEquals(empty.text.includes("role="), false);

    const good = await send("Zoë <b>&", "21");
    assertEquals(good.status, 200);
    assertStringIncludes(
      good.text,
      "Hello, Zoë &lt;b&gt;&amp;: 21 and 21 is 42.",
    );
    assertStringIncludes(good.text, 'value="Zoë &lt;b&gt;&amp;"');
    for (const [name, number] of [["", "1"], ["Ann", '1">x']]) {
      const { status, text } = await send(name, number);
      assertEquals(status, 422);
      assertMatch(text, /class="bad" role="status">(A name is|That is not)/);
      assertEquals(text.includes('">x'), false);
    }
  },
});

Deno.test({
  name:
    "cgi/scripts/upload.py says what it got, and refuses what is too large or no file",
  ignore,
  async fn(): Promise<void> {
    await using server = await start();
    const send = (data: BlobPart, name: string) => {
      const body = new FormData();
      body.append("file", new Blob([data]), name);
      return ask(server, "/upload.py", { method: "POST", body });
    };
    const { text: said } = await send("hello\r\n--x\r\n", "../<naïve>.txt");
    assertStringIncludes(
      said,
      ">../&lt;naïve&gt;.txt\n12 bytes\n" +
        "SHA-256 26ac4e1871363caa6e838ef9533c04cdd0930d25e4288f9ddaa7f6111f260f40<",
    );
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    assertStringIncludes(
      (await send(bytes, "x")).text,
      `60000 bytes\nSHA-256 ${
        new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex()
      }`,
    );
    const most = 10 * 1024 * 1024;
    assertEquals((await send(new Uint8Array(most), "x")).status, 413);
    // The limit is that of the body, which has some lines around the file.
    assertEquals((await send(new Uint8Array(most - 1000), "x")).status, 200);
    const text = new FormData();
    text.append("file", "only text");
    assertEquals(
      (await ask(server, "/upload.py", { method: "POST", body: text })).status,
      400,
    );
    assertEquals((await ask(server, "/upload.py")).status, 400);
    assertEquals(server.log.includes("| stderr"), false, server.log);
  },
});

Deno.test({
  name: "cgi/scripts/redirect.sh sends the browser on, by the path behind it",
  async fn(): Promise<void> {
    await using server = await start();
    for (
      const [path, location] of [
        ["/redirect.sh/form", "/form.py"],
        ["/redirect.sh", "/"],
        ["/redirect.sh//evil.example", "/"],
      ]
    ) {
      const { status, headers } = await ask(server, path);
      assertEquals([status, headers.get("location")], [303, location], path);
    }
  },
});

Deno.test({
  name: "cgi's page leads through the form, the upload and the redirect",
  ignore: ignore || isBrowserMissing(),
  async fn(): Promise<void> {
    using scratch = new Scratch();
    Deno.writeTextFileSync(scratch.file("a file.txt"), "hello\n");
    await using server = await start();
    await using browser = await startBrowser();
    await using opened = await ExamplePage.open(browser, server);
    const { page } = opened;
    await opened.looksRight();
    await page.getByRole("link", { name: "redirect.sh/form" }).click();
    await opened.shows("h1", "Form");
    await page.getByLabel("Name").fill("Ann");
    await page.getByLabel("Number").fill("4");
    await page.getByRole("button", { name: "Send" }).click();
    await opened.shows(".good", "Hello, Ann: 4 and 4 is 8.");
    await opened.looksRight();
    await page.getByRole("link", { name: "Back" }).click();
    await page.getByLabel("File").setInputFiles(scratch.file("a file.txt"));
    await page.getByRole("button", { name: "Upload" }).click();
    await opened.shows(".good", /^a file\.txt\n6 bytes\nSHA-256 5891b5b5/);
  },
});
