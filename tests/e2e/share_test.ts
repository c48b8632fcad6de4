/** Sharing: one program for many clients. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { OptionError } from "../../lib/mod.ts";
import { Client } from "../helpers/client.ts";
import { BulkClient, OPCODE, text } from "../helpers/bulk_client.ts";
import { eventually, pause, within } from "../helpers/deadline.ts";
import { isRunning } from "../helpers/processes.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { Scratch } from "../helpers/scratch.ts";

const ignore = Deno.build.os === "windows";

/** Prints what it reads, and a word when its input ends. */
const ECHO = 'while IFS= read -r l; do echo "got $l"; done; echo end';

Deno.test({
  name: "share: what the program prints goes to every client, from one process",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(`echo $$; ${ECHO}`, {
      share: "all",
    });
    await using first = await Client.open(server.url);
    await first.message(0);
    await using second = await Client.open(`${server.url}some/path?room=b`);
    await server.next("session.opened", 1);
    first.send("one");
    second.send("two");
    await first.message(2);
    await second.message(1);
    assertEquals(
      new Set([...first.messages.slice(1)]),
      new Set(["got one", "got two"]),
    );
    assertEquals(second.messages, first.messages.slice(1));
    assertEquals(server.of("hub.started").length, 1);
    assertEquals(
      server.of("session.opened").map(({ pid, session }) => [pid, session.hub]),
      [0, 1].map(() => [Number(first.messages[0]), "all"]),
    );
  },
});

Deno.test({
  name: "share: messages of many clients reach the program whole",
  ignore,
  async fn(): Promise<void> {
    // Longer than a pipe takes at once, so that a write can be cut anywhere.
    const size = 100_000, each = 5;
    await using server = await ProgramServer.start({
      command: "awk",
      args: [
        '{ print length($0) ":" substr($0, 1, 1) substr($0, length($0)) }',
      ],
      share: "all",
    });
    const clients = await Promise.all(
      [..."abcd"].map(() => Client.open(server.url)),
    );
    await server.next("session.opened", 3);
    for (let i = 0; i < each; i++) {
      clients.forEach((client, n) => client.send("abcd"[n].repeat(size)));
    }
    // awk prints when its input ends, or its buffer is full: the clients leave but for one.
    await using _last = clients[0];
    for (const client of clients.slice(1)) {
      client.close();
      await client.closed;
    }
    await eventually(
      () =>
        server.of("session.closed").reduce(
          (sum, { received }) => sum + received.messages,
          0,
        ) === 3 * each,
      "all messages to be taken",
    );
  },
});

Deno.test({
  name:
    "share: each message is one line of input, however many clients send at a time",
  ignore,
  async fn(): Promise<void> {
    const size = 70_000;
    await using server = await ProgramServer.bash(
      'while IFS= read -r l; do echo "${#l}${l:0:1}${l: -1}"; done',
      { share: "all" },
    );
    const clients = await Promise.all(
      [..."abcd"].map(() => Client.open(server.url)),
    );
    await server.next("session.opened", 3);
    for (let i = 0; i < 3; i++) {
      clients.forEach((client, n) => client.send("abcd"[n].repeat(size)));
    }
    for (const client of clients) {
      await client.message(11);
      assertEquals(
        [...client.messages].sort(),
        [..."abcd"].flatMap((c) => [0, 1, 2].map(() => `${size}${c}${c}`)),
      );
      client.close();
      await client.closed;
    }
  },
});

for (
  const { share, same, other, names } of [
    {
      share: "path",
      same: "room/a?x=1",
      other: "room/b",
      names: ["/room/a", "/room/b"],
    },
    {
      share: "query:room",
      same: "anywhere?room=a&y=1",
      other: "?room=b",
      names: ["room=a", "room=b"],
    },
  ]
) {
  Deno.test({
    name:
      `share=${share}: a program for each, and clients of one do not see the other's`,
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.bash(ECHO, { share });
      const first = share === "path" ? "room/a" : "?room=a";
      await using a = await Client.open(server.url + first);
      await using same_ = await Client.open(server.url + same);
      await using b = await Client.open(server.url + other);
      await server.next("session.opened", 2);
      assertEquals(
        server.of("hub.started").map(({ session }) => session.hub),
        names,
      );
      a.send("x");
      b.send("y");
      assertEquals(await a.message(0), "got x");
      assertEquals(await same_.message(0), "got x");
      assertEquals(await b.message(0), "got y");
      assertEquals([a, same_, b].map(({ messages }) => messages.length), [
        1,
        1,
        1,
      ]);
    },
  });
}

