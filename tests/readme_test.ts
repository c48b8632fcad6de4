/** What README.md says, tried. */
import { fileURLToPath } from "node:url";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { readArgs } from "../lib/cli/args.ts";
import { findFlag } from "../lib/cli/flags.ts";
import { flagsMarkdown } from "../lib/cli/flags_markdown.ts";
import { cgiEnv } from "../lib/http/cgi_env.ts";
import { describeRequest, targetOf } from "../lib/http/request.ts";
import type { Server } from "../lib/mod.ts";
import { unbufferEnv } from "../lib/process/unbuffer.ts";
import { isBrowserMissing, startBrowser } from "./examples/browser.ts";
import { isMissing } from "./examples/example.ts";
import { Client } from "./helpers/client.ts";
import { eventually, within } from "./helpers/deadline.ts";
import { Scratch } from "./helpers/scratch.ts";
import { startServer } from "./helpers/server.ts";

const ROOT = new URL("../", import.meta.url);
const README = new URL("README.md", ROOT);
const PAGES = new URL(".github/docs/", ROOT);
const TEXT = Deno.readTextFileSync(README);

/** The code in a language, block by block. */
function blocks(language: string): string[] {
  const pattern = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms");
  return [...TEXT.matchAll(pattern)].map(([, code]) => code);
}

/** The one block in a language that has something in it. */
function block(language: string, part: string): string {
  const found = blocks(language).filter((code) => code.includes(part));
  assertEquals(found.length, 1, `blocks with ${part}`);
  return found[0];
}

/** The words behind `main.ts` in every command line that starts the server. */
function commandLines(): string[][] {
  const lines = TEXT.matchAll(
    /(?:deno|npx -y deno@\S+) run -A main\.ts ([^`\n]+)/g,
  );
  return [...lines].map(([, words]) => words.trim().split(" "));
}

async function output(
  command: string,
  args: readonly string[],
): Promise<string> {
  const process = new Deno.Command(command, {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stderr: "inherit",
  });
  return new TextDecoder().decode((await process.output()).stdout);
}

Deno.test("README and the pages have no code that the formatter has broken", () => {
  const pages = [...Deno.readDirSync(PAGES)].map(({ name }) =>
    new URL(name, PAGES)
  );
  for (const page of [README, ...pages]) {
    const text = Deno.readTextFileSync(page).replace(/^```.*?^```$/gms, "");
    for (const paragraph of text.split(/\n\s*\n/)) {
      const ticks = paragraph.match(/`/g)?.length ?? 0;
      assertEquals(ticks % 2, 0, `${page.pathname}: ${paragraph}`);
    }
  }
});

Deno.test("README's table of the environment names every variable that a program can get", () => {
  const request = new Request("https://localhost/", {
    headers: { host: "localhost" },
  });
  const target = targetOf(request);
  const info = describeRequest(request, target, {
    ...{ hostname: "192.0.2.1", port: 1 },
    ...{ isSecure: true, certificate: "CN=ada" },
  });
  const env = cgiEnv({
    ...{ id: "1", info, target, headers: new Headers() },
    ...{ passed: {}, passNames: new Set(), set: unbufferEnv("env") },
  });
  assert("HTTPS" in env && "SSL_CLIENT_S_DN" in env);
  const table = /^## Environment of the program$.*?^## /ms.exec(TEXT)![0]
    .split("\n").filter((line) => line.startsWith("| ")).join("\n");
  for (const name of Object.keys(env)) {
    assertStringIncludes(table, `\`${name}\``);
  }
});

Deno.test("README begins with the two commands for a machine that has only Node.js and npm", () => {
  const [run, test] = blocks("sh");
  assertEquals(
    run,
    "npx -y deno@2.9.6 run -A main.ts --port=8080 bash ./examples/bash/counter.sh\n",
  );
  assertEquals(test, "npx -y deno@2.9.6 task test\n");
});

