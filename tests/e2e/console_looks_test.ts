import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { Buffer } from "node:buffer";
import type { Browser } from "playwright-core";
import { isBrowserMissing, startBrowser } from "../examples/browser.ts";
import { isMissing } from "../examples/example.ts";
import { eventually } from "../helpers/deadline.ts";
import { ConsolePage, startConsole } from "./console_page.ts";

const ignore = isBrowserMissing() || isMissing("bash");
const PHONE = {
  viewport: { width: 360, height: 740 },
  hasTouch: true,
  isMobile: true,
} as const;
const SCREENSHOT = new URL("../../.github/console.png", import.meta.url);

/** Lightness of the page's background, from 0 to 255. */
async function lightness(page: ConsolePage): Promise<number> {
  const color = await page.eval<string>(
    "getComputedStyle(document.documentElement).backgroundColor",
  );
  return Number(/\d+/.exec(color)![0]);
}

Deno.test({
  name:
    "console: light and dark as the system has it, or as the user chose, also after a reload",
  ignore,
  async fn(): Promise<void> {
    await using server = await startConsole();
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url, {
      colorScheme: "dark",
    });
    const theme = (): Promise<string | null> =>
      page.top("theme").getAttribute("aria-label");
    assertLess(await lightness(page), 40);
    assertEquals(await theme(), "Theme: auto");
    await page.top("theme").click();
    assertEquals(await theme(), "Theme: light");
    assertGreater(await lightness(page), 220);
    await page.page.reload();
    assertEquals(await theme(), "Theme: light");
    assertGreater(await lightness(page), 220);
    await page.page.emulateMedia({ colorScheme: "light" });
    await page.top("theme").click();
    assertEquals(await theme(), "Theme: dark");
    assertLess(await lightness(page), 40);
    await page.top("theme").click();
    assertEquals(await theme(), "Theme: auto");
    assertGreater(await lightness(page), 220);
  },
});

Deno.test({
  name:
    "console: on a phone it works by touch, one pane below the other, and nothing is wider than the screen",
  ignore,
  async fn(): Promise<void> {
    await using server = await startConsole();
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url, PHONE);
    const fits = async (when: string): Promise<void> =>
      assertEquals(
        await page.eval<number>("document.documentElement.scrollWidth"),
        360,
        when,
      );
    await fits("at first");
    await page.part("connect").tap();
    await page.shows("ready-state", "1 OPEN");
    for (const text of ["short", "x".repeat(3000), "wide ".repeat(200)]) {
      await page.part("message").fill(text);
      await page.pane(0).getByRole("button", { name: "Send" }).tap();
    }
    await page.rows("onmessage", "wide").waitFor();
    await fits("with long messages");
    // All that is needed is in sight.
    for (
      const part of ["url", "connect", "track", "outcome", "message", "pause"]
    ) {
      const box = (await page.part(part).boundingBox())!;
      assert(box.x >= 0 && box.x + box.width <= 360, part);
      assert(box.y >= 0 && box.y + box.height <= 740, part);
    }
    const log = (await page.part("log").boundingBox())!;
    assertGreater(log.height, 200);

    await page.pane(0).locator(".segments").getByText("Bytes").tap();
    await page.part("message").fill("00 ".repeat(100));
    await page.pane(0).getByRole("button", { name: "Send" }).tap();
    await page.rows("onclose", "code 1003").waitFor();
    await fits("with bytes and a close");
    await page.part("inspect").tap();
    await page.part("protocols").waitFor();
    await fits("with the details");
    await page.part("inspect").tap();
    await page.top("help").tap();
    await fits("with the keys");
    await page.page.getByRole("button", { name: "Close", exact: true }).tap();

    await page.top("add").tap();
    const [upper, lower] = await Promise.all(
      [0, 1].map((at) => page.pane(at).boundingBox()),
    );
    assertEquals(upper!.x, lower!.x);
    assert(upper!.y + upper!.height <= lower!.y);
    await fits("with two connections");
  },
});