Deno.test({
  name: "share=header: a program for each value of a header",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(ECHO, {
      share: "header:Sec-WebSocket-Protocol",
      subprotocol: ["a", "b"],
    });
    await using one = await Client.open(server.url, ["a"]);
    await using other = await Client.open(server.url, ["b"]);
    await server.next("session.opened", 1);
    assertEquals(server.of("hub.started").length, 2);
    one.send("x");
    assertEquals(await one.message(0), "got x");
    assertEquals(other.messages, []);
  },
});

Deno.test({
  name: "share with a directory of programs: each program is shared by itself",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    scratch.script("one", "#!/bin/sh\necho one; cat");
    scratch.script("two", "#!/bin/sh\necho two; cat");
    await using server = await ProgramServer.start({
      dir: scratch.path,
      share: "all",
    });
    await using a = await Client.open(`${server.url}one`);
    await using b = await Client.open(`${server.url}two`);
    assertEquals([await a.message(0), await b.message(0)], ["one", "two"]);
    assertEquals(
      server.of("hub.started").map(({ session }) => session.hub),
      ["/one", "/two"],
    );
  },
});

Deno.test({
  name:
    "share: the program ends for all: each gets the last line, newline or not, and the exit status",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      'read -r l; seq 10000; printf "last"; exit 3',
      { share: "all", restart: "never" },
    );
    const clients = await Promise.all(
      [1, 2, 3].map(() => Client.open(server.url)),
    );
    await server.next("session.opened", 2);
    clients[1].send("go");
    for (const client of clients) {
      assertEquals(await within(client.closed, "the end"), {
        code: 4003,
        reason: "exit 3",
      });
      assertEquals(client.messages.length, 10_001);
      assertEquals(client.messages[9999], "10000");
      assertEquals(client.messages[10_000], "last");
    }
    const stopped = await server.next("hub.stopped");
    assertEquals(stopped.exit, { code: 3, signal: null });
    assertEquals(stopped.againMs, null);
    // The next client gets a new one.
    await using again = await Client.open(server.url);
    await server.next("hub.started", 1);
    again.send("go");
    assertEquals(await again.message(0), "1");
  },
});

Deno.test({
  name:
    "share: its environment is the first client's, without that one's secrets",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash("env; cat", { share: "all" });
    const socket = new WebSocket(server.url, {
      headers: {
        "Cookie": "a=b",
        "Authorization": "Basic eA==",
        "X-Auth-Token": "secret",
        "X-Team": "blue",
      },
    });
    const lines: string[] = [];
    const done = Promise.withResolvers<void>();
    socket.onmessage = ({ data }) => {
      lines.push(data);
      if (data === "done") done.resolve();
    };
    socket.onopen = () => socket.send("done");
    await within(done.promise, "the environment");
    socket.close();
    const names = lines.map((line) => line.split("=")[0]);
    assert(names.includes("HTTP_X_TEAM"));
    assert(names.includes("REMOTE_ADDR"));
    for (
      const name of ["HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_X_AUTH_TOKEN"]
    ) assert(!names.includes(name), name);
    await server.next("session.closed");
  },
});

Deno.test({
  name:
    "input=none: whoever writes is closed with 1008, and nothing reaches the program",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(`echo hi; ${ECHO}`, {
      share: "all",
      input: "none",
    });
    await using reader = await Client.open(server.url);
    await using writer = await Client.open(server.url);
    await reader.message(0);
    writer.send("x");
    assertEquals(await within(writer.closed, "the close"), {
      code: 1008,
      reason: "this program takes no input (--input=none)",
    });
    assertEquals(reader.messages, ["hi"]);
  },
});