Deno.test("README has the flags as lib/cli/flags.ts has them", () => {
  const table = /(?<=<!-- flags -->\n).*(?=<!-- \/flags -->\n)/s;
  const wanted = TEXT.replace(table, () => `\n${flagsMarkdown()}\n`);
  if (Deno.env.get("UPDATE") === "1") Deno.writeTextFileSync(README, wanted);
  else {
    assertEquals(
      TEXT,
      wanted,
      "UPDATE=1 deno test -A tests/readme_test.ts writes what it should be",
    );
  }
});

Deno.test("README shows command lines and flags that exist", () => {
  assert(commandLines().length >= 3);
  for (const words of commandLines()) {
    if (words[0] === "connect") continue;
    if (words[0] === "check") words.shift();
    const { words: command, flags } = readArgs(words);
    if (flags.man || flags.completions !== undefined) continue;
    assert(command.length > 0 || flags.dir !== undefined, words.join(" "));
  }
  // Flags of other programs, and those that are said not to be here.
  const others = [
    ...["line-buffered", "help"],
    // Of `connect`.
    ...["verbose", "reconnect", "cacert"],
    // Of `check`.
    ...["no-run", "send", "format"],
    // Of `deno task compile`.
    ...["portable", "target", "all"],
  ];
  for (const [, name] of TEXT.matchAll(/`[^`\n]*?--([a-z][a-z0-9-]*)/g)) {
    assert(findFlag(name) !== undefined || others.includes(name), `--${name}`);
  }
});

Deno.test("README and the pages beside it link to files that exist", () => {
  const pages = [...Deno.readDirSync(PAGES)].map(({ name }) =>
    new URL(name, PAGES)
  );
  for (const page of [README, ...pages]) {
    const text = Deno.readTextFileSync(page);
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)];
    for (const [, path] of links) Deno.statSync(new URL(path, page));
  }
  assert(pages.length >= 2);
});

Deno.test("the pages beside README name flags that exist", () => {
  // Flags of other programs.
  const others = ["line-buffered", "unbuffered", "verbose"];
  for (const { name } of Deno.readDirSync(PAGES)) {
    const text = Deno.readTextFileSync(new URL(name, PAGES));
    for (const [, flag] of text.matchAll(/`[^`\n]*?--([a-z][a-z0-9-]*)/g)) {
      assert(
        findFlag(flag) !== undefined || others.includes(flag),
        `--${flag} in ${name}`,
      );
    }
  }
});

