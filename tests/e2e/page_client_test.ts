/** The client for pages, as the server serves it, wherever it runs. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { connect } from "../../lib/client/connect.ts";
import type { ClientOptions } from "../../lib/client/client_options.ts";
import type { Exit } from "../../lib/client/exit.ts";
import { isBrowserMissing, startBrowser } from "../examples/browser.ts";
import { isMissing } from "../examples/example.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { Scratch } from "../helpers/scratch.ts";
import { findNodeFlags } from "../helpers/visitors.ts";

const ignore = isMissing("bash");

/** Answers, until it is told to fail. */
const PROGRAM = `while IFS= read -r line; do
  if [ "$line" = fail ]; then echo failing; exit 3; fi
  printf 'got %s\\n' "$line"
done`;

/** What a visit has seen. */
interface Seen {
  readonly messages: readonly unknown[];
  readonly exit: Exit;
  readonly states: readonly string[];
}

/** Talks with the program. Uses nothing from outside itself: its text runs in a page and in Node, too. */
async function talk(
  start: typeof connect,
  url: string,
  options: ClientOptions = {},
): Promise<Seen> {
  const messages: unknown[] = [];
  const states: string[] = [];
  const program = start(url, {
    ...options,
    onEvent: (event) => {
      if (event.type === "state") states.push(event.state);
    },
  });
  await program.send("grüße");
  await program.send("");
  for (let i = 0; i < 1000; i++) await program.send(`${i}`);
  await program.send("fail");
  for await (const message of program) messages.push(message);
  return { messages, exit: await program.exit, states };
}

const EXPECTED: Seen = {
  messages: [
    "got grüße",
    "got ",
    ...Array.from({ length: 1000 }, (_, i) => `got ${i}`),
    "failing",
  ],
  exit: { code: 3, signal: null, reason: "exit 3", closeCode: 4003 },
  states: ["open", "closed"],
};

/** Where the script of a server is. */
function scriptOf(server: ProgramServer): string {
  return `http://127.0.0.1:${server.port}/_client.js`;
}

/** The served script as a module. */
async function load(
  server: ProgramServer,
): Promise<{ connect: typeof connect }> {
  return await import(
    `data:text/javascript,${
      encodeURIComponent(await (await fetch(scriptOf(server))).text())
    }`
  );
}

Deno.test({
  name: "page client: talks to a program, in Deno",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(PROGRAM);
    const { connect } = await load(server);
    assertEquals(await talk(connect, server.url), EXPECTED);
  },
});

Deno.test({
  name: "page client: talks to a program, with the npm package ws",
  ignore,
  async fn(): Promise<void> {
    const { WebSocket } = await import("ws");
    await using server = await ProgramServer.bash(PROGRAM);
    const { connect } = await load(server);
    assertEquals(await talk(connect, server.url, { WebSocket }), EXPECTED);
  },
});

const nodeFlags = findNodeFlags();

Deno.test({
  name: "page client: talks to a program, in Node",
  ignore: ignore || nodeFlags === null,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    await using server = await ProgramServer.bash(PROGRAM);
    const file = scratch.file("client.mjs");
    await Deno.writeTextFile(
      file,
      await (await fetch(scriptOf(server))).text(),
    );
    const { stdout, stderr } = await new Deno.Command("node", {
      args: [
        ...nodeFlags ?? [],
        "--input-type=module",
        "-e",
        `import { connect } from ${JSON.stringify(file)};
${talk}
console.log(JSON.stringify(await talk(connect, ${
          JSON.stringify(server.url)
        })));`,
      ],
      stdin: "null",
      signal: AbortSignal.timeout(60_000),
    }).output();
    const text = new TextDecoder();
    assertEquals(
      JSON.parse(text.decode(stdout) || `"${text.decode(stderr)}"`),
      EXPECTED,
    );
  },
});

Deno.test({
  name: "page client: talks to a program, in a page of the same server",
  ignore: ignore || isBrowserMissing(),
  async fn(): Promise<void> {
    using scratch = new Scratch();
    await Deno.writeTextFile(scratch.file("index.html"), "<!DOCTYPE html>");
    await using server = await ProgramServer.bash(PROGRAM, {
      staticDir: scratch.file(""),
    });
    await using browser = await startBrowser();
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.port}/`);
    const seen = await page.evaluate(`(async () => {
      const { connect } = await import("/_client.js");
      ${talk}
      return await talk(connect, "/");
    })()`);
    assertEquals(seen, EXPECTED);
  },
});

Deno.test({
  name: "page client: pages of other servers can load it if they may connect",
  ignore: ignore || isBrowserMissing(),
  async fn(): Promise<void> {
    await using other = await ProgramServer.bash(PROGRAM, { devConsole: true });
    // A page may import nothing there: its policy forbids that. This is no page.
    const home = `http://127.0.0.1:${other.port}/_client.js`;
    await using server = await ProgramServer.bash(PROGRAM, {
      origin: [`http://127.0.0.1:${other.port}`],
    });
    await using closed = await ProgramServer.bash(PROGRAM);
    await using browser = await startBrowser();
    const page = await browser.newPage();
    await page.goto(home);
    const seen = await page.evaluate(`(async () => {
      const { connect } = await import("${scriptOf(server)}");
      ${talk}
      return await talk(connect, "${server.url}");
    })()`);
    assertEquals(seen, EXPECTED);
    const refused = await page.evaluate(
      `import("${scriptOf(closed)}").then(() => "loaded", String)`,
    );
    assertStringIncludes(String(refused), "TypeError: Failed to fetch");
  },
});

Deno.test({
  name:
    "page client: a browser reaches a server that knows no subprotocol, and hears its end",
  ignore: ignore || isBrowserMissing(),
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(PROGRAM);
    await using plain = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      (request) => {
        const { socket, response } = Deno.upgradeWebSocket(request);
        socket.onmessage = ({ data }) => {
          socket.send(data);
          socket.close(4007);
        };
        return response;
      },
    );
    await using browser = await startBrowser();
    const page = await browser.newPage();
    await page.goto(scriptOf(server));
    const seen = await page.evaluate(`(async () => {
      const { connect } = await import("/_client.js");
      const program = connect("ws://127.0.0.1:${plain.addr.port}/");
      program.send("echo");
      const messages = [];
      for await (const message of program) messages.push(message);
      return [messages, (await program.exit).code];
    })()`);
    assertEquals(seen, [["echo"], 7]);
  },
});

Deno.test({
  name:
    "page client: is served beside everything else, or instead of it a file of the user's",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const staticDir = scratch.file("");
    const get = async (server: ProgramServer): Promise<string> => {
      const response = await fetch(scriptOf(server));
      return `${response.status} ${await response.text()}`;
    };
    await using alone = await ProgramServer.bash(PROGRAM);
    const script = await get(alone);
    assertStringIncludes(script, "as connect}");
    await using console = await ProgramServer.bash(PROGRAM, {
      devConsole: true,
    });
    assertEquals(await get(console), script);
    await using guarded = await ProgramServer.bash(PROGRAM, {
      auth: ["token"],
      staticDir,
    });
    assertEquals(await get(guarded), script);
    await using files = await ProgramServer.bash(PROGRAM, { staticDir });
    assertEquals(await get(files), script);
    await Deno.writeTextFile(scratch.file("_client.js"), "mine");
    assertEquals(await get(files), "200 mine");
    // Nothing to connect to.
    await Deno.remove(scratch.file("_client.js"));
    await using only = await ProgramServer.start({ staticDir });
    assertEquals(await get(only), "404 404 page not found\n");
  },
});
