import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { isBrowserMissing, startBrowser } from "../examples/browser.ts";
import { isMissing } from "../examples/example.ts";
import { eventually } from "../helpers/deadline.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";
import { ConsolePage, startConsole } from "./console_page.ts";

const ignore = isBrowserMissing() || isMissing("bash");
const MANY = 100_000;

/** What the page offers to save. */
async function saved(page: ConsolePage, name: string): Promise<string> {
  const [download] = await Promise.all([
    page.page.waitForEvent("download"),
    page.part(name).click(),
  ]);
  assertMatch(
    download.suggestedFilename(),
    /^websocket-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.(txt|json)$/,
  );
  return await Deno.readTextFile(await download.path());
}

Deno.test({
  name:
    "console: the log can be filtered, copied, saved as text and as JSON, and cleared",
  ignore,
  async fn(): Promise<void> {
    await using server = await startConsole();
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await page.shows("note", "Everything that happens is listed here");
    await page.connect();
    for (const text of ["apple", "Banana", "cherry"]) await page.send(text);
    await page.rows("onmessage", "cherry").waitFor();
    const rows = page.pane(0).locator(".row");

    await page.part("filter").fill("banana");
    await eventually(async () => await rows.count() === 2, "the filter");
    await page.send("more bananas");
    await page.rows("onmessage", "more").waitFor();
    await page.part("kind").selectOption("received");
    await eventually(async () => await rows.count() === 2, "the kind");
    const lines = (await saved(page, "save-text")).split("\n");
    assertEquals(lines.map((line) => line.replace(/^[\d:.]+ /, "")), [
      "<- onmessage Banana",
      "<- onmessage more bananas",
      "",
    ]);
    await page.part("copy").click();
    await page.shows("copy", "Copied");
    assertEquals(
      await page.eval<string>("navigator.clipboard.readText()"),
      lines.join("\n"),
    );
    await page.part("filter").fill("nothing like it");
    await page.shows("note", "Nothing of 10 entries matches the filter.");

    await page.part("filter").fill("");
    await page.part("kind").selectOption("all");
    await eventually(async () => await rows.count() === 10, "all");
    const entries = JSON.parse(await saved(page, "save-json"));
    assertEquals(entries.length, 10);
    assertEquals(entries[1].name, "onopen");
    assertEquals(entries[2].data, "apple");

    await page.part("clear").click();
    await eventually(async () => await rows.count() === 0, "an empty log");
    await page.send("after");
    await page.rows("onmessage", "after").waitFor();
  },
});

Deno.test({
  name:
    "console: where a browser gives no clipboard, copying works all the same",
  ignore,
  async fn(): Promise<void> {
    await using server = await startConsole();
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url);
    // As on http://192.168.0.1: no permission, no clipboard object.
    await page.eval(
      "Object.defineProperty(navigator, 'clipboard', { value: undefined })",
    );
    await page.eval(
      "addEventListener('copy', () => { window.copied = getSelection().toString() || document.activeElement.value; })",
    );
    await page.connect();
    await page.send("by hand");
    await page.rows("onmessage", "by hand").waitFor();
    await page.part("copy").click();
    await page.shows("copy", "Copied");
    assertMatch(await page.eval<string>("copied"), /<- onmessage by hand\n$/);
    assertEquals(await page.page.locator("body > textarea").count(), 0);
  },
});

Deno.test({
  name:
    "console: paused, it counts what comes, and shows all of it when it goes on",
  ignore,
  async fn(): Promise<void> {
    await using server = await startConsole();
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url);
    await page.connect();
    await page.send("before");
    await page.rows("onmessage", "before").waitFor();
    await page.part("pause").click();
    for (const text of ["one", "two", "three"]) await page.send(text);
    await page.shows("pause", "Resume · 6 new");
    assertEquals(await page.pane(0).locator(".row").count(), 4);
    await page.part("pause").click();
    await page.rows("onmessage", "three").waitFor();
    assertEquals(await page.pane(0).locator(".row").count(), 10);
    assertEquals(await page.part("pause").textContent(), "Pause");
  },
});