Deno.test({
  name:
    "input=first: the client that is there longest may write, and then the next",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(ECHO, {
      share: "all",
      input: "first",
      lingerMs: 60_000,
    });
    const first = await Client.open(server.url);
    await server.next("session.opened");
    await using second = await Client.open(server.url);
    await server.next("session.opened", 1);
    await using third = await Client.open(server.url);
    await server.next("session.opened", 2);
    first.send("a");
    assertEquals(await second.message(0), "got a");
    third.send("b");
    assertEquals((await within(third.closed, "the close")).code, 1008);
    first.close();
    await server.next("session.closed", 1);
    second.send("c");
    assertEquals(await second.message(1), "got c");
  },
});

Deno.test({
  name: "linger: by default the program is ended when its last client leaves",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash("echo $$; cat", {
      share: "all",
    });
    const first = await Client.open(server.url);
    const pid = Number(await first.message(0));
    const second = await Client.open(server.url);
    await server.next("session.opened", 1);
    first.close();
    await server.next("session.closed");
    assert(isRunning(pid));
    second.close();
    await server.next("hub.stopped");
    assert(!isRunning(pid));
  },
});

Deno.test({
  name: "linger: what the last client sent before it left reaches the program",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    await using server = await ProgramServer.bash(
      `cat >"$1"`,
      { share: "all", args: [scratch.file("out")] },
    );
    const client = await Client.open(server.url);
    for (let i = 0; i < 1000; i++) client.send(`line ${i}`);
    client.close();
    await server.next("hub.stopped");
    assertEquals(scratch.lines("out").length, 1000);
  },
});

Deno.test({
  name:
    "linger: a client that comes in time finds the same program, one that comes later another",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      "while read -r l; do echo $$; done",
      { share: "all", lingerMs: 1500 },
    );
    const ask = async () => {
      await using client = await Client.open(server.url);
      client.send("who");
      return await client.message(0);
    };
    const pid = await ask();
    assertEquals(await ask(), pid);
    await server.next("hub.stopped");
    assert(await ask() !== pid);
  },
});

Deno.test({
  name:
    "share-start=now: the program runs before any client, and after the last",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      "n=0; while read -r l; do n=$((n + 1)); echo $n; done",
      { share: "all", shareStart: "now" },
    );
    await server.next("hub.started");
    for (const count of ["1", "2"]) {
      await using client = await Client.open(server.url);
      client.send("x");
      assertEquals(await client.message(0), count);
    }
    assertEquals(server.of("hub.started").length, 1);
  },
});

Deno.test({
  name:
    "restart: a program that fails is started again, its clients stay and what they send meanwhile waits",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      'read -r l; echo "got $l"; exit 1',
      { share: "all" },
    );
    await using first = await Client.open(server.url);
    await using second = await Client.open(server.url);
    await server.next("session.opened", 1);
    for (let i = 0; i < 3; i++) {
      first.send(`${i}`);
      assertEquals(await second.message(i), `got ${i}`);
      await server.next("hub.stopped", i);
    }
    assertEquals(first.messages, second.messages);
    const stopped = await server.next("hub.stopped");
    assertEquals(stopped.exit?.code, 1);
    assert(stopped.againMs !== null && stopped.againMs <= 500);
    const started = await server.next("hub.started", 2);
    assertEquals(started.restarts, 2);
    assertEquals(server.of("session.closed"), []);
  },
});

Deno.test({
  name:
    "restart: what a client sends to a program that has closed its input, and then fails, reaches the next one",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const path = scratch.file("end");
    await using server = await ProgramServer.bash(
      'read -r l; echo "got $l"; exec 0<&-; echo deaf; until [ -e "$1" ]; do sleep 0.02; done; exit 1',
      { share: "all", args: [path] },
    );
    await using client = await Client.open(server.url);
    client.send("0");
    await client.message(1);
    client.send("1");
    Deno.writeTextFileSync(path, "");
    await client.message(3);
    assertEquals(client.messages, ["got 0", "deaf", "got 1", "deaf"]);
  },
});

