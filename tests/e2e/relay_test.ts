/** Several servers, one program: with a real NATS server between them. */
import {
  assert,
  assertEquals,
  assertLess,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { ListenError, OptionError, serve } from "../../lib/mod.ts";
import { BulkClient } from "../helpers/bulk_client.ts";
import { Client } from "../helpers/client.ts";
import { eventually, pause, within } from "../helpers/deadline.ts";
import { HAS_NATS, NatsServer } from "../helpers/nats_server.ts";
import { isRunning } from "../helpers/processes.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { Scratch } from "../helpers/scratch.ts";
import { startServer } from "../helpers/server.ts";
import { TcpProxy } from "../helpers/tcp_proxy.ts";
import { V1Client } from "../helpers/v1_client.ts";

/** Says who it is, then says everything that it is told, with its name. */
const ECHO = 'echo "$$ here"; while IFS= read -r line; do echo "$line"; done';

function test(name: string, fn: (nats: NatsServer) => Promise<void>): void {
  Deno.test({
    name: `--relay: ${name}`,
    ignore: !HAS_NATS,
    async fn(): Promise<void> {
      await using nats = await NatsServer.start();
      await fn(nats);
    },
  });
}

test("clients of three servers have one program, hear the same and can all write to it", async (nats) => {
  await using servers = await Servers.start(nats, 3, ECHO, { history: 9 });
  const clients = await servers.clients();
  for (const client of clients) {
    assert(/^\d+ here$/.test(`${await client.message(0)}`));
  }
  assertEquals(new Set(clients.map(({ messages }) => messages[0])).size, 1);
  clients.forEach((client, i) => client.send(`from ${i}`));
  for (const client of clients) await client.message(3);
  const [first, ...others] = clients.map(({ messages }) => messages.slice(1));
  assertEquals(first.toSorted(), ["from 0", "from 1", "from 2"]);
  for (const other of others) assertEquals(other, first);
  assertEquals(servers.running().length, 1);
});

test("what comes fast comes whole and in order to the clients of every server", async (nats) => {
  const count = 20_000;
  const script = `read -r; seq ${count}; read -r`;
  await using servers = await Servers.start(nats, 3, script, {
    sendBuffer: 1 << 24,
    // Who joins while it is printed gets all of it, too.
    history: count,
  });
  const clients = await servers.clients();
  clients[2].send("go");
  for (const client of clients) {
    await client.message(count - 1);
    assertEquals(client.messages.length, count);
    client.messages.forEach((line, i) => assertEquals(line, `${i + 1}`));
  }
});

test("who joins another server late gets the history, then what follows", async (nats) => {
  await using servers = await Servers.start(nats, 2, `seq 10; ${ECHO}`, {
    history: 5,
  });
  const [one, two] = servers.list;
  await using early = await Client.open(one.url);
  await early.message(10);
  await using late = await Client.open(two.url);
  assertEquals(await messagesOf(late, 5), [...early.messages.slice(-5)]);
  late.send("more");
  assertEquals(await late.message(5), "more");
  assertEquals(await early.message(11), "more");
});

test("a client that comes back to another server goes on where it was", async (nats) => {
  const script = "seq 4; read -r; seq 5 8; read -r";
  await using servers = await Servers.start(nats, 2, script, {
    history: 100,
    resumeMs: 60_000,
  });
  const [one, two] = servers.list;
  await using before = await Client.open(one.url, ["websocketd.v1"]);
  await before.message(4);
  const { session, epoch, output } = helloOf(before);
  assertEquals(output, 0);
  before.send("on");
  await before.message(8);
  // It has the first six, as far as it can tell.
  const token = `resume.${session}.6.${epoch}`;
  await using after = await Client.open(two.url, ["websocketd.v1", token]);
  await after.message(2);
  const hello = helloOf(after);
  assertEquals([hello.epoch, hello.output, hello.lost], [epoch, 6, 0]);
  assertEquals(textsOf(after), ["7", "8"]);
});

test("a client that speaks websocketd.v1 is told when another run of the program begins", async (nats) => {
  await using servers = await Servers.start(nats, 2, ECHO, { history: 100 });
  const [one, two] = servers.list;
  await using a = await Client.open(one.url);
  await a.message(0);
  await using b = await Client.open(two.url, ["websocketd.v1"]);
  await b.message(1);
  const { epoch } = helloOf(b);
  await one.drain();
  await b.message(3);
  const told = controlsOf(b).find(({ type }) => type === "epoch");
  assert(told !== undefined && told.epoch !== epoch && told.output === 0);
  assertEquals(textsOf(b).length, 2);
});

test("clients of one path share across servers, those of another do not", async (nats) => {
  const script = 'echo "$PATH_INFO $$"; read -r';
  await using servers = await Servers.start(nats, 2, script, {
    share: "path",
    history: 10,
  });
  const [one, two] = servers.list;
  await using a1 = await Client.open(`${one.url}a`);
  const [a] = await messagesOf(a1, 1);
  await using a2 = await Client.open(`${two.url}a`);
  await using b2 = await Client.open(`${two.url}b`);
  assertEquals(await a2.message(0), a);
  assert(`${await b2.message(0)}`.startsWith("/b "));
});

test("when the server with the program stops, another starts it at once, and the clients there stay", async (nats) => {
  await using servers = await Servers.start(nats, 3, ECHO, { history: 100 });
  const clients = await servers.clients();
  for (const client of clients) await client.message(0);
  const leader = await servers.leader();
  const pid = leader.of("hub.started")[0].pid;
  const stays = clients.filter((_, i) => servers.list[i] !== leader);
  await leader.drain();
  assert(!isRunning(pid));
  for (const client of stays) await client.message(1);
  assertEquals(new Set(stays.map(({ messages }) => messages[1])).size, 1);
  stays[0].send("still here");
  for (const client of stays) {
    assertEquals(await client.message(2), "still here");
  }
  const { code } = await within(
    clients.find((client) => !stays.includes(client))!.closed,
    "the clients of the one that stopped to be told",
  );
  assertEquals(code, 1001);
});

test("what is acknowledged while the server with the program stops reaches the next run", async (nats) => {
  using scratch = new Scratch();
  const log = scratch.file("log");
  // Takes a while to end.
  const script =
    `while IFS= read -r line; do echo "$line" >> '${log}'; done; sleep 0.5`;
  await using servers = await Servers.start(nats, 2, script, {
    closeMs: 10_000,
  });
  const [one, two] = servers.list;
  await using _a = await Client.open(one.url);
  await one.next("hub.started");
  await using b = await V1Client.open(two.url);
  await b.hello();
  let sent = 0;
  const send = async (until: () => boolean): Promise<void> => {
    while (!until()) {
      b.send(`${sent++}`);
      await pause(5);
    }
  };
  await send(() => sent > 20);
  const draining = one.drain();
  await send(() => two.of("hub.started").length > 0);
  await draining;
  await b.control(({ type, input }) => type === "ack" && input === sent);
  const taken = await eventually(async () => {
    const lines = (await Deno.readTextFile(log)).trim().split("\n").map(Number);
    return lines.at(-1) === sent - 1 && lines;
  }, "the last line");
  assertEquals(taken, Array.from({ length: sent }, (_, i) => i));
});

test("when the server with the program is killed, another starts it within seconds, and nothing is left behind", async (nats) => {
  const args = ["--share", "--history=10", `--relay=${nats.url("kill")}`];
  const program = ["bash", "-c", ECHO];
  await using one = await startServer([...args, ...program]);
  await using a = await Client.open(one.url);
  const [pid] = `${await a.message(0)}`.split(" ").map(Number);
  await using two = await startServer([...args, ...program]);
  await using b = await Client.open(two.url);
  assertEquals(await b.message(0), a.messages[0]);
  one.signal("SIGKILL");
  const since = performance.now();
  const next = `${await b.message(1)}`;
  assert(performance.now() - since < 10_000);
  assert(next !== a.messages[0]);
  b.send("hello");
  assertEquals(await b.message(2), "hello");
  // Its stdin has ended with the server.
  await eventually(() => !isRunning(pid), "the first program to end");
});

test("a server that is cut off ends its program before another starts it, however much time that is given", async (nats) => {
  const { hostname, port } = new URL(nats.url());
  await using proxy = new TcpProxy(Number(port));
  const options = { share: "all", closeMs: 60_000 };
  // Ends for nobody.
  const script = "trap '' INT TERM; while :; do sleep 0.1; done";
  await using one = await ProgramServer.bash(script, {
    ...options,
    relay: `nats://${hostname}:${proxy.port}/test`,
  });
  await using _a = await Client.open(one.url);
  const { pid } = await one.next("hub.started");
  await using two = await ProgramServer.bash(script, {
    ...options,
    relay: nats.url("test"),
  });
  await using _b = await Client.open(two.url);
  proxy.rules = { refuses: true };
  proxy.cut();
  await two.next("hub.started");
  assert(!isRunning(pid));
  const { reason } = await one.next("hub.stopped");
  assertEquals(reason, "another server runs it now");
  assertLess(one.timeOf("hub.stopped"), two.timeOf("hub.started"));
});

test("the program ends when the last client anywhere has left, and not before", async (nats) => {
  await using servers = await Servers.start(nats, 2, ECHO, { history: 10 });
  const [one, two] = servers.list;
  const a = await Client.open(one.url);
  await a.message(0);
  await using b = await Client.open(two.url);
  await b.message(0);
  await a[Symbol.asyncDispose]();
  await pause(4000);
  b.send("still running");
  assertEquals(await b.message(1), "still running");
  assertEquals([one.of("hub.started").length, two.of("hub.started").length], [
    1,
    0,
  ]);
  b.close();
  await one.next("hub.stopped");
});

test("a program that is not started again ends for the clients of all servers, with its exit status", async (nats) => {
  const script = "echo one; read -r; echo last; exit 3";
  await using servers = await Servers.start(nats, 3, script, {
    restart: "never",
    history: 10,
  });
  const clients = await servers.clients();
  for (const client of clients) await client.message(0);
  clients[1].send("end");
  for (const client of clients) {
    const { code, reason } = await within(client.closed, "the end");
    assertEquals([code, reason], [4003, "exit 3"]);
    assertEquals(client.messages, ["one", "last"]);
  }
  assertEquals(
    servers.list.reduce((sum, one) => sum + one.of("hub.started").length, 0),
    1,
  );
});

test("a program that fails is started again where it ran, and everybody stays", async (nats) => {
  const script = 'echo "$$"; read -r; exit 1';
  await using servers = await Servers.start(nats, 2, script, { history: 9 });
  const clients = await servers.clients();
  for (const client of clients) await client.message(0);
  clients[0].send("fail");
  for (const client of clients) await client.message(1);
  const [a, b] = clients.map(({ messages }) => messages);
  assertEquals(a, b);
  assert(a[0] !== a[1]);
});

/** Prints ten megabytes a second, in lines of 1,000 bytes, in bursts. */
const FLOOD =
  'while :; do seq -f "%.0f $(printf %0990d 0)" 200; sleep 0.02; done';

for (
  const [slow, whatIs] of [
    ["close", "closed with 1013"],
    ["drop", "told what it misses"],
  ] as const
) {
  test(`--slow=${slow}: a client that does not read is ${whatIs} on a server where the program does not run, too`, async (nats) => {
    await using servers = await Servers.start(nats, 2, FLOOD, { slow });
    const [one, two] = servers.list;
    await using reader = await Client.open(one.url);
    await reader.message(0);
    using _slow = await BulkClient.open(two.port);
    await (slow === "close"
      ? two.next("session.closed")
      : two.next("session.skipped"));
    assertEquals(servers.running(), [one]);
    assertEquals(two.of("session.closed").map(({ code }) => code), [
      ...(slow === "close" ? [1013] : []),
    ]);
  });
}

test("a broker that is away for a moment costs nobody a message", async (nats) => {
  await using servers = await Servers.start(nats, 2, ECHO, { history: 10 });
  const clients = await servers.clients();
  for (const client of clients) await client.message(0);
  await nats.stop();
  clients[0].send("one");
  clients[1].send("two");
  await pause(500);
  await nats.start();
  for (const client of clients) await client.message(2);
  assertEquals(clients[0].messages.slice(1).toSorted(), ["one", "two"]);
  assertEquals(clients[1].messages, clients[0].messages);
});

Deno.test({
  name:
    "--relay: a server that cannot reach its broker does not start, and says what to do",
  ignore: !HAS_NATS,
  async fn(): Promise<void> {
    const nats = await NatsServer.start();
    const relay = nats.url();
    await nats[Symbol.asyncDispose]();
    const { message } = await assertRejects(
      () => serve({ command: "cat", port: 0, share: "all", relay }),
      ListenError,
    );
    assertStringIncludes(message, "Cannot reach the relay");
  },
});

for (
  const [options, why] of [
    [{}, "without share"],
    [{ share: "all", input: "first" }, "--input"],
    [{ share: "all", slow: "wait" }, "--slow"],
    [{ share: "all", relay: "http://x" }, "nats://HOST:PORT/GROUP"],
  ] as const
) {
  Deno.test(`--relay: is refused with ${JSON.stringify(options)}`, async () => {
    const { message } = await assertRejects(
      () => serve({ command: "cat", port: 0, relay: "nats://x", ...options }),
      OptionError,
    );
    assertStringIncludes(message, why);
  });
}

/** Servers that have their programs in common. */
class Servers implements AsyncDisposable {
  readonly list: ProgramServer[] = [];
  readonly #clients: Client[] = [];

  static async start(
    nats: NatsServer,
    count: number,
    script: string,
    options: Parameters<typeof ProgramServer.bash>[1] = {},
  ): Promise<Servers> {
    const servers = new Servers();
    for (let i = 0; i < count; i++) {
      servers.list.push(
        await ProgramServer.bash(script, {
          share: "all",
          relay: nats.url("test"),
          ...options,
        }),
      );
    }
    return servers;
  }

  /** A client of each server. */
  async clients(): Promise<Client[]> {
    for (const { url } of this.list) this.#clients.push(await Client.open(url));
    return [...this.#clients];
  }

  /** The servers on which a program runs. */
  running(): ProgramServer[] {
    return this.list.filter((server) =>
      server.of("hub.started").length > server.of("hub.stopped").length
    );
  }

  leader(): Promise<ProgramServer> {
    return eventually(() => this.running()[0], "the program to run");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client[Symbol.asyncDispose]();
    for (const server of this.list) await server[Symbol.asyncDispose]();
  }
}

async function messagesOf(
  client: Client,
  count: number,
): Promise<(string | Uint8Array)[]> {
  await client.message(count - 1);
  return client.messages.slice(0, count);
}

interface Control {
  readonly type: string;
  readonly [name: string]: unknown;
}

/** The control messages that a client has got. */
function controlsOf({ messages }: Client): Control[] {
  return messages.filter((message) => typeof message !== "string")
    .map((message) => JSON.parse(new TextDecoder().decode(message)));
}

function helloOf(client: Client): Control {
  const [hello] = controlsOf(client);
  assertEquals(hello.type, "hello");
  return hello;
}

function textsOf({ messages }: Client): string[] {
  return messages.filter((message) => typeof message === "string");
}
