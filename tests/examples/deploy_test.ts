/** The example for Deno Deploy, started as that starts it: by its configuration, on an address in the environment, with SIGINT at the end. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import config from "../../examples/deploy/deno.json" with { type: "json" };
import { Client, type ClientClose } from "../helpers/client.ts";
import { eventually, within } from "../helpers/deadline.ts";
import { ENGINE } from "../helpers/engine.ts";
import { olderDeno } from "../helpers/older_deno.ts";
import { allGone, childrenOf, isRunning } from "../helpers/processes.ts";
import { handshake, RawClient } from "../helpers/raw_client.ts";
import { isBrowserMissing, startBrowser } from "./browser.ts";
import { pathOf } from "./example.ts";
import { ExamplePage } from "./example_page.ts";

/** There is one engine on Deno Deploy. */
const isElsewhere = Deno.build.os !== "linux" || ENGINE === "wire";
const OLDER = isElsewhere ? null : await olderDeno("2.5.6");
const DENOS = [Deno.execPath(), OLDER];
/** How long Deno Deploy waits between SIGINT and SIGKILL, in milliseconds. */
const GRACE_MS = 5000;

interface Status {
  readonly instance: string;
  readonly deno: string;
  readonly inProcesses: boolean;
  readonly programs: Readonly<
    Record<string, { readonly running: number; readonly places: number }>
  >;
}

/** An instance, in a process of its own. */
class Instance implements AsyncDisposable {
  log = "";
  port = 0;
  readonly #process: Deno.ChildProcess;
  readonly #read: Promise<unknown>;

