/** How the server ends, and that no process outlives it. */
import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { BulkClient, text } from "../helpers/bulk_client.ts";
import { Client } from "../helpers/client.ts";
import { eventually, within } from "../helpers/deadline.ts";
import { allGone, isRunning } from "../helpers/processes.ts";
import { Scratch } from "../helpers/scratch.ts";
import { type ServerProcess, startServer } from "../helpers/server.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";

// Where a process is, is read in /proc.
const ignore = Deno.build.os !== "linux";

const LIVE_ON = "while :; do sleep 0.1; done";
const STUBBORN = `trap "" INT TERM; ${LIVE_ON}`;
/** What the program does, chosen by its client's first message. */
const PROGRAM = `
  echo $$ >>"$1/pids"
  note() { bash -c 'echo $$ >>"$0/pids"; '"$1" "$dir"; }
  dir=$1
  read -r kind
  echo "$kind"
  case $kind in
    reads) while read -r line; do echo "$line"; done ;;
    ignores-eof) ${LIVE_ON} ;;
    traps) ${STUBBORN} ;;
    has-children) note '${STUBBORN}' & note '${LIVE_ON}' ;;
    daemon) (setsid bash -c 'echo $$ >>"$0/pids"; ${STUBBORN}' "$dir" </dev/null >/dev/null 2>&1 &); cat ;;
    prints) yes & yes >&2 ;;
  esac`;
const KINDS = [
  "reads",
  "ignores-eof",
  "traps",
  "has-children",
  "daemon",
  "prints",
];
/** Processes that write down their ids in all of them together. */
const PROCESSES = KINDS.length + 3;

/** A server with one session of each kind. */
async function startBusyServer(
  scratch: Scratch,
  flags: readonly string[],
): Promise<{
  readonly server: ServerProcess;
  readonly clients: readonly BulkClient[];
  readonly pids: readonly number[];
}> {
  const server = await startServer([
    ...flags,
    "bash",
    "-c",
    PROGRAM,
    "bash",
    scratch.path,
  ]);
  // A program that prints to stderr for ever would fill the test's memory.
  server.holdLog();
  const clients: BulkClient[] = [];
  for (const kind of KINDS) {
    const client = await BulkClient.open(server.port);
    clients.push(client);
    await client.write(text(kind));
    assertEquals(await client.nextText(), kind);
  }
  const pids = await eventually(
    () => {
      const lines = scratch.lines("pids");
      return lines.length === PROCESSES && lines.map(Number);
    },
    () => `all processes: ${scratch.read("pids")}`,
  );
  return { server, clients, pids };
}

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  Deno.test({
    name:
      `${signal} to a server with sessions of all kinds: each client sees 1001 "server stopping", the server exits with 0, no process is left`,
    ignore,
    async fn(): Promise<void> {
      using scratch = new Scratch();
      const busy = await startBusyServer(scratch, ["--drainms=200"]);
      await using server = busy.server;
      server.signal(signal);
      const closes = await within(
        Promise.all(busy.clients.map((client) => client.readToEnd())),
        "all clients to be closed",
      );
      assertEquals(
        closes,
        closes.map(() => ({ code: 1001, reason: "server stopping" })),
      );
      assertEquals(await server.ended(), { code: 0, signal: null });
      const left = busy.pids.filter(isRunning);
      await allGone(busy.pids);
      assertEquals(left, []);
      for (const client of busy.clients) client.drop();
    },
  });
}

for (
  const [first, second, code] of [
    ["SIGTERM", "SIGTERM", 143],
    ["SIGTERM", "SIGINT", 130],
    ["SIGINT", "SIGHUP", 129],
  ] as const
) {
  Deno.test({
    name:
      `${first} and then ${second}: the server ends at once with ${code}, no process is left`,
    ignore,
    async fn(): Promise<void> {
      using scratch = new Scratch();
      const busy = await startBusyServer(scratch, ["--drainms=60000"]);
      await using server = busy.server;
      server.signal(first);
      await eventually(async () => {
        try {
          (await BulkClient.open(server.port)).drop();
          return false;
        } catch (error) {
          return / 503 /.test(String(error));
        }
      }, "the server to drain");
      const watch = new Stopwatch();
      server.signal(second);
      assertEquals(await server.ended(), { code, signal: null });
      assertLess(watch.ms, 2500);
      const left = busy.pids.filter(isRunning);
      await allGone(busy.pids);
      assertEquals(left, []);
      for (const client of busy.clients) client.drop();
    },
  });
}

