/** Heads of requests that are too slow or too long for the wire engine. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  HEAD_LIMIT,
  HEADER_LIMIT,
  REQUEST_LINE_LIMIT,
} from "../../lib/server/head/head_reader.ts";
import { eventually, pause } from "../helpers/deadline.ts";
import { openFiles } from "../helpers/processes.ts";
import { handshake, RawClient } from "../helpers/raw_client.ts";
import { startServer } from "../helpers/server.ts";

const isLinux = Deno.build.os === "linux";

/** How long a head may take, in milliseconds, and what a busy machine may add to that. */
const HEAD_MS = 10_000;
const LATE_MS = 8000;
/** Connects as one that waits longer than the server does. */
function connectPatiently(port: number): Promise<RawClient> {
  return RawClient.connect(port, undefined, HEAD_MS + 2 * LATE_MS);
}

/** Sends a head one byte at a time, for ever. Returns the answer's status, and how long it took from the first byte to the end of the connection. */
async function dribble(
  port: number,
): Promise<{ readonly status: number; readonly ms: number }> {
  using client = await connectPatiently(port);
  const since = performance.now();
  const head = `${handshake(port).slice(0, -2)}X-Slow: `;
  let isAnswered = false;
  const writing = (async () => {
    for (let i = 0; !isAnswered; i++) {
      if (!await client.tryWrite(head[i] ?? "a")) break;
      await pause(100);
    }
  })();
  try {
    const { status } = await client.head();
    isAnswered = true;
    assert(await client.ends(), "The connection goes on after its refusal");
    return { status, ms: performance.now() - since };
  } finally {
    isAnswered = true;
    await writing;
  }
}

/** Begins HTTP/2 and asks for nothing. Returns how long the server lets it, in milliseconds. */
async function beginHttp2(port: number): Promise<number> {
  using client = await connectPatiently(port);
  const since = performance.now();
  await client.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  // Settings: none.
  await client.write(Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0));
  await client.rest();
  return performance.now() - since;
}

/** Connects and says nothing. Returns how long the server lets it, in milliseconds. */
async function beIdle(port: number): Promise<number> {
  using client = await connectPatiently(port);
  const since = performance.now();
  assertEquals(await client.rest(), "");
  return performance.now() - since;
}

Deno.test({
  name:
    "50 clients that send a byte of a head every 100 ms are answered with 408 after 10 s, 200 that send none and 20 that only begin HTTP/2 are cut off, others are served all the while",
  ignore: !isLinux,
  async fn(): Promise<void> {
    await using server = await startServer(["--engine=wire", "cat"]);
    const { port } = server;
    using served = await RawClient.open(port);
    await served.send("warm");
    assertEquals(await served.message(), "warm");
    const files = openFiles(server.pid);

    let isOver = false;
    const slow = Promise.all([
      Promise.all(Array.from({ length: 200 }, () => beIdle(port))),
      Promise.all(Array.from({ length: 50 }, () => dribble(port))),
      Promise.all(Array.from({ length: 20 }, () => beginHttp2(port))),
    ]).finally(() => isOver = true);
    slow.catch(() => {}); // It is awaited further down.
    await eventually(
      () => openFiles(server.pid) >= files + 250,
      "250 connections",
    );
    const latencies: number[] = [];
    for (let i = 0; !isOver; i++) {
      const since = performance.now();
      await served.send(`${i}`);
      assertEquals(await served.message(), `${i}`);
      latencies.push(performance.now() - since);
      await pause(100);
    }
    const [idle, dribbling, begun] = await slow;
    latencies.sort((a, b) => a - b);
    const median = latencies[latencies.length >> 1];
    assert(median < 500, `Served after ${median} ms`);

    for (const { status, ms } of dribbling) {
      assertEquals(status, 408);
      assert(ms > HEAD_MS - 500 && ms < HEAD_MS + LATE_MS, `after ${ms} ms`);
    }
    for (const ms of [...idle, ...begun]) {
      assert(ms > HEAD_MS - 500 && ms < HEAD_MS + LATE_MS, `after ${ms} ms`);
    }
    await eventually(
      () => openFiles(server.pid) <= files,
      () => `${openFiles(server.pid)} files to become ${files}`,
    );
    assertStringIncludes(
      server.log,
      "The head of a request is complete within 10 seconds here",
    );
  },
});