Deno.test({
  name:
    "restart: one that exits 0 is not a failure; restart=always starts it again too",
  ignore,
  async fn(): Promise<void> {
    {
      await using server = await ProgramServer.bash("read -r l; exit 0", {
        share: "all",
      });
      await using client = await Client.open(server.url);
      client.send("x");
      assertEquals(await within(client.closed, "the close"), {
        code: 1000,
        reason: "exit 0",
      });
    }
    await using server = await ProgramServer.bash("echo run; exit 0", {
      share: "all",
      restart: "always",
    });
    await using client = await Client.open(server.url);
    await client.message(1);
    assertEquals(client.messages.slice(0, 2), ["run", "run"]);
  },
});

Deno.test({
  name:
    "a shared program that cannot be started closes with 1011, for everybody",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const path = scratch.script("gone", "#!/bin/sh\n");
    await using server = await ProgramServer.start({
      command: path,
      share: "all",
    });
    Deno.removeSync(path);
    const { code, reason } = await Client.run(server.url);
    assertEquals(code, 1011);
    assertMatch(reason, /^cannot start .*no such file/);
    assertEquals((await server.next("session.closed")).pid, null);
  },
});

Deno.test({
  name:
    "share: stderr is logged once, and a client that sends the wrong type is closed alone",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      'while read -r l; do echo "$l" >&2; echo "$l"; done',
      { share: "all" },
    );
    await using first = await Client.open(server.url);
    await using second = await Client.open(server.url);
    await server.next("session.opened", 1);
    second.send(new Uint8Array([1]));
    assertEquals((await within(second.closed, "the close")).code, 1003);
    first.send("oops");
    await first.message(0);
    const { session, line } = await server.next("child.stderr");
    assertEquals([line, session.hub], ["oops", "all"]);
    assertEquals(server.of("child.stderr").length, 1);
  },
});

Deno.test({
  name:
    "maxclients and maxforks: as many clients, and programs, as there may be, and one more gets 429",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash("cat", {
      share: "path",
      maxClients: 3,
      maxForks: 2,
    });
    const open = (path: string) => Client.open(server.url + path);
    await using _a = await open("a");
    await using b = await open("b");
    await server.next("session.opened", 1);
    await assertRejects(() => open("c"));
    assertEquals((await server.next("session.refused")).reason, "limit");
    await using _b2 = await open("b");
    await assertRejects(() => open("a"));
    const refused = await server.next("session.refused", 1);
    assertEquals(refused.reason, "limit-clients");
    assertMatch(refused.message, /--maxclients/);
    b.close();
    await server.next("session.closed");
    await using _a2 = await open("a");
  },
});

Deno.test({
  name: "maxperip counts the clients of a shared program",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash("cat", {
      share: "all",
      maxPerIp: 2,
    });
    await using _one = await Client.open(server.url);
    await using _two = await Client.open(server.url);
    await assertRejects(() => Client.open(server.url));
    assertEquals((await server.next("session.refused")).reason, "limit-per-ip");
  },
});

Deno.test({
  name:
    "a drain closes all clients with 1001 and ends the program, and one that lingers at once",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash("echo $$; cat", {
      share: "path",
      lingerMs: Infinity,
      drainMs: 200,
    });
    const lingering = await Client.open(`${server.url}a`);
    const pids = [Number(await lingering.message(0))];
    lingering.close();
    await server.next("session.closed");
    await using first = await Client.open(`${server.url}b`);
    await using second = await Client.open(`${server.url}b`);
    pids.push(Number(await first.message(0)));
    await server.next("session.opened", 2);
    assert(pids.every(isRunning));
    await server.drain();
    for (const client of [first, second]) {
      assertEquals(await within(client.closed, "the close"), {
        code: 1001,
        reason: "server stopping",
      });
    }
    assert(!pids.some(isRunning));
  },
});

/** Prints so many numbered lines of 1,000 bytes when it is told to, and stays. Together more than a system keeps for a client that does not read. */
function longLines(lines: number): string {
  return `read -r l; seq -f "%.0f $(printf %0990d 0)" ${lines}; read -r l`;
}
const LONG_LINES = 40_000;

