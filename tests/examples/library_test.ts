import { assertEquals, assertStringIncludes } from "@std/assert";
import { Client } from "../helpers/client.ts";
import { eventually, within } from "../helpers/deadline.ts";
import { isBrowserMissing, startBrowser } from "./browser.ts";
import { isMissing, pathOf } from "./example.ts";
import { Scratch } from "../helpers/scratch.ts";

const ignore = isMissing("bash");

/** The example as a process, on a free port. */
class Library implements AsyncDisposable {
  log = "";
  port = 0;
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<unknown>;

  constructor(path: string) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", path],
      env: { PORT: "0", NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#read = Promise.all([
      this.#follow(this.#child.stdout),
      this.#follow(this.#child.stderr),
    ]);
  }

  static async start(path = pathOf("deno/library.ts")): Promise<Library> {
    const library = new Library(path);
    const [, port] = await eventually(
      () =>
        /Listening on http:\/\/127\.0\.0\.1:(\d+)\//.exec(library.log) ??
          undefined,
      () => `the example to listen: ${library.log}`,
    );
    library.port = Number(port);
    return library;
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  async ended(): Promise<number> {
    return (await within(this.#child.status, "the example to end")).code;
  }

  async get(path: string): Promise<{ status: number; text: string }> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`);
    return { status: response.status, text: await response.text() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.signal("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#child.status;
    await within(this.#read, "the example's output to end");
  }

  async #follow(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (
      const text of stream.pipeThrough(
        new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>,
      )
    ) {
      this.log += text;
    }
  }
}

Deno.test({
  name: "library.ts serves a program beside other routes",
  ignore,
  async fn(): Promise<void> {
    await using library = await Library.start();
    assertStringIncludes((await library.get("/")).text, "<title>Count</title>");
    assertEquals(await library.get("/nothing"), {
      status: 404,
      text: "Not found\n",
    });

    await using client = await Client.open(
      `ws://127.0.0.1:${library.port}/count`,
    );
    assertEquals(await client.message(0), "1");
    assertEquals((await library.get("/clients")).text, '{"clients":1}');
    assertEquals(
      await within(client.closed, "the counter to end"),
      { code: 1000, reason: "exit 0" },
    );
    assertEquals(client.messages, ["1", "2", "3"]);
    await eventually(
      () => library.log.includes("client left: 1000 exit 0\n"),
      () => `the client's end in ${library.log}`,
    );
  },
});

Deno.test({
  name: "library.ts finds its program in a directory whose name has a space",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    Deno.symlinkSync(pathOf("../examples"), scratch.file("my examples"));
    Deno.symlinkSync(pathOf("../lib"), scratch.file("lib"));
    Deno.symlinkSync(pathOf("../deno.json"), scratch.file("deno.json"));
    await using library = await Library.start(
      scratch.file("my examples/deno/library.ts"),
    );
    assertStringIncludes((await library.get("/")).text, "<title>Count</title>");
    await using client = await Client.open(
      `ws://127.0.0.1:${library.port}/count`,
    );
    assertEquals(await client.message(0), "1");
  },
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test({
    name: `library.ts lets its sessions end on ${signal}, and exits with 0`,
    ignore,
    async fn(): Promise<void> {
      await using library = await Library.start();
      await using client = await Client.open(
        `ws://127.0.0.1:${library.port}/count`,
      );
      assertEquals(await client.message(0), "1");
      library.signal(signal);
      assertEquals(
        await within(client.closed, "the session to end"),
        { code: 1000, reason: "exit 0" },
      );
      assertEquals(client.messages, ["1", "2", "3"]);
      assertEquals(await library.ended(), 0);
    },
  });
}

Deno.test({
  name: "library.ts serves count.html, which counts",
  ignore: ignore || isBrowserMissing(),
  async fn(): Promise<void> {
    await using library = await Library.start();
    await using browser = await startBrowser();
    const page = await browser.newPage();
    await page.goto(`http://localhost:${library.port}/`);
    await page.locator("#count").filter({ hasText: /^3$/ }).waitFor();
    await page.locator("#why").filter({ hasText: "Close code 1000" }).waitFor();
  },
});
