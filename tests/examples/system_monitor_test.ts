import { assert, assertEquals } from "@std/assert";
import { Client } from "../helpers/client.ts";
import { eventually } from "../helpers/deadline.ts";
import { isBrowserMissing, startBrowser } from "./browser.ts";
import { isMissing, startExample } from "./example.ts";
import { ExamplePage } from "./example_page.ts";

const EXAMPLE = "system_monitor/README.md";
const ignore = isMissing("python3") || Deno.build.os !== "linux";

Deno.test({
  name:
    "system_monitor sends what this machine does, as often as the client wants, and ends with it",
  ignore,
  async fn(): Promise<void> {
    await using server = await startExample(EXAMPLE, {
      // Time to end by itself, on a busy machine too.
      flags: ["--closems=10000"],
    });
    const client = await Client.open(server.url);
    await using _ = client;
    // No number counts for nothing, a minute is far too long to wait for, 0 is at most every 0.2 s.
    for (const [i, text] of ["soon", "60", "0"].entries()) {
      client.send(text);
      await client.message(i);
    }
    const { cpu, memory, load, network } = JSON.parse(
      String(await client.message(5)),
    );
    assertEquals(cpu.length, navigator.hardwareConcurrency);
    for (const percent of cpu) assert(percent >= 0 && percent <= 100, cpu);
    assertEquals(memory.total, Deno.systemMemoryInfo().total);
    assert(memory.used > 0 && memory.used < memory.total);
    assertEquals(load.length, 3);
    for (const rate of [network.received, network.sent]) {
      assert(Number.isInteger(rate) && rate >= 0, rate);
    }
    client.close(1000);
    await server.logged(/ exit:'0' .* \| DISCONNECT/);
  },
});

Deno.test({
  name: "system_monitor's page draws what it gets, and says that it is live",
  ignore: ignore || isBrowserMissing(),
  async fn(): Promise<void> {
    await using server = await startExample(EXAMPLE);
    await using browser = await startBrowser();
    await using opened = await ExamplePage.open(browser, server);
    const { page } = opened;
    await page.selectOption("#seconds", "¼ s");
    await opened.shows("#state", "live");
    await opened.shows("#cpu .now", /^\d+ %$/);
    await opened.shows("#memory .more", /^[\d.]+ .iB of [\d.]+ .iB$/);
    await opened.shows("#load .now", /^\d+\.\d\d$/);
    await opened.shows("#network .now", /^[\d.]+ \S*B\/s$/);
    // Lines grow from the right.
    const points = () =>
      page.locator(".first").evaluateAll((lines) =>
        lines.map((line) => line.getAttribute("d")!.split("L").length)
      );
    await page.locator("#cpu .first[d*=L]").waitFor({ state: "attached" });
    const before = await points();
    assertEquals(new Set(before).size, 1, String(before));
    await eventually(
      async () => (await points())[0] >= before[0] + 4,
      "the lines to grow",
    );
    await opened.looksRight();
  },
});
