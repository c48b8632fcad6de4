import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { isBrowserMissing, startBrowser } from "../examples/browser.ts";
import { isMissing } from "../examples/example.ts";
import { eventually } from "../helpers/deadline.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { Scratch } from "../helpers/scratch.ts";
import { ConsolePage, startConsole } from "./console_page.ts";

const ignore = isBrowserMissing() || isMissing("bash");
const MIB = 1 << 20;

async function chooseMode(page: ConsolePage, mode: string): Promise<void> {
  await page.pane(0).locator(".segments").getByText(mode, { exact: true })
    .click();
}

Deno.test({
  name:
    "console: bytes are sent as typed, and shown as hex and as text, as Blob or ArrayBuffer",
  ignore,
  async fn(): Promise<void> {
    await using server = await startConsole({ framing: "chunks" });
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url);
    await page.connect();
    await chooseMode(page, "Bytes");
    await page.send("48 69 <0xff>");
    await page.shows("problem", 'Cannot read "<"');
    assertEquals(await page.part("message").inputValue(), "48 69 <0xff>");
    await page.send("48 69 00 c3 a9 0xff");
    const blob = page.rows("onmessage", "Blob").first();
    await blob.locator(".hex", { hasText: "0000  48 69 00 c3 a9 ff  Hi...." })
      .waitFor();
    assertEquals(await blob.locator(".text").textContent(), "Hi\0é\ufffd");
    await page.rows("send", "ArrayBuffer").waitFor();
    assertEquals(await page.part("problem").textContent(), "");

    await page.part("binary-type").selectOption("arraybuffer");
    await page.send("00");
    await page.rows("onmessage", "ArrayBuffer").waitFor();
    await page.shows("code", 'ws.binaryType = "arraybuffer";');
    // What was typed in either mode waits there.
    await page.part("message").fill("ff");
    await chooseMode(page, "Text");
    assertEquals(await page.part("message").inputValue(), "");
    await chooseMode(page, "Bytes");
    assertEquals(await page.part("message").inputValue(), "ff");
  },
});

Deno.test({
  name:
    "console: long messages are folded with their size, and can be opened and saved",
  ignore,
  async fn(): Promise<void> {
    await using server = await startConsole();
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url);
    await page.connect();
    const text = `${"x".repeat(1999)}\u{1f600}${"y".repeat(8000)}`;
    await page.send(text);
    const row = page.rows("onmessage");
    const shown = row.locator(".text");
    // Not in the middle of a character.
    assertEquals(await shown.textContent(), "x".repeat(1999));
    await row.locator(".more", { hasText: "9.8 KiB in all" }).waitFor();
    const [download] = await Promise.all([
      page.page.waitForEvent("download"),
      row.getByRole("button", { name: "Save" }).click(),
    ]);
    assertEquals(download.suggestedFilename(), "onmessage.txt");
    assertEquals(await Deno.readTextFile(await download.path()), text);
    await row.getByRole("button", { name: "Show more" }).click();
    assertEquals(await shown.textContent(), text);
    assertEquals(
      await row.getByRole("button", { name: "Show more" }).count(),
      0,
    );

    const lines = Array.from({ length: 30 }, (_, at) => `line ${at}`).join(
      "\n",
    );
    await page.send(lines);
    assertEquals(
      (await page.rows("send").nth(1).locator(".text").textContent())!
        .split("\n").length,
      24,
    );
  },
});

Deno.test({
  name:
    "console: a file goes out as a Blob or as an ArrayBuffer, and bufferedAmount shows how much is left",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const file = scratch.file("large.bin");
    await Deno.writeFile(file, new Uint8Array(40 * MIB));
    await using server = await ProgramServer.bash(
      "head -c $((40 << 20)) | wc -c; cat >/dev/null",
      {
        devConsole: true,
        framing: "chunks",
        maxFrameSize: 64 * MIB,
      },
    );
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url);
    await page.eval(`
      window.values = [];
      const bar = document.querySelector('[data-part="buffered"]');
      new MutationObserver(() => values.push([bar.value, bar.max]))
        .observe(bar, { attributes: true });
    `);
    await page.part("binary-type").selectOption("arraybuffer");
    await page.connect();
    await chooseMode(page, "File");
    await page.pane(0).getByRole("button", { name: "Send" }).click();
    await page.shows("problem", "No file is chosen yet");
    await page.part("file").setInputFiles(file);
    await page.shows("file-name", "large.bin · 40 MiB");
    await page.pane(0).getByRole("button", { name: "Send" }).click();
    await page.rows("send", "file large.bin").waitFor();
    await page.rows("onmessage", `${40 * MIB}`).waitFor();
    await page.shows("buffered-number", /^0 B$/);
    const values = await page.eval<[number, number][]>("values");
    const amounts = values.map(([value]) => value);
    const most = Math.max(...amounts);
    assert(most > MIB && most <= 41 * MIB, String(most));
    assert(new Set(amounts).size >= 3, `seen: ${amounts}`);
    // The bar is never shorter than what it shows.
    assert(values.every(([value, max]) => value <= max));
    assertStringIncludes(
      (await page.part("code").textContent())!,
      "ws.send(input.files[0]); // a Blob: large.bin, 40 MiB",
    );

    const small = scratch.file("small.txt");
    await Deno.writeTextFile(small, "hello");
    await page.part("file").setInputFiles(small);
    await page.pane(0).getByLabel("Send the file as").selectOption(
      "arraybuffer",
    );
    await page.pane(0).getByRole("button", { name: "Send" }).click();
    await page.rows("send", "ArrayBuffer").waitFor();
    await eventually(
      async () =>
        await page.part("sent").textContent() === "2 messages, 40 MiB",
      "both to be counted",
    );
  },
});
