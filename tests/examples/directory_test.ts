import { assertEquals, assertMatch } from "@std/assert";
import { Client } from "../helpers/client.ts";
import { within } from "../helpers/deadline.ts";
import { isBrowserMissing, startBrowser } from "./browser.ts";
import { isMissing, startExample } from "./example.ts";
import { ExamplePage } from "./example_page.ts";

const EXAMPLE = "directory/README.md";
const ignore = ["sh", "node", "perl", "python3"].some(isMissing);

Deno.test({
  name: "directory serves each program at its path",
  ignore,
  async fn(): Promise<void> {
    await using server = await startExample(EXAMPLE);
    await using clock = await Client.open(`${server.url}clock.sh`);
    assertMatch(String(await clock.message(1)), /^\d\d:\d\d:\d\d$/);

    await using dice = await Client.open(`${server.url}dice.js?sides=2`);
    assertEquals(await dice.message(0), "a die with 2 sides");
    dice.send("");
    assertMatch(String(await dice.message(1)), /^[12]$/);
    assertEquals(await Client.run(`${server.url}dice.js?sides=1`), {
      messages: ["sides is a number from 2 to 1000"],
      code: 4001,
      reason: "exit 1",
    });

    await using shout = await Client.open(`${server.url}shout.pl`);
    shout.send("Grüße, Zoë");
    assertEquals(await shout.message(0), "GRÜSSE, ZOË");

    await using sum = await Client.open(`${server.url}sum.py`);
    for (const text of ["1", "-3", "x"]) sum.send(text);
    assertEquals(await within(sum.closed, "the sum"), {
      code: 4001,
      reason: "exit 1",
    });
    assertEquals(sum.messages, ["1", "-2", "not a whole number"]);

    assertEquals(
      await Client.run(`${server.url}tools/where.sh/a%20b/c?d=%20`),
      {
        messages: [
          "SCRIPT_NAME=/tools/where.sh",
          "PATH_INFO=/a b/c",
          "QUERY_STRING=d=%20",
        ],
        code: 1000,
        reason: "exit 0",
      },
    );
  },
});

Deno.test({
  name:
    "directory's page connects to one after the other, and says when there is none",
  ignore: ignore || isBrowserMissing(),
  async fn(): Promise<void> {
    await using server = await startExample(EXAMPLE);
    await using browser = await startBrowser();
    await using opened = await ExamplePage.open(browser, server);
    const { page } = opened;
    const connect = async (path: string) => {
      await page.getByLabel("Path").fill(path);
      await page.getByRole("button", { name: "Connect" }).click();
    };
    await connect("/shout.pl");
    await opened.shows("#state", "connected");
    await page.getByLabel("Message", { exact: true }).fill("<i>hi");
    await page.getByRole("button", { name: "Send" }).click();
    await opened.shows("#log", /<i>hi\n<I>HI\n/);
    await connect("/tools/where.sh/a?b");
    await opened.shows("#state", "closed: 1000 exit 0");
    assertEquals(
      await page.locator("#log").textContent(),
      "SCRIPT_NAME=/tools/where.sh\nPATH_INFO=/a\nQUERY_STRING=b\n",
    );
    await connect("/../page/index.html");
    await opened.shows("#state", "no such program");
    await opened.looksRight();
  },
});
