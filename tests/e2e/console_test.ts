import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { isBrowserMissing, startBrowser } from "../examples/browser.ts";
import { isMissing } from "../examples/example.ts";
import { eventually } from "../helpers/deadline.ts";
import { ConsolePage, startConsole } from "./console_page.ts";

const ignore = isBrowserMissing() || isMissing("bash");

Deno.test({
  name:
    "console: text goes to the program and back, and every step is shown with its time and size",
  ignore,
  async fn(): Promise<void> {
    await using server = await startConsole();
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(
      browser,
      `${server.url}a%20b?c=d`,
    );
    assertEquals(await page.part("url").inputValue(), `${server.url}a%20b?c=d`);
    assertEquals(
      await page.part("ready-state").textContent(),
      "no WebSocket yet",
    );

    await page.connect();
    await page.send("grüße");
    await page.part("message").fill("two");
    await page.part("message").press("Shift+Enter");
    await page.part("message").pressSequentially("  lines\t");
    await page.part("message").press("Enter");
    await page.rows("onmessage", "lines").waitFor();

    const rows = await page.pane(0).locator(".row").allInnerTexts();
    // The wire engine compresses, and says so.
    const words = rows.map((row) =>
      row.replace(/\s+/g, " ").replace(/extensions ".+"/, 'extensions ""')
    );
    for (const row of words) assertMatch(row, /^\d\d:\d\d:\d\d\.\d{3} [↑↓·] /);
    assertEquals(words.map((row) => row.slice(13)), [
      `· new WebSocket url ${server.url}a%20b?c=d`,
      '· onopen protocol "" extensions ""',
      "↑ send 7 B grüße",
      "↓ onmessage 7 B grüße",
      "↑ send 12 B two lines ",
      // The program sees lines, and so it answers with lines.
      "↓ onmessage 3 B two",
      "↓ onmessage 8 B lines ",
    ]);
    assertEquals(
      await page.rows("send", "two").locator(".text").textContent(),
      "two\n  lines\t",
    );
    assertEquals(await page.part("sent").textContent(), "2 messages, 19 B");
    assertEquals(await page.part("received").textContent(), "3 messages, 18 B");
    assertEquals(await page.part("message").inputValue(), "");

    // Nothing but the page itself.
    assertEquals(page.requests, [`http://127.0.0.1:${server.port}/a%20b?c=d`]);
  },
});

Deno.test({
  name:
    "console: readyState is followed through all four states, in the page, its title and its icon",
  ignore,
  async fn(): Promise<void> {
    await using server = await startConsole();
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url);
    await page.eval(`
      window.states = [];
      new MutationObserver(() => {
        const step = document.querySelector('[data-part="track"] [aria-current]');
        const icon = document.querySelector('link[rel="icon"]').href;
        const now = [step?.textContent, document.title.split(" · ")[0], /fill%3D%22(%23[0-9a-f]+)%22%2F%3E%3C%2Fsvg/.exec(icon)[1]].join(" ");
        if (states.at(-1) !== now) states.push(now);
      }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    `);
    await page.connect();
    await page.part("connect").click();
    await page.shows("ready-state", "3 CLOSED");
    // The title is set after the track; what counts is where it settles.
    const states = await page.eval<string[]>("states");
    const settled = states.filter((state) => /^\d([A-Z]+) \1 /.test(state));
    assertEquals(settled.map((state) => state.split(" ")[0]), [
      "0CONNECTING",
      "1OPEN",
      "2CLOSING",
      "3CLOSED",
    ]);
    assertEquals(new Set(settled.map((state) => state.split(" ")[2])).size, 3);
  },
});

Deno.test({
  name:
    "console: Enter in the URL connects, also elsewhere, and the page's own address and the back button follow",
  ignore,
  async fn(): Promise<void> {
    await using server = await startConsole();
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url);
    const base = `http://127.0.0.1:${server.port}`;
    await page.part("url").fill(`${server.url}count?x=1`);
    await page.part("url").press("Enter");
    await page.rows("onclose").waitFor();
    assertEquals(page.page.url(), `${base}/count?x=1`);

    await page.part("url").fill(`${server.url}cat`);
    await page.part("url").press("Enter");
    await page.shows("ready-state", "1 OPEN");
    // In place of the one that is open.
    await page.part("url").fill(`${server.url}other`);
    await page.part("url").press("Enter");
    await page.shows("socket-url", "/other");
    await page.shows("ready-state", "1 OPEN");
    assertEquals(await page.rows("onclose").count(), 2);
    assertEquals(page.page.url(), `${base}/other`);

    await page.page.goBack();
    await eventually(
      async () => await page.part("url").inputValue() === `${server.url}cat`,
      "the address of before",
    );
    await page.page.goBack();
    await page.page.goBack();
    await eventually(
      async () => await page.part("url").inputValue() === server.url,
      "the first address",
    );
    await page.page.goForward();
    await page.page.reload();
    assertEquals(await page.part("url").inputValue(), `${server.url}count?x=1`);

    // Another server's path is not this page's.
    await using other = await startConsole();
    await page.part("url").fill(`${other.url}elsewhere`);
    await page.part("url").press("Enter");
    await page.rows("onclose").waitFor();
    assertEquals(page.page.url(), `${base}/count?x=1`);
  },
});

Deno.test({
  name: "console: beside files it lives at /_console/ and offers ?path=",
  ignore,
  async fn(): Promise<void> {
    await using server = await startConsole({ staticDir: "examples/html" });
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, `${server.url}_console`);
    const base = `http://127.0.0.1:${server.port}`;
    assertEquals(page.page.url(), `${base}/_console/`);
    assertEquals(await page.part("url").inputValue(), server.url);
    await page.connectToEnd(`${server.url}count?a=b`);
    assertEquals(page.page.url(), `${base}/_console/?path=/count%3Fa%3Db`);
    await page.page.reload();
    assertEquals(await page.part("url").inputValue(), `${server.url}count?a=b`);
    const file = await fetch(`${base}/count.html`);
    assertStringIncludes(await file.text(), "<title>Count</title>");
  },
});

