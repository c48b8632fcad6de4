import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Client } from "../helpers/client.ts";
import { eventually, within } from "../helpers/deadline.ts";
import { RawClient } from "../helpers/raw_client.ts";
import { Scratch } from "../helpers/scratch.ts";
import type { ServerProcess } from "../helpers/server.ts";
import { isBrowserMissing, startBrowser } from "./browser.ts";
import { isMissing, startExample } from "./example.ts";
import { ExamplePage } from "./example_page.ts";

const TOKEN = "a-token-of-the-test-that-is-long-enough";

/** Starts it with a token that is known: the one of the line is printed for a person. */
function start(scratch: Scratch): Promise<ServerProcess> {
  Deno.writeTextFileSync(scratch.file("tokens"), `${TOKEN}\n`);
  Deno.chmodSync(scratch.file("tokens"), 0o600);
  // `npx` puts a script into PATH that hides by which signal Deno was ended.
  const directory = Deno.execPath().replace(/\/[^/]*$/, "");
  return startExample("repl/README.md", {
    env: { PATH: `${directory}:${Deno.env.get("PATH")}` },
    replace: { "--auth=token": `--auth=token:${scratch.file("tokens")}` },
  });
}

/** A prompt, and what has come from it so far. */
class Prompt {
  readonly client: Client;

  private constructor(client: Client) {
    this.client = client;
  }

  static async open(server: ServerProcess, name: string): Promise<Prompt> {
    return new Prompt(
      await Client.open(`${server.url}${name}`, [`bearer.${TOKEN}`]),
    );
  }

  get said(): string {
    return this.client.messages.join("");
  }

  /** Types a line, and waits until something has come behind what was there. */
  async enter(line: string, wanted: RegExp): Promise<void> {
    const before = this.said.length;
    this.client.send(`${line}\n`);
    await eventually(
      () => wanted.test(this.said.slice(before)),
      () => `${wanted} after ${line} in ${this.said}`,
      60_000,
    );
  }
}

Deno.test({
  name: "repl/programs/python.sh and node.sh answer at a prompt",
  ignore: isMissing("python3") || isMissing("node"),
  async fn(): Promise<void> {
    using scratch = new Scratch();
    await using server = await start(scratch);
    const python = await Prompt.open(server, "python.sh");
    await using _python = python.client;
    await python.enter("6 * 7", /^(>>> )?42\n>>> $/);
    await python.enter("1 / 0", /ZeroDivisionError: .*\n>>> $/s);
    await python.enter("def f():\n  return 'a b'\n", />>> $/);
    await python.enter("f()", /^'a b'\n>>> $/);
    await python.enter("exit(3)", /^/);
    assertEquals((await within(python.client.closed, "the end")).code, 4003);

    const node = await Prompt.open(server, "node.sh");
    await using _node = node.client;
    await node.enter("6 * 7", /(^|> )42\n> $/);
    await node.enter("await 5", /^5\n> $/);
  },
});

Deno.test({
  name: "repl/programs/deno.sh computes, and can do nothing else",
  ignore: isMissing("deno") || isMissing("bash"),
  async fn(): Promise<void> {
    using scratch = new Scratch();
    await using server = await start(scratch);
    const deno = await Prompt.open(server, "deno.sh");
    await using _ = deno.client;
    await deno.enter("6 * 7", /^42\n$/);
    await deno.enter("let x = 1", /^undefined\n$/);
    await deno.enter("x + 1", /^2\n$/);
    for (
      const [line, what] of [
        ['Deno.readTextFileSync("/etc/hostname")', "read"],
        ['await import("file:///etc/hostname", {with:{type:"text"}})', "read"],
        ['Deno.writeTextFileSync("/tmp/x", "")', "write"],
        ['Deno.env.get("REMOTE_ADDR")', "env"],
        ['await fetch("http://127.0.0.1:8888/")', "net"],
        ['new Deno.Command("id").outputSync()', "run"],
      ]
    ) {
      await deno.enter(line, new RegExp(`Requires ${what} access.*\n`, "s"));
    }
    await deno.enter(
      'await import("https://jsr.io/@std/assert/1.0.0/mod.ts")',
      /Uncaught|error/i,
    );
    // A line that never ends is ended by the kernel, after its five seconds.
    deno.client.send("for (;;);\n");
    assertEquals(
      await within(deno.client.closed, "the end of its time", 120_000),
      { code: 4509, reason: "signal SIGKILL" },
    );
  },
});

Deno.test({
  name: "repl lets nobody in without the token",
  async fn(): Promise<void> {
    using scratch = new Scratch();
    await using server = await start(scratch);
    for (const path of ["/deno.sh", "/"]) {
      const refusal = await RawClient.open(server.port, { path }).catch(String);
      assertStringIncludes(String(refusal), "HTTP/1.1 401");
    }
  },
});

Deno.test({
  name:
    "repl's page is opened by the link, shows prompts, and knows what was typed",
  ignore: isMissing("python3") || isMissing("deno") || isBrowserMissing(),
  async fn(): Promise<void> {
    using scratch = new Scratch();
    await using server = await start(scratch);
    await using browser = await startBrowser();
    await using opened = await ExamplePage.open(browser, server, {
      path: `?token=${TOKEN}`,
    });
    const { page } = opened;
    const line = page.getByLabel("Line", { exact: true });
    await opened.shows("#state", "connected");
    await line.fill("1 + 1");
    await line.press("Enter");
    await opened.shows("#output", /^1 \+ 1\n2\n$/);

    await page.selectOption("#program", "Python");
    await opened.shows("#output", /^>>> $/);
    await line.fill("'<b>' * 2");
    await line.press("Enter");
    await opened.shows("#output", /^>>> '<b>' \* 2\n'<b><b>'\n>>> $/);
    await line.press("ArrowUp");
    assertEquals(await line.inputValue(), "'<b>' * 2");
    await line.press("ArrowUp");
    assertEquals(await line.inputValue(), "1 + 1");
    await line.press("ArrowDown");
    await line.press("ArrowDown");
    assertEquals(await line.inputValue(), "");
    await line.fill("exit()");
    await line.press("Enter");
    await opened.shows("#state", "closed: 1000 exit 0");
    await page.getByRole("button", { name: "Restart" }).click();
    await opened.shows("#output", /^>>> $/);
    await opened.looksRight();
    assert(!server.log.includes(TOKEN), "the token is in the log");
  },
});