Deno.test({
  name:
    "console: 100,000 lines do not hold it up: few rows, nothing lost, and keys and buttons act meanwhile",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      `seq 1 ${MANY}; read -r; echo "last"; cat`,
      { devConsole: true },
    );
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url);
    await page.eval(`
      window.longest = 0;
      let last = performance.now();
      requestAnimationFrame(function frame() {
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
        requestAnimationFrame(frame);
      });
    `);
    const watch = new Stopwatch();
    await page.part("connect").click();
    await page.shows("received", /[1-9]\d* messages/);
    // In the middle of it.
    await page.part("pause").click();
    await page.shows("pause", "Resume");
    await page.part("pause").click();
    const all = `100,000 messages, ${(bytesOfNumbers() / 1024).toFixed()} KiB`;
    await eventually(
      async () => await page.part("received").textContent() === all,
      all,
      120_000,
    );
    const longest = await page.eval<number>("longest");
    console.log(`    the longest frame: ${longest.toFixed()} ms`);
    assertLess(longest, 2000 + watch.busyMs);
    const rows = page.pane(0).locator(".row");
    assertLess(await rows.count(), 700);
    await page.rows("onmessage", /100000$/).waitFor();

    // What is folded away is there.
    const before = await rows.count();
    await page.part("older").filter({ hasText: /^99,[678]\d\d earlier/ })
      .click();
    await eventually(async () => await rows.count() === before + 300, "more");
    await page.send("go");
    await page.part("latest").click();
    await page.rows("onmessage", /last$/).waitFor();
    assertLess(await rows.count(), 700);
    const text = await saved(page, "save-text");
    const numbers = [...text.matchAll(/<- onmessage (\d+)$/gm)]
      .map(([, number]) => Number(number));
    assertEquals(numbers.length, MANY);
    assert(numbers.every((number, at) => number === at + 1));
  },
});

/** What the numbers come to, in digits. */
function bytesOfNumbers(): number {
  let bytes = 0;
  for (let number = 1; number <= MANY; number++) bytes += String(number).length;
  return bytes;
}

Deno.test({
  name:
    "console: it stays at the end until the user scrolls away, and comes back there",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      `seq 1 50; while read -r count; do seq 1 $count; done`,
      { devConsole: true },
    );
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url);
    const isAtEnd = (): Promise<boolean> =>
      page.eval(
        `(({ scrollTop, scrollHeight, clientHeight }) => scrollHeight - clientHeight - scrollTop < 9)(document.querySelector(".log"))`,
      );
    await page.connect();
    await page.rows("onmessage", /50$/).waitFor();
    assert(await isAtEnd());
    await page.eval(`document.querySelector(".log").scrollTop = 0`);
    await page.part("latest").filter({ hasText: "Stay at the end" }).waitFor();
    await page.send("20");
    await page.rows("onmessage", /20$/).nth(1).waitFor();
    assertEquals(await isAtEnd(), false);
    // More than it puts on the page while nobody looks there.
    await page.send("1000");
    await page.part("latest").filter({ hasText: /^\d+ newer entries/ }).click();
    await page.rows("onmessage", /1000$/).waitFor();
    assert(await isAtEnd());
    assertEquals(await page.part("latest").isVisible(), false);
  },
});

Deno.test({
  name: "console: a log that is full drops the oldest, and says so",
  ignore,
  async fn(): Promise<void> {
    // Each takes 16 MB of the 64 MiB, as text has two bytes for each character.
    await using server = await ProgramServer.bash(
      `for i in 1 2 3 4 5; do printf %s "$i"; head -c 8000000 /dev/zero | tr '\\0' x; echo; done; cat`,
      { devConsole: true },
    );
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url);
    await page.part("connect").click();
    await page.rows("onmessage", /5x+/).waitFor();
    await page.shows(
      "note",
      /^The oldest \d entr(y|ies) made room: the transcript is bound to 64 MiB\.$/,
    );
    assertEquals(await page.rows("onopen").count(), 0);
    assertEquals(await page.rows("onmessage").count(), 4);
    await page.part("clear").click();
    await page.shows("note", "Everything that happens is listed here");
  },
});