Deno.test({
  name:
    "slow=close: a client that does not read is closed with 1013, the other gets every line",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(longLines(LONG_LINES), {
      share: "all",
    });
    using _slow = await BulkClient.open(server.port);
    await server.next("session.opened");
    using reader = await BulkClient.open(server.port);
    await server.next("session.opened", 1);
    await reader.write(text("go"));
    await expectLines(reader, LONG_LINES);
    const closed = await server.next("session.closed");
    assertEquals(closed.code, 1013);
    assertMatch(closed.reason, /1048576 bytes wait .*--sendbuffer/);
    assertEquals(server.of("session.closed").length, 1);
  },
});

Deno.test({
  name: "slow=close: one client alone that does not read is closed, too",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(longLines(LONG_LINES), {
      share: "all",
    });
    using slow = await BulkClient.open(server.port);
    await slow.write(text("go"));
    assertEquals((await server.next("session.closed")).code, 1013);
  },
});

Deno.test({
  name:
    "slow=wait: the program waits for a client that does not read, and then both get every line",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(longLines(LONG_LINES), {
      share: "all",
      slow: "wait",
    });
    using slow = await BulkClient.open(server.port);
    await server.next("session.opened");
    using reader = await BulkClient.open(server.port);
    await server.next("session.opened", 1);
    await reader.write(text("go"));
    const ends = [expectLines(reader, LONG_LINES)];
    await pause(500);
    ends.push(expectLines(slow, LONG_LINES));
    await Promise.all(ends);
    assertEquals(server.of("session.closed"), []);
  },
});

Deno.test({
  name:
    "slow=drop: a client that does not read misses whole messages, and is told how many",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(longLines(LONG_LINES), {
      share: "all",
      slow: "drop",
    });
    using slow = await BulkClient.open(server.port);
    await server.next("session.opened");
    using reader = await BulkClient.open(server.port);
    await server.next("session.opened", 1);
    await reader.write(text("go"));
    await expectLines(reader, LONG_LINES);
    let expected = 1, skipped = 0;
    while (expected <= LONG_LINES) {
      const line = await nextLine(slow);
      const note = /^websocketd: (\d+) messages left out$/.exec(line ?? "");
      if (note !== null) {
        expected += Number(note[1]);
        skipped += Number(note[1]);
      } else assertEquals(line?.split(" ")[0], `${expected++}`);
      if (skipped > 0 && note !== null && expected > LONG_LINES) break;
    }
    assert(skipped > 0);
    assertEquals(
      server.of("session.skipped").reduce(
        (sum, { messages }) => sum + messages,
        0,
      ),
      skipped,
    );
  },
});

/** The next message; pings come between them. */
async function nextLine(client: BulkClient): Promise<string | undefined> {
  for (;;) {
    const frame = await client.next();
    if (frame?.opcode === OPCODE.PING) continue;
    return frame === null ? undefined : new TextDecoder().decode(frame.payload);
  }
}

async function expectLines(client: BulkClient, lines: number): Promise<void> {
  for (let i = 1; i <= lines; i++) {
    const line = await nextLine(client);
    if (line?.split(" ")[0] !== `${i}`) {
      throw new Error(`Line ${i} is missing: ${line?.slice(0, 50)}`);
    }
  }
}

Deno.test("options of sharing that make no sense are told, with what to do", async () => {
  for (
    const [options, message] of [
      [{ lingerMs: 1 }, /lingerMs \(--linger\) without share/],
      [{ shareEvents: true }, /without share/],
      [{ share: "all", shareEvents: true, framing: "nul" }, /--framing/],
      [{ share: "rooms" }, /all, path, query:NAME or header:NAME/],
      [{ share: "all", history: 1, historyBytes: 1 }, /choose one/],
      [{ share: "path", shareStart: "now" }, /--share-start/],
      [
        { share: "all", shareStart: "now", lingerMs: 5 },
        /leave one of them out/,
      ],
      [{ share: "all", once: true }, /--once/],
      [{ share: "all", workers: 2 }, /--share/],
      [{ resumeMs: 1000, workers: 2 }, /--resume/],
    ] as const
  ) {
    const error = await assertRejects(
      () => ProgramServer.start({ command: "cat", ...options } as never),
      OptionError,
    );
    assertMatch(error.message, message);
  }
});
