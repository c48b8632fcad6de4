/** What --metrics and --health answer while programs run, on a real server. */
import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { valueOf } from "../http/prometheus_reader.ts";
import { BulkClient } from "../helpers/bulk_client.ts";
import { Client } from "../helpers/client.ts";
import { eventually } from "../helpers/deadline.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { handshake, RawClient } from "../helpers/raw_client.ts";
import { Scratch } from "../helpers/scratch.ts";

const PAGES = { metrics: "/metrics", health: "/healthz" };

/** One answer on a connection of its own. */
async function ask(
  { port }: ProgramServer,
  path: string,
): Promise<{ readonly status: number; readonly body: string }> {
  using client = await RawClient.connect(port);
  return await client.ask(
    `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`,
  );
}

/** Scrapes until a sample has a value that fits. */
async function metric(
  server: ProgramServer,
  name: string,
  labels: string,
  fits: (value: number) => boolean,
): Promise<number> {
  let value = NaN;
  return await eventually(
    async () => {
      value = valueOf((await ask(server, "/metrics")).body, name, labels);
      return fits(value) ? { value } : undefined;
    },
    () => `${name}{${labels}}, which is ${value}`,
  ).then((found) => found.value);
}

Deno.test("metrics count the messages of a session that is still open, and its program", async () => {
  await using server = await ProgramServer.start({ command: "cat", ...PAGES });
  await using client = await Client.open(server.url);
  client.send("hello");
  client.send("world!");
  await client.message(1);
  const { body } = await ask(server, "/metrics");
  const value = (name: string, labels = "") => valueOf(body, name, labels);
  for (const direction of ['direction="sent"', 'direction="received"']) {
    assertEquals(value("websocketd_messages_total", direction), 2);
    assertEquals(value("websocketd_message_bytes_total", direction), 11);
  }
  assertEquals(value("websocketd_sessions"), 1);
  assertEquals(value("websocketd_children"), 1);
  assertEquals(value("websocketd_child_starts_total"), 1);
  assertEquals(value("websocketd_child_start_seconds_count"), 1);
  assertGreater(value("websocketd_child_start_seconds_sum"), 0);
});

Deno.test("metrics keep the messages of a session that has ended, and count its exit", async () => {
  await using server = await ProgramServer.bash("echo one; exit 3", PAGES);
  await using client = await Client.open(server.url);
  await client.closed;
  await server.next("session.closed");
  const { body } = await ask(server, "/metrics");
  assertEquals(
    [
      valueOf(body, "websocketd_messages_total", 'direction="sent"'),
      valueOf(body, "websocketd_sessions"),
      valueOf(body, "websocketd_children"),
      valueOf(body, "websocketd_child_exits_total", 'code="3",signal=""'),
      valueOf(body, "websocketd_sessions_closed_total", 'code="4xxx"'),
    ],
    [1, 0, 0, 1, 1],
  );
});

Deno.test({
  name: "metrics count CGI scripts, while they run and how they ended",
  ignore: Deno.build.os === "windows",
  async fn(): Promise<void> {
    using scratch = new Scratch();
    scratch.script(
      "wait.sh",
      `#!/bin/sh
      printf 'Content-Type: text/plain\n\n'
      while [ ! -e ${scratch.file("go")} ]; do sleep 0.05; done
      exit 3`,
    );
    await using server = await ProgramServer.start({
      cgiDir: scratch.path,
      ...PAGES,
    });
    const answered = ask(server, "/wait.sh");
    await metric(server, "websocketd_cgi_scripts", "", (n) => n === 1);
    Deno.writeTextFileSync(scratch.file("go"), "");
    await answered;
    await metric(server, "websocketd_cgi_scripts", "", (n) => n === 0);
    const { body } = await ask(server, "/metrics");
    assertEquals(
      [
        valueOf(body, "websocketd_cgi_starts_total"),
        valueOf(body, "websocketd_cgi_exits_total", 'code="3",signal=""'),
        valueOf(body, "websocketd_cgi_seconds_count"),
        valueOf(body, "websocketd_child_starts_total"),
      ],
      [1, 1, 1, 0],
    );
  },
});

Deno.test("metrics show a client that does not read while it does not, and the wait for good", async () => {
  await using server = await ProgramServer.start({
    command: "yes",
    args: ["x".repeat(1000)],
    ...PAGES,
  });
  const behind = 'behind="client"';
  {
    using client = await RawClient.connect(server.port);
    await client.write(handshake(server.port));
    await metric(server, "websocketd_stalled_sessions", behind, (n) => n === 1);
    const seconds = (min: number) =>
      metric(
        server,
        "websocketd_stalled_seconds_total",
        behind,
        (n) => n > min,
      );
    assertGreater(await seconds(await seconds(0)), 0);
  }
  await server.next("session.closed");
  await metric(server, "websocketd_stalled_sessions", behind, (n) => n === 0);
  const { stalls } = server.of("session.closed")[0];
  assertGreater(stalls.client.count, 0);
  assertEquals(
    await metric(server, "websocketd_stalls_total", behind, () => true),
    stalls.client.count,
  );
});

Deno.test("metrics blame no client that keeps up, however many short lines it has to be sent", async () => {
  await using server = await ProgramServer.bash("yes | head -n 300000", PAGES);
  using client = await BulkClient.open(server.port);
  await client.readToEnd();
  const { sent, stalls, durationMs } = await server.next("session.closed");
  assertEquals(sent.messages, 300_000);
  assertLess(stalls.client.ms, durationMs / 2);
});

Deno.test("metrics show a program that does not read while it does not", async () => {
  await using server = await ProgramServer.start({
    command: "sleep",
    args: ["60"],
    ...PAGES,
  });
  using client = await RawClient.connect(server.port);
  await client.ask(handshake(server.port));
  // More than its pipe and what the engine keeps for it, less than the system takes from a client.
  await client.send("x".repeat(400_000));
  const behind = 'behind="program"';
  await metric(server, "websocketd_stalled_sessions", behind, (n) => n === 1);
  await metric(server, "websocketd_stalls_total", behind, (n) => n === 1);
});

Deno.test("metrics show how long clients take to answer pings, on the wire engine", async () => {
  await using server = await ProgramServer.start({
    command: "cat",
    engine: "wire",
    pingMs: 500,
    ...PAGES,
  });
  await using _ = await Client.open(server.url);
  await metric(server, "websocketd_ping_rtt_seconds_count", "", (n) => n > 0);
});

Deno.test("health is 200 until the server drains, and 503 while sessions end", async () => {
  await using server = await ProgramServer.start({
    command: "cat",
    drainMs: 60_000,
    ...PAGES,
  });
  const client = await Client.open(server.url);
  assertEquals((await ask(server, "/healthz")).status, 200);
  const drained = server.drain();
  const { status, body } = await ask(server, "/healthz");
  assertEquals([status, body], [503, "draining\n"]);
  assertEquals(
    valueOf((await ask(server, "/metrics")).body, "websocketd_draining"),
    1,
  );
  await client[Symbol.asyncDispose]();
  await drained;
});