Deno.test({
  name: "console: everything is done with the keyboard alone",
  ignore,
  async fn(): Promise<void> {
    await using server = await startConsole();
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url);
    const { keyboard } = page.page;
    const press = async (...keys: string[]): Promise<void> => {
      for (const key of keys) await keyboard.press(key);
    };
    await page.page.waitForFunction(
      `document.activeElement.dataset.part === "url"`,
    );
    await press("Enter");
    await page.shows("ready-state", "1 OPEN");
    // Letters are letters in a field, and keys elsewhere.
    await press("Escape", "m");
    await keyboard.type("compute c p x");
    await press("Enter");
    await page.rows("onmessage", "compute c p x").waitFor();
    await press("Escape", "p");
    await page.shows("pause", "Resume");
    await press("p");
    await page.shows("pause", /^Pause$/);
    await press("f");
    await keyboard.type("compute");
    await eventually(
      async () => await page.pane(0).locator(".row").count() === 2,
      "the filter",
    );
    await press("Control+a", "Delete", "Escape");
    await press("n");
    await page.part("url", 1).waitFor();
    await press("Enter");
    await page.shows("ready-state", "1 OPEN", 1);
    await press("Escape", "1");
    await keyboard.type("first");
    await press("Enter", "Escape", "2");
    await keyboard.type("second");
    await press("Enter");
    await page.rows("onmessage", "first", 0).waitFor();
    await page.rows("onmessage", "second", 1).waitFor();
    await press("Escape", "r");
    await eventually(
      async () => await page.page.locator(".pane").count() === 1,
      "one pane",
    );
    // Its place takes the other, in whose URL the cursor is.
    await press("Escape", "x");
    await eventually(
      async () => await page.pane(0).locator(".row").count() === 0,
      "an empty log",
    );
    const [download] = await Promise.all([
      page.page.waitForEvent("download"),
      press("j"),
    ]);
    assertEquals(await Deno.readTextFile(await download.path()), "[\n\n]\n");
    await press("t");
    assertEquals(
      await page.top("theme").getAttribute("aria-label"),
      "Theme: light",
    );
    await press("c");
    await page.rows("onclose").waitFor();

    await press("?");
    await page.page.getByRole("dialog").waitFor();
    // Keys do nothing behind the list; there they can be turned off.
    await press("c");
    await page.top("shortcuts-on").focus();
    await press("Space", "Escape");
    await page.page.getByRole("dialog").waitFor({ state: "hidden" });
    await press("c", "n");
    assertEquals(await page.part("ready-state").textContent(), "3 CLOSED");
    assertEquals(await page.page.locator(".pane").count(), 1);
  },
});

Deno.test({
  name: "console: Tab reaches every control, and shows where it is",
  ignore,
  async fn(): Promise<void> {
    await using server = await startConsole();
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url);
    const seen = new Set<string>();
    for (let tab = 0; tab < 40; tab++) {
      await page.page.keyboard.press("Tab");
      const [part, outline] = await page.eval<[string, string]>(`
        (() => {
          const element = document.activeElement;
          const frame = element.type === "radio" || element.type === "file" ? element.parentElement : element;
          const shows = [frame, frame.querySelector("span")].some((each) => each && getComputedStyle(each).outlineStyle !== "none");
          return [element.dataset.part ?? element.name ?? "", shows ? "shown" : "hidden"];
        })()
      `);
      if (part === "") continue;
      assertEquals(outline, "shown", part);
      seen.add(part);
    }
    for (
      const part of [
        "add",
        "help",
        "theme",
        "url",
        "connect",
        "protocols",
        "binary-type",
        "close-code",
        "close-reason",
        "reconnects",
        "copy-code",
        "code",
        "filter",
        "kind",
        "pause",
        "clear",
        "copy",
        "save-text",
        "save-json",
        "log",
        "mode",
        "message",
      ]
    ) assert(seen.has(part), `${part} is not among ${[...seen]}`);
  },
});

