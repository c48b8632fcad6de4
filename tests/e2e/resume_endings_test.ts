/** What becomes of a session that can be resumed when its program ends, its client floods it, or its connections pile up. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { connect } from "../../lib/client/connect.ts";
import { eventually } from "../helpers/deadline.ts";
import { ENGINE } from "../helpers/engine.ts";
import { isRunning } from "../helpers/processes.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { Scratch } from "../helpers/scratch.ts";
import { TcpProxy } from "../helpers/tcp_proxy.ts";
import { V1Client } from "../helpers/v1_client.ts";

const ignore = Deno.build.os === "windows";
const RESUME_MS = 60_000;

/** Prints a line, then, when it is sent one, another, and fails. */
const LAST_WORDS = "echo ready; read -r l; echo last; exit 3";

for (const share of [undefined, "all"] as const) {
  const whose = share === undefined ? "its own" : "a shared";

  Deno.test({
    name:
      `a client that is lost at the end of ${whose} program comes back for the last output and the exit status`,
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.bash(LAST_WORDS, {
        resumeMs: RESUME_MS,
        ...(share !== undefined && { share, restart: "never", history: 10 }),
      });
      await using proxy = new TcpProxy(server.port);
      proxy.rules = { cutAt: "exit 3" };
      await using first = await V1Client.open(proxy.url);
      const { session, epoch } = await first.hello();
      await first.message(0);
      first.send("go");
      // The server has said all of it, and gets no answer.
      await server.next("session.lost");
      await using second = await V1Client.resume(server.url, {
        ...{ session, epoch, output: 1 },
      });
      assertEquals(await second.message(0), "last");
      const exit = await second.control(({ type }) => type === "exit");
      assertEquals(exit, { type: "exit", code: 3, signal: null });
      assertEquals((await second.closed()).code, 4003);
      const { code } = await server.next("session.closed");
      assertEquals(code, 4003);
    },
  });
}

Deno.test({
  name:
    "a client that comes back while its old connection is told the end is told it too, and the session ends once",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(LAST_WORDS, {
      resumeMs: RESUME_MS,
    });
    await using first = await V1Client.open(server.url);
    const { session, epoch } = await first.hello();
    await first.message(0);
    const { pid } = await server.next("session.opened");
    first.send("go");
    first.fallSilent();
    await eventually(() => !isRunning(pid!), "the program to end");
    await using second = await V1Client.resume(server.url, {
      ...{ session, epoch, output: 1 },
    });
    assertEquals(await second.message(0), "last");
    assertEquals((await second.closed()).code, 4003);
    await server.next("session.closed");
    first.lose();
    await using third = await V1Client.resume(server.url, {
      ...{ session, epoch, output: 2 },
    });
    assertEquals((await third.closed()).code, 4410);
    assertEquals(server.of("session.closed").length, 1);
  },
});

Deno.test({
  name:
    "a client that has been told the end, and says so, leaves nothing to come back to",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(LAST_WORDS, {
      resumeMs: RESUME_MS,
    });
    await using client = await V1Client.open(server.url);
    await client.message(0);
    client.send("go");
    assertEquals((await client.closed()).code, 4003);
    await server.next("session.closed");
    assertEquals(server.of("session.lost"), []);
  },
});

for (
  const [waits, size, how] of [
    [true, 990, "waits for its program, and that for it, without end"],
    [false, 990, "is held back if it does not wait, and loses nothing"],
    [true, 0, "waits as well when its messages are short"],
  ] as const
) {
  Deno.test({
    name: `a client that sends much more than it reads at a time ${how}`,
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.start({
        ...{ command: "cat", resumeMs: RESUME_MS },
      });
      // Several times what pipes, sockets and buffers of both sides hold.
      const count = size === 0 ? 250_000 : 20_000;
      await using client = connect(server.url);
      const line = "x".repeat(size);
      const sending = (async () => {
        for (let i = 0; i < count; i++) {
          const sent = client.send(`${i} ${line}`);
          if (waits) await sent;
        }
      })();
      let got = 0;
      for await (const message of client) {
        assertEquals(parseInt(`${message}`), got++);
        if (got === count) break;
      }
      await sending;
    },
  });
}