/** A handshake with a first line, a number of lines, or a size in all. */
function handshakeOf(
  port: number,
  { line = 0, lines = 0, size = 0 },
): string {
  const head = handshake(port, {
    path: `/${"p".repeat(Math.max(0, line - "GET / HTTP/1.1".length))}`,
  }).slice(0, -2);
  let more = "";
  for (let i = head.split("\r\n").length - 2; i < lines; i++) {
    more += `X-${i}: 1\r\n`;
  }
  // Several lines, none of them close to a limit of its own.
  for (let missing = size - head.length - 2; missing > 0; missing -= 8000) {
    more += `X-Pad: ${"p".repeat(Math.min(8000, missing) - 9)}\r\n`;
  }
  return `${head}${more}\r\n`;
}

for (
  const { what, limit, key, status } of [
    { what: "bytes", limit: HEAD_LIMIT, key: "size", status: 431 },
    { what: "header lines", limit: HEADER_LIMIT, key: "lines", status: 431 },
    {
      what: "bytes in its first line",
      limit: REQUEST_LINE_LIMIT,
      key: "line",
      status: 414,
    },
  ]
) {
  Deno.test({
    name:
      `a head of ${limit} ${what} opens a WebSocket, one more is answered with ${status}`,
    ignore: !isLinux,
    async fn(): Promise<void> {
      await using server = await startServer(["--engine=wire", "cat"]);
      const { port } = server;
      const right = handshakeOf(port, { [key]: limit });
      if (key === "size") assertEquals(right.length, limit);
      using first = await RawClient.connect(port);
      assertEquals((await first.ask(right)).status, 101);
      await first.send("still a WebSocket");
      assertEquals(await first.message(), "still a WebSocket");

      using second = await RawClient.connect(port);
      const wrong = handshakeOf(port, { [key]: limit + 1 });
      const answer = await second.ask(wrong);
      assertEquals(answer.status, status);
      assertStringIncludes(answer.body, `at most ${limit} `);
      assert(await second.ends());
    },
  });
}

Deno.test({
  name:
    "a client that ends its half inside a head is forgotten, after a whole one it is answered",
  ignore: !isLinux,
  async fn(): Promise<void> {
    await using server = await startServer(["--engine=wire", "cat"]);
    const { port } = server;
    using served = await RawClient.open(port);
    await served.send("here");
    assertEquals(await served.message(), "here");
    const files = openFiles(server.pid);

    using inside = await RawClient.connect(port);
    await inside.write("GET / HTTP/1.1\r\nHost: loc");
    await inside.closeWrite();
    assert(await inside.ends());

    using after = await RawClient.connect(port);
    await after.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await after.closeWrite();
    const head = await after.head();
    assertEquals(head.status, 404);
    assertStringIncludes(await after.body(head), "WebSocket");
    assert(await after.ends());
    await eventually(
      () => openFiles(server.pid) <= files,
      () => `${openFiles(server.pid)} files to become ${files}`,
    );
  },
});

Deno.test({
  name:
    "a connection may try eight handshakes: seven may be refused, the eighth that is ends it",
  ignore: !isLinux,
  async fn(): Promise<void> {
    await using server = await startServer(["--engine=wire", "cat"]);
    const { port } = server;
    const wrong = handshake(port).replace("Version: 13", "Version: 12");
    using patient = await RawClient.connect(port);
    await patient.write(wrong.repeat(7));
    for (let i = 0; i < 7; i++) {
      const head = await patient.head();
      assertEquals(head.status, 426);
      await patient.body(head);
    }
    assertEquals((await patient.ask(handshake(port))).status, 101);
    await patient.send("at last");
    assertEquals(await patient.message(), "at last");

    using stubborn = await RawClient.connect(port);
    await stubborn.write(wrong.repeat(8) + handshake(port));
    const answers = await stubborn.rest();
    assertEquals(answers.split("HTTP/1.1 426 ").length, 1 + 8);
    assertEquals(answers.split("connection: upgrade, close\r\n").length, 1 + 1);
    assertEquals(answers.split("HTTP/1.1 101 ").length, 1);
  },
});

Deno.test({
  name: "a refused handshake that asks for the end of the connection gets it",
  ignore: !isLinux,
  async fn(): Promise<void> {
    await using server = await startServer(["--engine=wire", "cat"]);
    const { port } = server;
    using client = await RawClient.connect(port);
    const wrong = handshake(port).replace("Version: 13", "Version: 12")
      .replace("Connection: Upgrade", "Connection: Upgrade, Close");
    const { status, headers } = await client.ask(wrong);
    assertEquals(status, 426);
    assertEquals(headers.filter(([name]) => name === "connection"), [
      ["connection", "upgrade, close"],
    ]);
    assert(await client.ends());
  },
});
