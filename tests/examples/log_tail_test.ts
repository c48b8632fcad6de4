import { assertEquals, assertMatch } from "@std/assert";
import { Client } from "../helpers/client.ts";
import { eventually } from "../helpers/deadline.ts";
import { Scratch } from "../helpers/scratch.ts";
import type { ServerProcess } from "../helpers/server.ts";
import { isBrowserMissing, startBrowser } from "./browser.ts";
import { isMissing, startExample } from "./example.ts";
import { ExamplePage } from "./example_page.ts";
import { processesOf } from "./processes_of.ts";

const ignore = isMissing("node") || isMissing("tail");

/** A log that grows. */
class Log {
  readonly path: string;

  constructor(scratch: Scratch) {
    this.path = scratch.file("log");
    Deno.writeTextFileSync(this.path, "");
  }

  add(...lines: string[]): void {
    const text = lines.map((line) => `${line}\n`).join("");
    Deno.writeTextFileSync(this.path, text, { append: true });
  }
}

function start({ path }: Log): Promise<ServerProcess> {
  return startExample("log_tail/README.md", {
    // Time to end by itself, on a busy machine too.
    flags: ["--closems=10000"],
    replace: { "/var/log/syslog": path },
  });
}

/** Waits for what comes behind the last answer to a filter. */
async function linesFor(
  client: Client,
  filter: string,
  wanted: string[],
): Promise<void> {
  const found = () => {
    const messages = client.messages.map((text) => JSON.parse(String(text)));
    const at = messages.findLastIndex((message) => message.filter === filter);
    return at < 0 ? undefined : messages.slice(at + 1).map(({ line }) => line);
  };
  await eventually(
    () => found()?.length === wanted.length,
    () => `${wanted} after ${client.messages.join(" / ")}`,
  );
  assertEquals(found(), wanted);
}

Deno.test({
  name:
    "log_tail sends the lines that match, those that come, and those of a log that was rotated",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const log = new Log(scratch);
    log.add("one Error", "two", "three error -e");
    await using server = await start(log);
    const client = await Client.open(server.url);
    await using _ = client;

    client.send("");
    await linesFor(client, "", ["one Error", "two", "three error -e"]);
    client.send("  ERROR  -e ");
    await linesFor(client, "  ERROR  -e ", ["three error -e"]);
    log.add("four", "five ERROR -E", "six error");
    await linesFor(client, "  ERROR  -e ", ["three error -e", "five ERROR -E"]);
    client.send(".*");
    await linesFor(client, ".*", []);

    Deno.renameSync(log.path, `${log.path}.1`);
    log.add("seven .* (new)");
    await linesFor(client, ".*", ["seven .* (new)"]);

    const [, id] = await server.logged(/id:'(\d+)'.* \| CONNECT/);
    client.close(1000);
    await server.logged(/ exit:'0' .* \| DISCONNECT/);
    await eventually(
      () => processesOf(id).length === 0,
      () => `the end of ${processesOf(id).join(", ")}`,
    );
  },
});

Deno.test({
  name: "log_tail keeps a thousand lines, and shows 4,000 characters of each",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const log = new Log(scratch);
    const lines = Array.from({ length: 999 }, (_, i) => `line ${i}`);
    log.add("first", "second", ...lines);
    await using server = await start(log);
    await using client = await Client.open(server.url);
    client.send("line 998");
    await linesFor(client, "line 998", ["line 998"]);
    client.send("yyy");
    log.add("y".repeat(4001));
    await linesFor(client, "yyy", ["y".repeat(4000)]);
    client.send("");
    await linesFor(client, "", [...lines, "y".repeat(4000)]);
  },
});

Deno.test({
  name: "log_tail's page shows what its filter says, marked, and as text only",
  ignore: ignore || isBrowserMissing(),
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const log = new Log(scratch);
    log.add("GET /a+b 200", "GET /c 500", "<b>not bold</b>");
    await using server = await start(log);
    await using browser = await startBrowser();
    await using opened = await ExamplePage.open(browser, server);
    const { page } = opened;
    const lines = () => page.locator("li").allInnerTexts();

    await opened.shows("#state", "3 lines");
    assertEquals((await lines())[2], "<b>not bold</b>");
    await page.getByRole("searchbox").fill("get A+");
    await opened.shows("#state", "1 line");
    assertEquals(await lines(), ["GET /a+b 200"]);
    assertEquals(await page.locator("mark").allInnerTexts(), ["GET", "a+"]);

    log.add("POST /x", "GET /a+c 200");
    await opened.shows("#state", "2 lines");
    await page.getByRole("searchbox").fill("nothing");
    await opened.shows("#state", "no lines");

    await page.getByRole("searchbox").fill("");
    log.add(...Array.from({ length: 200 }, (_, i) => `more ${i}`));
    await opened.shows("#state", "205 lines");
    // At the end, where the newest is.
    assertMatch(
      await page.evaluate<string>(
        "String(Math.abs(lines.scrollHeight - lines.clientHeight - lines.scrollTop) < 2)",
      ),
      /true/,
    );
    await opened.looksRight();
  },
});
