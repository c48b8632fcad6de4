import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { isBrowserMissing, startBrowser } from "../examples/browser.ts";
import { isMissing } from "../examples/example.ts";
import { within } from "../helpers/deadline.ts";
import { ConsolePage, startConsole } from "./console_page.ts";

const ignore = isBrowserMissing() || isMissing("bash");

/** A server of WebSockets that does what a test says. */
function startSockets(
  onOpen: (socket: WebSocket) => void,
): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.addEventListener("open", () => onOpen(socket));
      return response;
    },
  );
}

/** Accepts one connection, agrees to be a WebSocket, and is gone. */
async function agreeAndVanish(listener: Deno.TcpListener): Promise<void> {
  using connection = await listener.accept();
  const buffer = new Uint8Array(4096);
  const length = await connection.read(buffer) ?? 0;
  const [, key] = /sec-websocket-key: (\S+)/i.exec(
    new TextDecoder().decode(buffer.subarray(0, length)),
  )!;
  const hash = await crypto.subtle.digest(
    "SHA-1",
    new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`),
  );
  const accept = new Uint8Array(hash).toBase64();
  await connection.write(new TextEncoder().encode(
    `HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  ));
}

Deno.test({
  name:
    "console: how a program ended is said in words, with code, reason and wasClean",
  ignore,
  async fn(): Promise<void> {
    await using server = await startConsole();
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url);
    for (
      const [path, code, reason, words] of [
        [
          "count",
          1000,
          "exit 0",
          "The program ended as it should, with exit status 0.",
        ],
        ["exit3", 4003, "exit 3", "The program exited with status 3."],
        [
          "term",
          4515,
          "signal SIGTERM",
          "The program was killed by signal 15 (SIGTERM).",
        ],
      ] as const
    ) {
      await page.connectToEnd(`${server.url}${path}`);
      const row = page.rows(
        "onclose",
        `code ${code} reason "${reason}" wasClean true`,
      );
      assertEquals(await row.locator(".words").textContent(), words);
      assertEquals(await page.part("outcome").textContent(), words);
      assertEquals(await page.part("ready-state").textContent(), "3 CLOSED");
    }
    // What it printed last is there all the same.
    await page.rows("onmessage", "bye").waitFor();
  },
});

Deno.test({
  name:
    "console: close() takes a code and a reason, and what the browser does not allow is shown",
  ignore,
  async fn(): Promise<void> {
    await using server = await startConsole();
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url);
    const close = page.pane(0).getByRole("button", { name: "close()" });
    await page.connect();
    await page.part("close-code").fill("1001");
    await close.click();
    await page.rows("exception", "InvalidAccessError").waitFor();
    assertEquals(await page.part("ready-state").textContent(), "1 OPEN");
    await page.part("close-code").fill("3001");
    await page.part("close-reason").fill("é".repeat(62));
    await close.click();
    await page.rows("exception", "SyntaxError").waitFor();
    await page.part("close-reason").fill("enough");
    await close.click();
    // The answer need not repeat the reason.
    await page.rows("onclose", /code 3001 reason "(enough)?" wasClean true/)
      .waitFor();
    await page.shows("outcome", "You closed the connection");
    const { code, reason } = await server.next("session.closed");
    assertEquals([code, reason], [3001, "enough"]);

    // Without a code.
    await page.part("close-code").fill("");
    await page.part("close-reason").fill("");
    await page.connect();
    await page.part("connect").click();
    await page.rows("onclose", "code 1005").waitFor();
    // A reason alone goes with 1000.
    await page.part("close-reason").fill("bye");
    await page.connect();
    await page.part("connect").click();
    await page.rows("close", 'code 1000 reason "bye"').waitFor();
    await page.rows("onclose", "code 1000").waitFor();
  },
});

