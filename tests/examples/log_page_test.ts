import { assertEquals } from "@std/assert";
import type { Browser, Page } from "playwright-core";
import { startServer } from "../helpers/server.ts";
import { TcpProxy } from "../helpers/tcp_proxy.ts";
import { isBrowserMissing, startBrowser } from "./browser.ts";
import { isMissing, linesThatRun, pathOf, startExample } from "./example.ts";

const ignore = isBrowserMissing() || isMissing("bash");

/** Opens the page from a server; nothing may go wrong in it. */
async function openPage(browser: Browser, port: number): Promise<Page> {
  const page = await browser.newPage({
    viewport: { width: 800, height: 500 },
  });
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => {
    throw error;
  });
  await page.goto(`http://127.0.0.1:${port}/log.html`);
  return page;
}

async function shows(
  page: Page,
  selector: string,
  text: RegExp,
): Promise<void> {
  await page.locator(selector).filter({ hasText: text }).first().waitFor();
}

async function send(page: Page, line: string): Promise<void> {
  await page.getByLabel("A line for the program").fill(line);
  await page.getByRole("button", { name: "Send" }).click();
}

Deno.test({
  name:
    "log.html, run as it says, shows what the program prints, answers, and how it ended",
  ignore,
  async fn(): Promise<void> {
    await using server = await startExample("html/log.html");
    await using browser = await startBrowser();
    const page = await openPage(browser, server.port);
    await shows(page, "#state.open", /^open$/);
    await send(page, "grüße");
    await shows(page, "#log li", /^received: grüße$/);
    await shows(page, "#log li", /^time: \d\d:\d\d:\d\d$/);
    server.signal("SIGTERM");
    // That the server stops is shown for less than a second.
    await shows(
      page,
      "#state",
      /^reconnecting: (server stopping|no connection): next try/,
    );
  },
});

Deno.test({
  name: "log.html says where lines are missing",
  ignore,
  async fn(): Promise<void> {
    await using server = await startServer([
      `--staticdir=${pathOf("html")}`,
      "cat",
    ]);
    await using proxy = new TcpProxy(server.port);
    await using browser = await startBrowser();
    const page = await openPage(browser, proxy.port);
    await send(page, "one");
    await shows(page, "#log li", /^one$/);
    proxy.cut();
    await shows(page, "#log li.note", /^Lines may be missing here$/);
    await send(page, "two");
    await shows(page, "#log li", /^two$/);
  },
});

for (
  const [script, text, isFailure] of [
    ["echo last", /^the program has ended with status 0$/, false],
    ["echo last; exit 3", /^the program has ended with status 3$/, true],
    ["echo last; kill $$", /^the program was ended by SIGTERM$/, true],
  ] as const
) {
  Deno.test({
    name: `log.html tells how the program ended: ${script}`,
    ignore,
    async fn(): Promise<void> {
      await using server = await startServer([
        `--staticdir=${pathOf("html")}`,
        "bash",
        "-c",
        script,
      ]);
      await using browser = await startBrowser();
      const page = await openPage(browser, server.port);
      await shows(page, "#state.closed", text);
      assertEquals(await page.locator("#state.failed").count(), +isFailure);
      assertEquals(await page.locator("#log li").allTextContents(), ["last"]);
    },
  });
}

Deno.test({
  name: "log.html goes on where it was when the connection was lost",
  ignore,
  async fn(): Promise<void> {
    const [words] = linesThatRun("html/log.html");
    const flags = words.filter((word) =>
      word.startsWith("--") && !word.startsWith("--port")
    );
    await using server = await startServer([
      ...flags,
      "bash",
      "-c",
      'n=0; while read -r line; do echo "$((++n)) $line"; done',
    ]);
    await using proxy = new TcpProxy(server.port);
    await using browser = await startBrowser();
    const page = await openPage(browser, proxy.port);
    await send(page, "one");
    await shows(page, "#log li", /^1 one$/);
    proxy.rules = { refuses: true };
    proxy.cut();
    await shows(page, "#state", /^reconnecting/);
    await send(page, "two");
    proxy.rules = {};
    await shows(page, "#log li", /^2 two$/);
    await shows(page, "#state.open", /^open$/);
    // The same program, and nothing to be told.
    assertEquals(await page.locator("#log li").allTextContents(), [
      "1 one",
      "2 two",
    ]);
  },
});
