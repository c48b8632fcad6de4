import { assertEquals, assertGreater } from "@std/assert";
import { Client } from "../helpers/client.ts";
import { eventually } from "../helpers/deadline.ts";
import { isBrowserMissing, startBrowser } from "./browser.ts";
import { isMissing, startExample } from "./example.ts";
import { ExamplePage } from "./example_page.ts";
import { processesOf } from "./processes_of.ts";

const EXAMPLE = "video/README.md";
const ignore = isMissing("python3") || isMissing("ffmpeg");

Deno.test({
  name: "video sends whole JPEGs, and leaves no ffmpeg behind",
  ignore,
  async fn(): Promise<void> {
    await using server = await startExample(EXAMPLE);
    for (const source of ["clock", "colors", "life", "mandelbrot"]) {
      const client = await Client.open(`${server.url}?source=${source}`);
      await using _ = client;
      for (let i = 0; i < 5; i++) {
        const picture = await client.message(i) as Uint8Array;
        assertEquals([...picture.slice(0, 3)], [0xff, 0xd8, 0xff], source);
        assertEquals([...picture.slice(-2)], [0xff, 0xd9], source);
      }
    }
    await eventually(
      () => server.log.split(" | DISCONNECT").length === 5,
      "four ends",
    );
    for (const [, id] of server.log.matchAll(/id:'(\d+)'.* \| DISCONNECT/g)) {
      await eventually(
        () => processesOf(id).length === 0,
        () => `the end of ${processesOf(id).join(", ")}`,
      );
    }
    assertEquals(server.log.includes("| stderr"), false, server.log);
  },
});

Deno.test({
  name: "video knows its own sources only: nothing of a client gets to ffmpeg",
  ignore,
  async fn(): Promise<void> {
    await using server = await startExample(EXAMPLE);
    assertEquals(await Client.run(`${server.url}?source=/etc/passwd`), {
      messages: [],
      code: 4001,
      reason: "exit 1",
    });
    await server.logged(/\| stderr .* \| No such source: '\/etc\/passwd'/);
  },
});

Deno.test({
  name: "video's page draws what comes, from another source too, and stops",
  ignore: ignore || isBrowserMissing(),
  async fn(): Promise<void> {
    await using server = await startExample(EXAMPLE);
    await using browser = await startBrowser();
    await using opened = await ExamplePage.open(browser, server);
    const { page } = opened;
    const drawn = () => page.evaluate<number>("drawn");
    const picture = () => page.evaluate<string>("context.canvas.toDataURL()");
    const empty = await picture();
    await eventually(async () => await drawn() >= 3, "three pictures");
    const first = await picture();
    assertEquals(first === empty, false);
    await opened.shows("#state", /^\d+ pictures, \d+ KiB a second$/);

    await page.selectOption("#source", "mandelbrot");
    await server.logged(/source=mandelbrot.* \| CONNECT/);
    const before = await drawn();
    await eventually(async () => await drawn() >= before + 3, "three more");
    await page.getByRole("button", { name: "Stop" }).click();
    await opened.shows("#state", "stopped");
    const stopped = await drawn();
    await page.getByRole("button", { name: "Play" }).click();
    await eventually(async () => await drawn() > stopped, "more");
    assertGreater(await drawn(), stopped);
    await opened.looksRight();
  },
});