Deno.test({
  name:
    "a second signal while programs are on the ladder, and while one has ended and left a child with its output: no process is left",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    await using server = await startServer([
      "--drainms=0",
      "--closems=60000",
      "bash",
      "-c",
      `echo $$ >>"$1/pids"; bash -c 'echo $$ >>"$1/pids"; ${STUBBORN}' bash "$1" & read -r; exit 3`,
      "bash",
      scratch.path,
    ]);
    using exits = await BulkClient.open(server.port);
    using _stays = await BulkClient.open(server.port);
    const pids = await eventually(() => {
      const lines = scratch.lines("pids");
      return lines.length === 4 && lines.map(Number);
    }, "all processes");
    await exits.write(text("exit"));
    await eventually(
      () => pids.filter((pid) => !isRunning(pid)).length === 1,
      "the exit of one program",
    );
    server.signal("SIGTERM");
    await server.logged(/Stopping, open sessions/);
    const watch = new Stopwatch();
    server.signal("SIGTERM");
    assertEquals((await server.ended()).code, 143);
    assertLess(watch.ms, 2500);
    const left = pids.filter(isRunning);
    await allGone(pids);
    assertEquals(left, []);
  },
});

Deno.test({
  name:
    "a server that is killed takes no program with it that listens: each reads the end of its stdin",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    await using server = await startServer([
      "bash",
      "-c",
      'echo $$; read -r; echo EOF >"$1/eof"',
      "bash",
      scratch.path,
    ]);
    const client = await BulkClient.open(server.port);
    const pid = Number(await client.nextText());
    server.signal("SIGKILL");
    await server.ended();
    client.drop();
    await allGone([pid]);
    assertEquals(scratch.read("eof"), "EOF\n");
  },
});

Deno.test({
  name:
    "clients that connected and never asked, asked half, or keep a connection for later do not keep the server from ending",
  ignore,
  async fn(): Promise<void> {
    await using server = await startServer(["--drainms=100", "cat"]);
    using _silent = await BulkClient.connect(server.port);
    using half = await BulkClient.connect(server.port);
    await half.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: "));
    using kept = await BulkClient.connect(server.port);
    await kept.write(
      new TextEncoder().encode(
        `GET / HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`,
      ),
    );
    assertMatch(await kept.head(), /^HTTP\/1.1 404/);
    server.signal("SIGTERM");
    assertEquals(await server.ended(4000), { code: 0, signal: null });
  },
});

Deno.test({
  name: "a server without sessions ends at once on a signal",
  ignore,
  async fn(): Promise<void> {
    await using server = await startServer(["cat"]);
    const watch = new Stopwatch();
    server.signal("SIGTERM");
    assertEquals(await server.ended(), { code: 0, signal: null });
    assertLess(watch.ms, 1000);
    assertMatch(server.log, /Stopped\n$/);
    assertEquals(server.stderr, "");
  },
});

Deno.test({
  name:
    "a session that begins while a signal arrives is either refused or closed with 1001, never left",
  ignore,
  async fn(): Promise<void> {
    await using server = await startServer(["--drainms=50", "cat"]);
    const clients = Array.from(
      { length: 20 },
      () => Client.run(server.url).catch(() => null),
    );
    server.signal("SIGTERM");
    assertEquals(await server.ended(6000), { code: 0, signal: null });
    for (const outcome of await Promise.all(clients)) {
      if (outcome !== null) assert([1001, 1006].includes(outcome.code));
    }
  },
});
