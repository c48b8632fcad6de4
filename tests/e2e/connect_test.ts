/** `connect URL` as a process of its own, with the server as users run it. */
import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import {
  CONNECT,
  connect,
  ConnectProcess,
} from "../connect/connect_process.ts";
import { ScriptedServer, switching } from "../connect/scripted_server.ts";
import { eventually, pause, within } from "../helpers/deadline.ts";
import { peakMiB } from "../helpers/processes.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { startServer } from "../helpers/server.ts";

const ignore = Deno.build.os === "windows";

const MB = 1_000_000;
/** The most memory a client may need, in MiB, with a generous margin: the runtime alone has 60. */
const MOST_MIB = 200;
/** 100 MB in lines of 100 bytes. */
const LINES = new TextEncoder().encode(`${"x".repeat(99)}\n`.repeat(10_000));

/** A test of programs that are not on Windows. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore, fn });
}

test("connect URL && deploy: the status of the program decides, and nothing else is said", async () => {
  for (const status of [0, 3]) {
    await using server = await startServer([
      "bash",
      "-c",
      `echo building; exit ${status}`,
    ]);
    const shell = await new Deno.Command("bash", {
      args: ["-c", '"$@" && echo deployed', "bash", ...CONNECT, server.url],
      stdin: "null",
    }).output();
    assertEquals(shell.code, status);
    assertEquals(
      new TextDecoder().decode(shell.stdout),
      status === 0 ? "building\ndeployed\n" : "building\n",
    );
    assertEquals(new TextDecoder().decode(shell.stderr), "");
  }
});

test("connect: a program killed by a signal is 128 + its number", async () => {
  await using server = await ProgramServer.bash("kill -TERM $$");
  assertEquals(await connect([server.url]), {
    status: 143,
    stdout: "",
    stderr: "",
  });
});

test("connect: a hundred thousand lines arrive, in order", async () => {
  await using server = await ProgramServer.bash("seq 100000; exit 9");
  const { status, stdout } = await connect([server.url]);
  assertEquals(status, 9);
  const numbers = Array.from({ length: 100_000 }, (_, i) => `${i + 1}\n`);
  assert(stdout === numbers.join(""), "the lines are not those printed");
});

test("connect --binary: bytes go both ways as they are", async () => {
  await using server = await ProgramServer.bash("head -c 300000; exit 2", {
    framing: "chunks",
  });
  const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) & 127);
  const { status, stdout } = await connect(["-b", server.url], bytes);
  assertEquals(status, 2);
  assert(stdout === new TextDecoder().decode(bytes), "the bytes are others");
});

test("connect --once: one question, one answer", async () => {
  await using server = await ProgramServer.bash(
    'while read -r sum; do echo "$((sum))"; done',
  );
  assertEquals(await connect(["--once", server.url], "2+3\n"), {
    status: 0,
    stdout: "5\n",
    stderr: "",
  });
});

test("connect --end: all answers of a program that never ends by itself", async () => {
  await using server = await ProgramServer.start({ command: "cat" });
  assertEquals(await connect([server.url, "--end=1"], "a\nb"), {
    status: 0,
    stdout: "a\nb\n",
    stderr: "",
  });
});

test("connect: a refusal is told with the server's sentence", async () => {
  await using server = await ProgramServer.start({
    command: "cat",
    maxForks: 1,
  });
  const foreign = await connect([
    "-H",
    "Origin: http://example.com",
    server.url,
  ]);
  assertEquals([foreign.status, foreign.stdout], [69, ""]);
  assertMatch(
    foreign.stderr,
    /^Refused by ws:\/\/127\.0\.0\.1:\d+: 403 Forbidden: .*--origin=http:\/\/example\.com\n$/,
  );

  await using first = new ConnectProcess([server.url]);
  await first.type("here\n");
  await first.says("here");
  const second = await connect([server.url]);
  assertEquals(second.status, 75);
  assertMatch(
    second.stderr,
    /^Refused by \S+: 429 Too Many Requests: .*--maxforks/,
  );
});

test("connect: what cannot be used is told in a sentence, with status 2", async () => {
  for (
    const [args, message] of [
      [
        ["--bin", ":1"],
        /^flag provided but not defined: --bin\nDid you mean --binary\?\n$/,
      ],
      [["ws://:80"], /^Cannot connect to "ws:\/\/:80": not an address/],
      [["-H", "x", ":1"], /^Cannot use --header: /],
      [
        ["--cacert=/nowhere", "wss://h"],
        /^Cannot read --cacert="\/nowhere": No such file/,
      ],
      [[`--cacert=${import.meta.filename}`, "wss://h"], /not in PEM form\n$/],
    ] as const
  ) {
    const { status, stdout, stderr } = await connect(args);
    assertEquals([status, stdout], [2, ""]);
    assertMatch(stderr, message);
  }
});

test("connect --verbose: tells everything on stderr, and no secrets", async () => {
  await using server = await ProgramServer.bash("echo out; read x; exit 3");
  const { status, stdout, stderr } = await connect([
    "--verbose",
    "-H",
    "Authorization: Bearer abc123",
    `${server.url}a?token=abc123`,
  ], "x\n");
  assertEquals([status, stdout], [3, "out\n"]);
  for (
    const line of [
      /^\* Connecting to ws:\/\/127\.0\.0\.1:\d+$/m,
      /^\* readyState CONNECTING$/m,
      /^> GET \/a\?token=\*\*\* HTTP\/1\.1$/m,
      /^> Authorization: \*\*\*$/m,
      /^< HTTP\/1\.1 101 Switching Protocols$/m,
      /^\* readyState OPEN$/m,
      /^\* stdin has ended$/m,
      /^< close 4003 exit 3$/m,
      /^\* readyState CLOSING$/m,
      /^> close 4003$/m,
      /^\* readyState CLOSED$/m,
      /^Closed by the server: 4003 exit 3$/m,
    ]
  ) assertMatch(stderr, line);
  assert(!stderr.includes("abc123"));
});

test("connect --verbose: tells of pings and of what the server does not take", async () => {
  await using server = await ProgramServer.bash("exec sleep 60", {
    pingMs: 300,
  });
  await using client = new ConnectProcess(["-v", "--pingms=400", server.url]);
  await client.tells(/^< ping \d+ bytes\n> pong \d+ bytes$/m);
  const typing = (async () => {
    for (let i = 0; i < 50; i++) await client.type(LINES);
  })();
  const [, waiting] = await client.tells(
    /^\* bufferedAmount (\d+): stdin waits for the server$/m,
  );
  assert(Number(waiting) > 0);
  client.signal("SIGTERM");
  assertEquals(await client.ended(), 143);
  await typing;
});

for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  test(`connect: ${signal} closes with 1001 and ends with ${status}`, async () => {
    await using server = await ProgramServer.bash("echo ready; cat");
    await using client = new ConnectProcess([server.url]);
    await client.says("ready");
    client.signal(signal);
    assertEquals(await client.ended(), status);
    assertEquals(client.stderr, "");
    assertEquals((await server.next("session.closed")).code, 1001);
  });
}

test("connect: a signal ends a client that waits for the handshake", async () => {
  await using server = new ScriptedServer(({ drain }) => drain());
  await using client = new ConnectProcess([server.url]);
  await eventually(() => server.requests.length > 0, "the request");
  client.signal("SIGINT");
  assertEquals(await client.ended(), 130);
});

test("connect: a second signal does not wait for the server", async () => {
  await using server = new ScriptedServer(async ({ accept, write, drain }) => {
    await write(switching(accept));
    await drain();
    // Never answers the close frame.
    await drain();
  });
  await using client = new ConnectProcess(["-v", server.url]);
  await client.tells(/readyState OPEN/);
  client.signal("SIGINT");
  await client.tells(/readyState CLOSING/);
  client.signal("SIGINT");
  assertEquals(await client.ended(), 130);
  assert(!client.stderr.includes("CLOSED"), client.stderr);
});

test("connect: a reader that has enough ends the client, and the program", async () => {
  await using server = await ProgramServer.bash("while echo x; do :; done");
  const shell = await within(
    new Deno.Command("bash", {
      args: [
        "-c",
        '"$@" </dev/null | head -n 2; echo "${PIPESTATUS[0]}"',
        "bash",
        ...CONNECT,
        server.url,
      ],
      stdin: "null",
    }).output(),
    "the pipe to end",
  );
  assertEquals(new TextDecoder().decode(shell.stdout), "x\nx\n141\n");
  assertEquals(new TextDecoder().decode(shell.stderr), "");
  await server.next("session.closed");
});

test("connect: a stdout that is not read holds the program back, in little memory", async () => {
  await using server = await ProgramServer.bash(
    `yes ${"x".repeat(99)} | head -c ${100 * MB}; read -r bye; exit 4`,
  );
  await using client = new ConnectProcess([server.url], { isHeld: true });
  await server.next("session.opened");
  await pause(2000);
  assertEquals(server.of("session.closed"), []);
  assertLess(peakMiB(client.pid), MOST_MIB);
  client.readOn();
  await eventually(() => client.printed === 100 * MB, "all of it", 120_000);
  assertLess(peakMiB(client.pid), MOST_MIB);
  await client.type("bye\n");
  assertEquals(await client.ended(), 4);
});

test("connect: a program that does not read holds stdin back, in little memory", async () => {
  await using server = await ProgramServer.bash(
    `read -r go; sleep 3; head -c ${100 * MB - 100} | wc -c; exit 5`,
  );
  await using client = new ConnectProcess([server.url]);
  const typing = (async () => {
    for (let i = 0; i < 100; i++) await client.type(LINES);
  })();
  await pause(2500);
  const held = client.taken;
  // The buffers of the system, of the server and of the pipes.
  assertLess(held, 30 * MB);
  assertLess(peakMiB(client.pid), MOST_MIB);
  assertEquals(await client.ended(120_000), 5);
  await typing;
  assertEquals(client.stdout, `${100 * MB - 100}\n`);
});

test("connect: 100 MB go there and back at one time, in little memory", async () => {
  await using server = await ProgramServer.bash(
    `head -c ${100 * MB}; read -r bye; exit 6`,
  );
  await using client = new ConnectProcess([server.url]);
  for (let i = 0; i < 100; i++) await client.type(LINES);
  await eventually(() => client.printed === 100 * MB, "all of it", 120_000);
  assertLess(peakMiB(client.pid), MOST_MIB);
  await client.type("bye\n");
  assertEquals(await client.ended(), 6);
});

test("connect --reconnect: goes on when the server is there again", async () => {
  const script = 'echo ready; read -r line; echo "got $line"; exit 7';
  const first = await startServer(["bash", "-c", script]);
  await using client = new ConnectProcess(["--reconnect", first.url]);
  await client.says("ready");
  await first[Symbol.asyncDispose]();
  await client.tells(
    /^Connection lost; connecting again in \d+\.\d s; what was sent last may not have arrived$/m,
  );
  await client.type("hello\n");
  await using _second = await startServer([
    `--port=${first.port}`,
    "bash",
    "-c",
    script,
  ]);
  assertEquals(await client.ended(60_000), 7);
  assertEquals(client.stdout, "ready\nready\ngot hello\n");
});