Deno.test({
  name:
    "console: arrow keys bring back what was sent, in every pane, also after a reload and from websocketd's own console",
  ignore,
  async fn(): Promise<void> {
    await using server = await startConsole();
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url);
    await page.eval(
      `localStorage.setItem("websocketdconsole.sendhistory", '["original"]')`,
    );
    await page.connect();
    for (const text of ["one", "two", "two", "three\nlines", ""]) {
      await page.send(text);
    }
    const box = page.part("message");
    const press = async (key: string): Promise<string> => {
      await box.press(key);
      return await box.inputValue();
    };
    await box.fill("draft");
    assertEquals(await press("ArrowUp"), "three\nlines");
    // Through its own lines first.
    assertEquals(await press("ArrowUp"), "three\nlines");
    assertEquals(await press("ArrowUp"), "two");
    assertEquals(await press("ArrowUp"), "one");
    assertEquals(await press("ArrowUp"), "original");
    assertEquals(await press("ArrowUp"), "original");
    assertEquals(await press("ArrowDown"), "one");
    assertEquals(await press("ArrowDown"), "two");
    assertEquals(await press("ArrowDown"), "three\nlines");
    assertEquals(await press("ArrowDown"), "draft");
    assertEquals(await press("ArrowDown"), "draft");

    await page.top("add").click();
    await page.part("message", 1).press("ArrowUp");
    assertEquals(await page.part("message", 1).inputValue(), "three\nlines");

    await page.page.reload();
    assertEquals(await press("ArrowUp"), "three\nlines");

    await page.connect();
    for (let at = 0; at < 101; at++) await page.send(`message ${at}`);
    const kept = JSON.parse(
      await page.eval<string>(
        `localStorage.getItem("websocketdconsole.sendhistory")`,
      ),
    );
    assertEquals([kept.length, kept[0], kept[99]], [
      100,
      "message 100",
      "message 1",
    ]);
  },
});

Deno.test({
  name:
    "console: subprotocols are offered, and the one that was chosen is shown",
  ignore,
  async fn(): Promise<void> {
    await using server = await startConsole({ subprotocol: ["chat"] });
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url);
    await page.part("protocols").fill("other , chat,");
    await page.part("protocols").press("Enter");
    await page.shows("ready-state", "1 OPEN");
    assertEquals(await page.part("protocol").textContent(), '"chat"');
    await page.rows("new WebSocket", 'protocols ["other","chat"]').waitFor();
    await page.rows("onopen", 'protocol "chat"').waitFor();

    // What the browser itself refuses is shown as what it is.
    await page.part("protocols").fill("a,a");
    await page.part("protocols").press("Enter");
    await page.rows("exception", "SyntaxError").waitFor();
    await page.shows("outcome", "The browser did not even try");
  },
});

Deno.test({
  name: "console: the code shows what was done, and can be copied",
  ignore,
  async fn(): Promise<void> {
    await using server = await startConsole();
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await page.part("protocols").fill("chat");
    await page.shows("code", `  "${server.url}",\n  ["chat"],\n);`);
    await page.part("protocols").fill("");
    await page.connect();
    await page.send('say "hi"');
    await page.part("binary-type").selectOption("arraybuffer");
    await page.part("close-code").fill("3001");
    await page.part("close-reason").fill("done");
    await page.pane(0).getByRole("button", { name: "close()" }).click();
    await page.shows("ready-state", "3 CLOSED");
    const code = (await page.part("code").textContent())!;
    assertStringIncludes(code, `new WebSocket(\n  "${server.url}",\n);`);
    assert(code.endsWith(
      '\n\nws.send("say \\"hi\\"");\nws.binaryType = "arraybuffer";\nws.close(3001, "done");',
    ));
    await page.part("copy-code").click();
    await page.shows("copy-code", "Copied");
    assertEquals(
      await page.eval<string>("navigator.clipboard.readText()"),
      code,
    );
  },
});

Deno.test({
  name: "console: several connections side by side go their own ways",
  ignore,
  async fn(): Promise<void> {
    await using server = await startConsole();
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url);
    assertEquals(await page.part("remove").isVisible(), false);
    await page.connect(`${server.url}first`);
    await page.top("add").click();
    assertEquals(await page.part("url", 1).inputValue(), `${server.url}first`);
    await page.connect(`${server.url}second`, 1);
    await page.send("to the first");
    await page.send("to the second", 1);
    await page.rows("onmessage", "to the first").waitFor();
    await page.rows("onmessage", "to the second", 1).waitFor();
    assertEquals(await page.rows("onmessage", "", 0).count(), 1);
    assertEquals(await page.rows("onmessage", "", 1).count(), 1);
    assertMatch(await page.page.title(), /^OPEN · .*second · 2 of 2 open · /);
    const [left, right] = await Promise.all(
      [0, 1].map((at) => page.pane(at).boundingBox()),
    );
    assertEquals(left!.y, right!.y);
    assert(left!.x + left!.width <= right!.x);

    await page.part("remove", 0).click();
    await server.next("session.closed");
    assertEquals(await page.page.locator(".pane").count(), 1);
    assertEquals(await page.part("url").inputValue(), `${server.url}second`);
    assertEquals(await page.part("ready-state").textContent(), "1 OPEN");
    assertEquals(await page.part("remove").isVisible(), false);
    await page.send("still there");
    await page.rows("onmessage", "still there").waitFor();
  },
});