Deno.test({
  name:
    "what a client sends to a program that does not read is accepted up to a bound, however often it comes back",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash("echo hi; sleep 1000", {
      resumeMs: RESUME_MS,
    });
    let client = await V1Client.open(server.url);
    const { session, epoch } = await client.hello();
    await client.message(0);
    let accepted = 0;
    for (let times = 0; times < 12; times++) {
      client.send("x".repeat(600_000));
      const next = await V1Client.resume(server.url, {
        ...{ session, epoch, output: 1 },
      });
      accepted = (await next.hello()).input;
      client.lose();
      client = next;
    }
    client.lose();
    assertLess(accepted, 6);
  },
});

Deno.test({
  name:
    "connections that a client has left behind are ended, though it reads nothing of them",
  ignore: ignore || Deno.build.os !== "linux",
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash("yes", {
      ...{ resumeMs: RESUME_MS, sendBuffer: 1 << 20 },
    });
    let client = await V1Client.open(server.url);
    const { session, epoch } = await client.hello();
    const openFiles = () => [...Deno.readDirSync("/proc/self/fd")].length;
    const before = openFiles();
    const left: V1Client[] = [];
    for (let times = 0; times < 10; times++) {
      client.fallSilent();
      left.push(client);
      client = await V1Client.resume(server.url, {
        ...{ session, epoch, output: 0 },
      });
      await client.hello();
    }
    // The clients' own ends stay open, one file each, and so do the servers' of clients that took over.
    await eventually(
      () => openFiles() <= before + left.length + 2,
      "the server to hang up on those it was left by",
    );
    client.lose();
    for (const one of left) one.lose();
    assert(left.length === 10);
  },
});

Deno.test({
  name: "a client that comes back from a restart is told of it once more",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      "read -r l; exit 1",
      { share: "all", resumeMs: RESUME_MS },
    );
    await using other = await V1Client.open(server.url);
    await using first = await V1Client.open(server.url);
    const { session, epoch, output } = await first.hello();
    other.send("fail");
    await first.control(({ type }) => type === "epoch");
    // As if that had been lost with the connection.
    first.lose();
    await server.next("session.lost");
    await using second = await V1Client.resume(server.url, {
      ...{ session, epoch, output },
    });
    await second.control(({ type }) => type === "epoch");
  },
});

Deno.test({
  name:
    "a connection that goes on right behind a goodbye has the session, which goes on",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({
      ...{ command: "cat", resumeMs: RESUME_MS },
    });
    await using first = await V1Client.open(server.url);
    const { session, epoch } = await first.hello();
    first.close();
    await using second = await V1Client.resume(server.url, {
      ...{ session, epoch, output: 0 },
    });
    second.send("still there?");
    // Unless the goodbye was first to the end: then there is nothing to go on with.
    const isOver = second.closed().then(({ code }) => code);
    const answer = await Promise.race([second.message(0), isOver]);
    assert(answer === "still there?" || answer === 4410, `${answer}`);
  },
});

// The native engine is told nothing of a goodbye while a write is under way.
if (ENGINE === "wire") {
  Deno.test({
    name:
      "a client that says goodbye and reads nothing is waited for 2 s, and its program ends",
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.start({
        ...{ command: "yes", resumeMs: RESUME_MS },
      });
      await using client = await V1Client.open(server.url);
      await client.message(0);
      client.fallSilent();
      client.close();
      const { code } = await server.next("session.closed");
      assertEquals(code, 1000);
    },
  });
}

Deno.test({
  name:
    "what a client sends while a shared program is down reaches the next run, though the client leaves",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    await using server = await ProgramServer.bash(
      'if [[ -e "$1" ]]; then cat; else touch "$1"; exit 1; fi',
      {
        ...{ share: "all", resumeMs: RESUME_MS, history: 10 },
        args: [scratch.file("again")],
      },
    );
    await using watcher = await V1Client.open(server.url);
    await server.next("hub.stopped");
    const leaving = await V1Client.open(server.url);
    for (let i = 0; i < 5; i++) leaving.send(`m${i}`);
    leaving.close();
    assertEquals(await watcher.message(4), "m4");
    assertEquals(watcher.data, ["m0", "m1", "m2", "m3", "m4"]);
    await leaving.closed();
  },
});