Deno.test({
  name: "README's program is counter.sh, which prints the same alone",
  ignore: isMissing("bash"),
  async fn(): Promise<void> {
    const file = await Deno.readTextFile(
      new URL("examples/bash/counter.sh", ROOT),
    );
    assertEquals(
      file.split("\n").filter((line) => !/^#(?!!)/.test(line) && line !== ""),
      block("bash", "#!").trimEnd().split("\n"),
    );
    assertEquals(
      await output("bash", ["./examples/bash/counter.sh"]),
      "1\n2\n3\n",
    );
  },
});

Deno.test({
  name: "README's client in a second terminal prints what arrives",
  ignore: isMissing("bash"),
  async fn(): Promise<void> {
    await using server = await startServer([
      "bash",
      "./examples/bash/counter.sh",
    ]);
    const [, script] = /^npx \S+ \S+ eval '(.*)'\n$/.exec(
      block("sh", " eval "),
    )!;
    assertEquals(
      await output(Deno.execPath(), [
        "eval",
        script.replace("8080", String(server.port)),
      ]),
      "1\n2\n3\n",
    );
  },
});

Deno.test({
  name: "README's page, saved as a file, shows the count and how it ended",
  ignore: isMissing("bash") || isBrowserMissing(),
  async fn(): Promise<void> {
    using scratch = new Scratch();
    await using server = await startServer([
      "--origin=null",
      "bash",
      "./examples/bash/counter.sh",
    ]);
    await using browser = await startBrowser();
    const page = await browser.newPage();
    Deno.writeTextFileSync(
      scratch.file("page.html"),
      block("html", "<script>").replace("8080", String(server.port)),
    );
    await page.goto(`file://${scratch.file("page.html")}`);
    const log = page.locator("#log");
    await log.filter({ hasText: "closed" }).waitFor();
    assertEquals(await log.textContent(), "1\n2\n3\nclosed: 1000 exit 0\n");
  },
});

Deno.test({
  name: "README's page with the client shows an answer, and how it ended",
  ignore: isMissing("head") || isBrowserMissing(),
  async fn(): Promise<void> {
    using scratch = new Scratch();
    await Deno.writeTextFile(
      scratch.file("index.html"),
      block("html", "/_client.js"),
    );
    const [words] = commandLines().filter((words) =>
      words.includes("--staticdir=./public") && words.includes("head")
    );
    await using server = await startServer(
      words.filter((word) => word !== "--port=8080")
        .map((word) => word.replace("./public", scratch.file(""))),
    );
    await using browser = await startBrowser();
    const page = await browser.newPage();
    await page.goto(server.url.replace("ws:", "http:"));
    const log = page.locator("#log", { hasText: "ended" });
    await log.waitFor();
    assertEquals(await log.textContent(), "hello\nended: exit 0\n");
  },
});

Deno.test({
  name: "README's curl shows why a client is refused",
  ignore: isMissing("curl") || isMissing("bash"),
  async fn(): Promise<void> {
    await using server = await startServer(["cat"]);
    const line = block("sh", "curl").replace("8080", String(server.port));
    const answer = await output("bash", ["-c", `exec ${line}`]);
    assertMatch(answer, /^HTTP\/1\.1 403 /);
    assertStringIncludes(answer, "--origin=null");
  },
});

Deno.test({
  name: "README's server with other routes serves them, and drains on SIGTERM",
  ignore: isMissing("bash") || Deno.build.os === "windows",
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const script = scratch.file("server.ts");
    Deno.writeTextFileSync(
      script,
      block("ts", "Deno.serve")
        .replace('"./lib/mod.ts"', `"${new URL("lib/mod.ts", ROOT)}"`)
        .replace("8080", "0"),
    );
    const config = fileURLToPath(new URL("deno.json", ROOT));
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", `--config=${config}`, "--check", script],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    await using _ended = {
      async [Symbol.asyncDispose](): Promise<void> {
        try {
          process.kill("SIGKILL");
        } catch {
          // It has ended by itself.
        }
        await process.status;
      },
    };
    let said = "";
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of process.stderr) said += decoder.decode(chunk);
    })();
    const [, port] = await eventually(
      () => /Listening on http:\/\/[^:]+:(\d+)\//.exec(said) ?? undefined,
      () => `the server: ${said}`,
      // It checks the types first, which a busy machine takes its time for.
      60_000,
    );
    const response = await fetch(`http://127.0.0.1:${port}/`);
    assertEquals(await response.text(), "Count at /count\n");
    const url = `ws://127.0.0.1:${port}/count`;
    assertEquals(await Client.run(url), {
      messages: ["1", "2", "3"],
      code: 1000,
      reason: "exit 0",
    });
    process.kill("SIGTERM");
    const { code } = await within(process.status, "the server to end");
    await reading;
    assertEquals(code, 0, said);
  },
});

Deno.test({
  name: "README's function answers as a program does",
  ignore: Deno.build.os === "windows",
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const script = scratch.file("function.ts");
    await Deno.writeTextFile(
      script,
      block("ts", "async program")
        .replace('"./lib/mod.ts"', `"${new URL("lib/mod.ts", ROOT)}"`)
        .replace("8080", "0")
        .replace("await serve", "export const server = await serve"),
    );
    const { server }: { server: Server } = await import(`file://${script}`);
    try {
      const [{ port }] = server.addresses;
      await using client = await Client.open(`ws://127.0.0.1:${port}/`);
      client.send("hello");
      assertEquals(await client.message(1), "HELLO");
      assertEquals(client.messages[0], "Hello 127.0.0.1");
    } finally {
      await server.kill();
    }
  },
});