Deno.test({
  name:
    "console: a connection that was refused says what may be the cause, and how to see the answer",
  ignore: ignore || isMissing("curl"),
  async fn(): Promise<void> {
    await using server = await startConsole({ maxForks: 1 });
    await using other = await startConsole();
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url);
    await page.connect();
    await page.top("add").click();

    // No slot is free.
    await page.part("connect", 1).click();
    const row = page.rows("onclose", "code 1006", 1);
    await row.waitFor();
    await page.rows("onerror", "", 1).waitFor();
    assertStringIncludes(
      (await row.locator(".words").textContent())!,
      "There was no connection: the server refused it, or was not reached.",
    );
    assertMatch(
      (await row.locator(".advice").textContent())!,
      /429.*--maxforks/,
    );
    assertStringIncludes(
      await answerTo((await row.locator(".command").textContent())!),
      "HTTP/1.1 429 ",
    );

    // A page of another origin.
    await page.part("url", 1).fill(other.url);
    await page.part("connect", 1).click();
    await row.nth(1).waitFor();
    const origin = `http://127.0.0.1:${server.port}`;
    assertStringIncludes(
      (await row.nth(1).locator(".advice").textContent())!,
      `--origin=${origin}`,
    );
    assertStringIncludes(
      await answerTo((await row.nth(1).locator(".command").textContent())!),
      `Origin "${origin}" is not allowed: add --origin=${origin}`,
    );
  },
});

/** What a command shows that the page offers. */
async function answerTo(command: string): Promise<string> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", command],
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

Deno.test({
  name: "console: a connection that was lost is told from one that never was",
  ignore,
  async fn(): Promise<void> {
    await using server = await startConsole();
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url);
    using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const gone = agreeAndVanish(listener);
    await page.connectToEnd(`ws://127.0.0.1:${listener.addr.port}/`);
    await within(gone, "the connection to be lost");
    await page.rows("onopen").waitFor();
    await page.rows("onclose", "code 1006").waitFor();
    await page.rows("onclose", "wasClean false").waitFor();
    await page.shows("outcome", "The connection was lost");
  },
});

Deno.test({
  name:
    "console: it connects again if asked to, but not when the program has ended, and not when told to stop",
  ignore,
  async fn(): Promise<void> {
    let sockets = 0;
    // The first two are sent away, the third may stay.
    await using sent = startSockets((socket) => {
      if (++sockets < 3) socket.close(1012, "again");
    });
    await using server = await startConsole();
    await using browser = await startBrowser();
    await using page = await ConsolePage.open(browser, server.url);
    const url = `ws://127.0.0.1:${sent.addr.port}/`;

    // Off unless asked for.
    await page.connectToEnd(url);
    await page.shows("connect", "Connect");
    assertEquals(sockets, 1);

    await page.part("reconnects").check();
    await page.part("connect").click();
    await page.shows("ready-state", "1 OPEN");
    await page.rows("onopen").nth(2).waitFor();
    assertEquals(sockets, 3);
    await page.part("connect").click();
    await page.shows("ready-state", "3 CLOSED");
    await page.shows("connect", "Connect");

    for (const path of ["exit3", "count"]) {
      await page.connectToEnd(`${server.url}${path}`);
      assertEquals(await page.part("connect").textContent(), "Connect");
      assertEquals(
        (await page.part("outcome").textContent())!.includes("Try"),
        false,
      );
    }

    // Nobody there: it goes on until it is told to stop.
    await page.part("url").fill(await freeUrl());
    await page.part("connect").click();
    await page.shows("outcome", /Try ([4-9]|\d\d) to connect again/);
    await page.eval("Math.random = () => 1");
    await page.shows(
      "outcome",
      /Try ([5-9]|\d\d) to connect again comes in \d/,
    );
    await page.shows("connect", "Stop");
    await page.part("connect").click();
    await page.shows("outcome", "You stopped it");
    await page.shows("connect", "Connect");
    // Or until it is not asked for any more.
    await page.part("connect").click();
    await page.shows("connect", "Stop");
    await page.part("reconnects").uncheck();
    await page.shows("connect", "Connect");
  },
});

/** An address where nobody listens. */
async function freeUrl(): Promise<string> {
  await using server = startSockets(() => {});
  return `ws://127.0.0.1:${server.addr.port}/`;
}