  private constructor(deno: string, flags: readonly string[], port: number) {
    const { type, entrypoint } = config.deploy.runtime;
    assertEquals(type, "dynamic");
    const path = Deno.env.get("PATH")!;
    const home = Deno.env.get("HOME");
    this.#process = new Deno.Command(deno, {
      args: ["run", "--allow-all", ...flags, entrypoint],
      cwd: pathOf("deploy"),
      clearEnv: true,
      env: {
        PATH: path,
        ...(home !== undefined && { HOME: home }),
        NO_COLOR: "1",
        DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`,
        DENO_DEPLOY: "true",
        DENO_DEPLOYMENT_ID: "abcdef123456",
        DENO_DEPLOY_BUILD_ID: "123456abcdef",
        DENO_TIMELINE: "production",
        SECRET_OF_THE_APP: "swordfish",
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#read = Promise.all([
      this.#follow(this.#process.stdout),
      this.#follow(this.#process.stderr),
    ]);
  }

  /** Starts one and waits until it listens. */
  static async start(
    deno: string,
    flags: readonly string[] = [],
    port = 0,
  ): Promise<Instance> {
    const instance = new Instance(deno, flags, port);
    try {
      const [, port] = await eventually(
        () =>
          /Listening on http:\/\/127\.0\.0\.1:(\d+)\//.exec(instance.log) ??
            undefined,
        () => `the example to listen: ${instance.log}`,
      );
      instance.port = Number(port);
      return instance;
    } catch (error) {
      await instance[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/`;
  }

  get(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}/${path}`, init);
  }

  async status(): Promise<Status> {
    return await (await this.get("status")).json();
  }

  /** A client of a program that sends first, then receives all until the end. */
  async run(
    name: string,
    ...messages: (string | Uint8Array<ArrayBuffer>)[]
  ): Promise<ClientClose & { readonly messages: readonly unknown[] }> {
    await using client = await this.open(name);
    for (const message of messages) client.send(message);
    const { code, reason } = await within(client.closed, "the end");
    return { code, reason, messages: client.messages };
  }

  /** Connects to a program, also while the places of others are still being freed. */
  open(name: string): Promise<Client> {
    return eventually(
      () => Client.open(this.url + name).catch(() => undefined),
      `a place for ${name}`,
    );
  }

  signal(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  async ended(ms?: number): Promise<number> {
    return (await within(this.#process.status, "the instance to end", ms)).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.signal("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#process.status;
    await within(this.#read, "the example's output to end");
  }

  async #follow(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) this.log += decoder.decode(chunk);
  }
}

const ENDINGS: [string | Uint8Array<ArrayBuffer>, ClientClose, string[]][] = [
  ["exit 0", { code: 1000, reason: "exit 0" }, ["All done."]],
  ["exit 3", { code: 4003, reason: "exit 3" }, ["That did not work."]],
  ["dance", { code: 4002, reason: "exit 2" }, [
    "I do not know how to do that.",
  ]],
  ["crash", { code: 4001, reason: "exit 1" }, []],
  ["signal", { code: 4515, reason: "signal SIGTERM" }, ["Killing myself."]],
  [
    "long line",
    { code: 1011, reason: "Line longer than 4096 bytes (--maxline)" },
    ["The next line is too long."],
  ],
  [
    "no UTF-8",
    {
      code: 1011,
      reason:
        "Output is not UTF-8 (--binary sends it as it is, --invalid-utf8=replace repairs it)",
    },
    ["The next line is not text."],
  ],
  ["x".repeat(4097), {
    code: 1009,
    reason: "message of 4097 bytes is over the limit of 4096 (--maxframesize)",
  }, []],
  [Uint8Array.of(1), {
    code: 1003,
    reason: "this program takes text messages, not binary ones (--binary)",
  }, []],
  [
    "wait",
    { code: 1008, reason: "no message for 5 s (--idle)" },
    ["I wait."],
  ],
];

for (const deno of DENOS) {
  const on = deno === DENOS[0] ? "on this Deno" : "on Deno 2.5.6";
  const ignore = deno === null || isElsewhere;

  for (const inProcesses of [true, false]) {
    const how = inProcesses ? "as processes" : "as functions";
    const start = () =>
      Instance.start(deno!, inProcesses ? [] : ["--deny-run"]);

    Deno.test({
      name:
        `deploy ${on}, programs ${how}: each ends as it was told, and the client is told how`,
      ignore,
      async fn(): Promise<void> {
        await using instance = await start();
        assertEquals((await instance.status()).inProcesses, inProcesses);
        for (const [message, close, messages] of ENDINGS) {
          const seen = await instance.run("endings", message);
          assertEquals(seen, { ...close, messages }, String(message));
        }
        assertStringIncludes(instance.log, "a bug in the program");
        assertStringIncludes(instance.log, "endings: 4003 exit 3");
      },
    });

    Deno.test({
      name: `deploy ${on}, programs ${how}: the clock ticks, the echo answers`,
      ignore,
      async fn(): Promise<void> {
        await using instance = await start();
        await using clock = await instance.open("clock");
        await using echo = await instance.open("echo");
        for (const [i, text] of ["hello", "", "Grüße 🎈"].entries()) {
          echo.send(text);
          assertEquals(await echo.message(i), text);
        }
        const times = [await clock.message(0), await clock.message(1)]
          .map((text) => Date.parse(text as string));
        assert(times[1] - times[0] >= 900, `${times}`);
        const { programs } = await instance.status();
        assertEquals(programs.clock, { running: 1, places: 10 });
      },
    });

    Deno.test({
      name:
        `deploy ${on}, programs ${how}: SIGINT ends it within the time that it has, with 1001, and leaves nothing`,
      ignore,
      async fn(): Promise<void> {
        await using instance = await start();
        await using clock = await instance.open("clock");
        await using echo = await instance.open("echo");
        await using chat = await instance.open("chat");
        chat.send("Ada");
        await chat.message(0);
        await clock.message(0);
        const children = childrenOf(instance.pid);
        assertEquals(children.length, inProcesses ? 2 : 0);
        for (const pid of children) {
          const environment = await Deno.readTextFile(`/proc/${pid}/environ`);
          assertStringIncludes(environment, "UNIQUE_ID=");
          for (const part of ["swordfish", "DENO_DEPLOYMENT_ID"]) {
            assert(!environment.includes(part), environment);
          }
        }
        instance.signal("SIGINT");
        assertEquals(await instance.ended(GRACE_MS), 0);
        for (const client of [clock, echo, chat]) {
          assertEquals(await within(client.closed, "the close"), {
            code: 1001,
            reason: "server stopping",
          });
        }
        assertEquals(children.filter(isRunning), []);
        await allGone(children);
      },
    });
  }

  Deno.test({
    name:
      `deploy ${on}: who chats sees what was said before, who is there, and what all say`,
    ignore,
    async fn(): Promise<void> {
      await using instance = await Instance.start(deno!);
      await using ada = await instance.open("chat");
      ada.send("Ada");
      assertEquals(await ada.message(0), '{"here":1}');
      ada.send("  Hello\u202e \u0007 there ");
      ada.send("   ");
      ada.send("x".repeat(1000));
      const said = [await ada.message(1), await ada.message(2)].map((line) =>
        JSON.parse(line as string)
      );
      assertEquals(said.map(({ name, text }) => [name, text]), [
        ["Ada", "Hello    there"],
        ["Ada", "x".repeat(280)],
      ]);
      assert(Math.abs(said[0].time - Date.now()) < 60_000);

      await using bob = await instance.open("chat");
      bob.send("B".repeat(100));
      assertEquals(
        [await bob.message(0), await bob.message(1)],
        ada.messages.slice(1, 3),
      );
      assertEquals(await bob.message(2), '{"here":2}');
      assertEquals(await ada.message(3), '{"here":2}');
      bob.send("Hello Ada");
      const line = await ada.message(4);
      assertEquals(line, await bob.message(3));
      assertEquals(JSON.parse(line as string).name, "B".repeat(24));
      bob.close();
      assertEquals(await ada.message(5), '{"here":1}');
    },
  });
}

const [DENO] = DENOS;
const ignore = isElsewhere;

Deno.test({
  name: "deploy holds back who chats too fast, and loses nothing of it",
  ignore,
  async fn(): Promise<void> {
    await using instance = await Instance.start(DENO!);
    await using client = await instance.open("chat");
    client.send("Ada");
    const began = performance.now();
    for (let i = 1; i <= 7; i++) client.send(`${i}`);
    await client.message(7);
    // Five at once, then one every two seconds.
    assert(performance.now() - began > 3500);
    assertEquals(
      client.messages.slice(1).map((line) => JSON.parse(line as string).text),
      ["1", "2", "3", "4", "5", "6", "7"],
    );
  },
});

Deno.test({
  name: "deploy keeps the last 50 messages of the chat",
  ignore,
  async fn(): Promise<void> {
    await using instance = await Instance.start(DENO!);
    // Thirteen names: each may say five things at once, and eight be there at a time.
    for (let name = 0; name < 13; name++) {
      await using client = await instance.open("chat");
      client.send(`${name}`);
      for (let i = 0; i < 5; i++) client.send(`${name}.${i}`);
      await eventually(
        () => client.messages.some((line) => `${line}`.includes(`${name}.4`)),
        "all to be said",
      );
    }
    await using client = await instance.open("chat");
    client.send("late");
    await client.message(50);
    const seen = client.messages.slice(0, 51).map((line) =>
      JSON.parse(line as string)
    );
    assertEquals(seen[0].text, "3.0");
    assertEquals(seen[49].text, "12.4");
    assert(seen[50].here >= 1);
  },
});

Deno.test({
  name:
    "deploy gives an address three places of a program, and takes them back",
  ignore,
  async fn(): Promise<void> {
    await using instance = await Instance.start(DENO!);
    const clients = [];
    for (let i = 0; i < 3; i++) clients.push(await instance.open("echo"));
    const refused = await Client.open(`${instance.url}echo`).catch(() => null);
    assertEquals(refused, null);
    await clients[0][Symbol.asyncDispose]();
    clients.push(await instance.open("echo"));
    for (const client of clients) await client[Symbol.asyncDispose]();
  },
});

Deno.test({
  name:
    "deploy answers with the page, the status, and 404; other origins get 403",
  ignore,
  async fn(): Promise<void> {
    await using instance = await Instance.start(DENO!);
    const page = await instance.get("");
    const text = await page.text();
    assertEquals(page.status, 200);
    assertStringIncludes(text, "<title>websocketd</title>");
    const csp = page.headers.get("content-security-policy")!;
    assertStringIncludes(csp, "default-src 'none'");
    assert(!csp.includes("unsafe"), csp);
    assert(!/(src|href)="(?!data:,)/.test(text));
    const status = await instance.get("status");
    assertEquals(status.headers.get("cache-control"), "no-store");
    const { instance: name, deno } = await status.json() as Status;
    assertMatch(name, /^[0-9a-f]{4}$/);
    assertEquals(deno, Deno.version.deno);
    for (const path of ["nothing", "constructor", "echo"]) {
      const { status, body } = await instance.get(path);
      assertEquals(status, 404, path);
      await body?.cancel();
    }
    for (
      const [origin, status] of [
        ["https://elsewhere.example", 403],
        ["https://demo.example.deno.net", 101],
      ] as const
    ) {
      using client = await RawClient.connect(instance.port);
      const head = await client.ask(handshake(instance.port, {
        path: "/echo",
        headers: { Host: "demo.example.deno.net", Origin: origin },
      }));
      assertEquals(head.status, status, origin);
    }
  },
});

for (const deno of DENOS) {
  const on = deno === DENOS[0] ? "on this Deno" : "on Deno 2.5.6";

  Deno.test({
    name:
      `deploy ${on}: the page shows clock, echo, chat and close codes, asks nobody else, and fits a phone`,
    ignore: deno === null || isElsewhere || isBrowserMissing(),
    async fn(): Promise<void> {
      await using instance = await Instance.start(deno!);
      await using browser = await startBrowser();
      await using opened = await ExamplePage.open(browser, instance);
      const { page } = opened;
      await opened.shows("#clock .state", "OPEN");
      await opened.shows("#clock .count", /^[2-9] of 60$/);
      await page.getByRole("button", { name: "Stop" }).click();
      await opened.shows("#clock .state", "CLOSED 1005");
      await page.getByRole("button", { name: "Start" }).click();
      await opened.shows("#clock .state", "OPEN");

      await opened.shows("#chat .here", "You are alone here");
      await opened.shows("#chat .log", "Nothing was said yet");
      // On one line each.
      for (const empty of await page.locator(".empty").all()) {
        assert((await empty.boundingBox())!.height < 40);
      }

      // By keyboard only.
      await page.getByLabel("Message for the echo").focus();
      await page.keyboard.type("<b>hello</b>");
      await page.keyboard.press("Enter");
      await opened.shows("#echo .received bdi", "<b>hello</b>");

      await page.getByLabel("Your name").fill("Ada");
      await page.getByLabel("Message for the chat").fill("Is anybody here?");
      await page.keyboard.press("Enter");
      await opened.shows("#chat .mine", "Ada Is anybody here?");
      await opened.shows("#chat .here", "You are alone here");
      await using other = await instance.open("chat");
      other.send("Bob");
      other.send("Yes.");
      await opened.shows("#chat .log li", "Bob Yes.");
      await opened.shows("#chat .here", "2 are here");

      const results = page.getByRole("log", { name: "How programs ended" })
        .locator("li");
      const buttons = page.locator("#endings .choices button");
      const codes = [];
      for (let i = 0; i < await buttons.count(); i++) {
        const name = await buttons.nth(i).textContent();
        await eventually(async () => {
          const count = await results.count();
          await buttons.nth(i).click();
          await eventually(
            async () => await results.count() > (i === 0 ? 0 : count),
            `the end of what ${name}`,
          );
          // Until its place is free: the one before is still ending.
          return !(await results.first().textContent())!.includes("places") &&
            !(await results.first().textContent())!.includes("too often");
        }, `a place for what ${name}`);
        codes.push(await results.first().locator(".code").textContent());
      }
      assertEquals(codes, [
        ...["1000", "4003", "4001", "4515"],
        ...["1011", "1011", "1009", "1003"],
        ...["1008", "3000"],
      ]);
      await opened.shows("#endings .log li", "printed before: Killing myself.");
      await opened.shows("footer", "one for each connection");
      assertEquals(
        await page.locator("#clock pre").textContent().then((text) =>
          text!.split("\n")[0]
        ),
        "async function clock({ print, signal }: ProgramIo): Promise<void> {",
      );
      await opened.looksRight();
    },
  });
}

Deno.test({
  name:
    "deploy: the page says that the server stops, and comes back when there is another",
  ignore: ignore || isBrowserMissing(),
  async fn(): Promise<void> {
    await using browser = await startBrowser();
    const first = await Instance.start(DENO!);
    await using _first = first;
    await using opened = await ExamplePage.open(browser, first, {
      losesServer: true,
    });
    await opened.shows("#chat .here", "You are alone here");
    first.signal("SIGINT");
    await opened.shows("#clock .state", "CLOSED 1001 server stopping");
    await opened.shows("#clock button", "Start");
    assertEquals(await first.ended(GRACE_MS), 0);
    await opened.shows("#chat .here", /Another instance|cannot be reached/);

    await using _second = await Instance.start(DENO!, [], first.port);
    await opened.shows("#chat .state", "OPEN");
    await opened.shows("#chat .here", "You are alone here");
  },
});
