import { assertEquals } from "@std/assert";
import type { Browser, Page } from "playwright-core";
import { startServer } from "../helpers/server.ts";
import { isBrowserMissing, startBrowser } from "./browser.ts";
import { isMissing, pathOf, startExample } from "./example.ts";

const ignore = isBrowserMissing() || isMissing("bash");
const PAGE = `file://${pathOf("html/count.html")}`;

/** Opens the page from disk for a server, and fails on anything that goes wrong in it. */
async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(`${PAGE}#${url}`);
  return page;
}

async function text(
  page: Page,
  selector: string,
  wanted: string | RegExp,
): Promise<void> {
  await page.locator(selector).filter({ hasText: wanted }).waitFor();
}

Deno.test({
  name:
    "count.html, opened from disk, shows each number while it is the last, and how it ended",
  ignore,
  async fn(): Promise<void> {
    await using server = await startExample("html/count.html");
    await using browser = await startBrowser();
    const page = await openPage(browser, server.url);
    for (const number of ["1", "2", "3"]) {
      await text(page, "#count", new RegExp(`^${number}$`));
      await text(page, "#state", "OPEN (1)");
    }
    await text(page, "#state", "CLOSED (3)");
    await text(page, "#why", "Close code 1000: ended as it should (exit 0)");
    assertEquals(await page.locator("#help").isVisible(), false);

    // Once more, and away in the middle.
    await page.getByRole("button", { name: "Connect" }).click();
    await text(page, "#count", /^1$/);
    await page.getByRole("button", { name: "Disconnect" }).click();
    await text(page, "#state", "CLOSED (3)");
    await text(page, "#why", "Close code 1000");
    assertEquals(await page.locator("#count").textContent(), "1");
  },
});

Deno.test({
  name:
    "count.html says what an exit status means, and that a server has stopped",
  ignore,
  async fn(): Promise<void> {
    await using browser = await startBrowser();
    {
      await using server = await startServer([
        "--origin=null",
        "bash",
        "-c",
        "exit 3",
      ]);
      const page = await openPage(browser, server.url);
      await text(
        page,
        "#why",
        "Close code 4003: the program failed with status 3 (exit 3)",
      );
    }
    await using server = await startServer([
      "--origin=null",
      "--drainms=0",
      "cat",
    ]);
    const page = await openPage(browser, server.url);
    await text(page, "#state", "OPEN (1)");
    server.signal("SIGTERM");
    await text(
      page,
      "#why",
      "Close code 1001: the server is stopping (server stopping)",
    );
    assertEquals((await server.ended()).code, 0);
  },
});

Deno.test({
  name:
    "count.html says what to do when the server does not allow pages from disk, or is not there",
  ignore,
  async fn(): Promise<void> {
    await using browser = await startBrowser();
    const server = await startServer(["cat"]);
    await using _ = server;
    const page = await openPage(browser, server.url);
    await text(page, "#state", "CLOSED (3)");
    await text(
      page,
      "#why",
      `No connection to ${server.url} (close code 1006)`,
    );
    await text(page, "#advice", "--origin=null");
    assertEquals(
      await page.locator("#command").textContent(),
      `deno run -A main.ts --port=${server.port} --origin=null bash ./examples/bash/counter.sh`,
    );
    await server.logged(/ \| Origin "null" is not allowed: add --origin=null/);

    server.signal("SIGTERM");
    await server.ended();
    await page.getByRole("button", { name: "Connect" }).click();
    await text(
      page,
      "#why",
      `No connection to ${server.url} (close code 1006)`,
    );

    await page.getByLabel("Address of the server").fill("nonsense");
    await page.getByRole("button", { name: "Connect" }).click();
    await text(page, "#state", "CLOSED (3)");
    assertEquals(await page.locator("#help").isVisible(), false);
  },
});