Deno.test({
  name:
    "console: markup in messages, reasons, addresses and file names is text",
  ignore,
  async fn(): Promise<void> {
    const evil =
      `"'><img src=x onerror="document.title='evil'"><script>document.title='evil'</script>`;
    const reason = `<img src=x onerror="alert(1)">`;
    await using sockets = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      (request) => {
        const { socket, response } = Deno.upgradeWebSocket(request);
        socket.addEventListener("message", ({ data }) => {
          if (data === "close") socket.close(4242, reason);
          else socket.send(data);
        });
        return response;
      },
    );
    await using server = await startConsole();
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(
      browser,
      `${server.url}${encodeURI(evil)}?q=</script>${evil}`,
    );
    await page.part("connect").click();
    await page.shows("ready-state", "1 OPEN");
    await page.connectToEnd(`ws://127.0.0.1:${server.port}/count?${evil}`);
    await page.connect(`ws://127.0.0.1:${sockets.addr.port}/?${evil}`);
    await page.send(evil);
    await page.rows("onmessage", evil).waitFor();
    await page.part("file").setInputFiles({
      name: "<img src=x>.txt",
      mimeType: "text/html",
      buffer: Buffer.from(evil),
    });
    await page.pane(0).getByRole("button", { name: "Send" }).click();
    await page.rows("onmessage", "Blob").locator(".text", { hasText: evil })
      .waitFor();
    await page.part("filter").fill(evil);
    await page.part("filter").fill("");
    await page.pane(0).locator(".segments").getByText("Text").click();
    await page.send("close");
    await page.rows("onclose", JSON.stringify(reason)).waitFor();
    await page.part("protocols").fill(evil);
    await page.part("connect").click();
    await page.rows("exception").waitFor();

    assertEquals(await page.page.locator("img").count(), 0);
    assertEquals(await page.page.locator("script").count(), 1);
    assert(!(await page.page.title()).startsWith("evil"));
    const origins = page.requests.map((url) => new URL(url).origin);
    assertEquals([...new Set(origins)], [`http://127.0.0.1:${server.port}`]);
  },
});

/** Makes the picture in README.md: a program that failed, and one that answers. */
async function makeScreenshot(browser: Browser): Promise<Uint8Array> {
  await using server = await startConsole({ subprotocol: ["chat"] });
  await using page = await ConsolePage.open(browser, server.url, {
    viewport: { width: 1200, height: 760 },
    colorScheme: "light",
    reducedMotion: "reduce",
  });
  await page.connectToEnd(`${server.url}exit3`);
  await page.part("protocols").fill("chat");
  await page.connect(`${server.url}echo`);
  await page.send('{"say": "Hello, program!"}');
  await page.rows("onmessage", "say").waitFor();
  await page.part("message").fill("What is next?");
  return await page.page.screenshot();
}

Deno.test({
  name: "console: its picture in README.md is there; UPDATE=1 makes it",
  ignore,
  async fn(): Promise<void> {
    await using browser = await startBrowser();
    const made = await makeScreenshot(browser);
    if (Deno.env.get("UPDATE") === "1") await Deno.writeFile(SCREENSHOT, made);
    const there = await Deno.readFile(SCREENSHOT);
    // Fonts differ from machine to machine, and times always do: what can be compared is that both are pictures of that size.
    for (const picture of [made, there]) {
      assertEquals([...picture.subarray(1, 4)], [
        ...new TextEncoder().encode("PNG"),
      ]);
      const header = new DataView(picture.buffer, picture.byteOffset);
      assertEquals([header.getUint32(16), header.getUint32(20)], [1200, 760]);
      assertGreater(picture.byteLength, 20_000);
      assertLess(picture.byteLength, 200_000);
    }
  },
});
