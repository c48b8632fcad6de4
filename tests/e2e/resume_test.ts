/** History for late joiners, the subprotocol websocketd.v1, and lost connections that are resumed. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Client } from "../helpers/client.ts";
import { pause, within } from "../helpers/deadline.ts";
import { isRunning } from "../helpers/processes.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import type { ResumePoint } from "../../lib/client/protocol.ts";
import { V1Client } from "../helpers/v1_client.ts";

const ignore = Deno.build.os === "windows";

const ECHO = 'while IFS= read -r l; do echo "got $l"; done';

/** Prints numbered lines when it is told to, as many as it is told. */
const COUNT =
  "n=0; while read -r l; do for ((i = 0; i < l; i++)); do echo $((n++)); done; done";

function numbers(from: number, until: number): string[] {
  return Array.from({ length: until - from }, (_, i) => `${from + i}`);
}

Deno.test({
  name:
    "history=N: who joins gets the newest N messages first, and no more than N",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(COUNT, {
      share: "all",
      history: 5,
    });
    await using first = await Client.open(server.url);
    first.send("4");
    await first.message(3);
    await using second = await Client.open(server.url);
    await second.message(3);
    first.send("3");
    await second.message(6);
    assertEquals(second.messages, numbers(0, 7));
    await using third = await Client.open(server.url);
    await third.message(4);
    first.send("1");
    await third.message(5);
    assertEquals(third.messages, numbers(2, 8));
  },
});

Deno.test({
  name: "historyBytes: who joins gets as many messages as fit",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(COUNT, {
      share: "all",
      historyBytes: 6,
    });
    await using first = await Client.open(server.url);
    first.send("12");
    await first.message(11);
    await using second = await Client.open(server.url);
    await second.message(3);
    first.send("1");
    await second.message(4);
    // 10 and 11 have two bytes each, 8 and 9 one: six together.
    assertEquals(second.messages, numbers(8, 13));
  },
});

Deno.test({
  name: "?tail and ?since ask for a part of the history, and never for more",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(COUNT, {
      share: "all",
      history: 10,
    });
    await using first = await Client.open(server.url);
    first.send("20");
    await first.message(19);
    for (
      const [query, from] of [
        ["tail=3", (next: number) => next - 3],
        ["tail=0", (next: number) => next],
        ["tail=99", (next: number) => next - 10],
        ["since=19", () => 19],
        ["since=2", (next: number) => next - 10],
        ["since=1000", (next: number) => next],
      ] as const
    ) {
      await using client = await Client.open(`${server.url}?${query}`);
      await server.next(
        "session.opened",
        server.of("session.opened").length - 1,
      );
      const before = first.messages.length;
      first.send("1");
      await first.message(before);
      const last = `${before}`;
      for (let i = 0;; i++) {
        if (await client.message(i) === last) break;
      }
      assertEquals(client.messages[0], `${from(before)}`, query);
    }
    await assertRejects(() => Client.open(`${server.url}?tail=few`));
    assertMatch((await server.next("session.refused")).message, /\?tail=50/);
  },
});

Deno.test({
  name:
    "a history of many segments comes whole and in order, while more is printed",
  ignore,
  async fn(): Promise<void> {
    const lines = 50_000;
    await using server = await ProgramServer.bash(
      `seq ${lines}; while read -r l; do seq ${lines + 1} ${2 * lines}; done`,
      { share: "all", history: lines },
    );
    await using first = await Client.open(server.url);
    await first.message(lines - 1);
    await using second = await Client.open(server.url);
    first.send("go");
    await first.message(2 * lines - 1);
    await second.message(2 * lines - 1);
    assertEquals(first.messages, numbers(1, 2 * lines + 1));
    assertEquals(second.messages, first.messages);
  },
});

Deno.test({
  name:
    "websocketd.v1: hello comes first, the program's messages are as always, exit comes before the close frame",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      "echo one; read -r l; echo $l; exit 3",
    );
    await using client = await V1Client.open(server.url);
    const hello = await client.hello();
    assertMatch(hello.session, /^[\w-]{22}$/);
    assertEquals(
      [hello.output, hello.input, hello.resume, hello.resumed, hello.lost],
      [0, 0, 0, false, 0],
    );
    client.send("two");
    assertEquals(await client.closed(), { code: 4003, reason: "exit 3" });
    assertEquals(client.data, ["one", "two"]);
    assertEquals(client.controls.at(-1), {
      type: "exit",
      code: 3,
      signal: null,
    });
    const { pid, exit, sent, received } = await server.next("session.closed");
    assertEquals(exit, { code: 3, signal: null });
    assertEquals(pid, (await server.next("session.opened")).pid);
    assertEquals([sent.messages, received.messages], [2, 1]);
  },
});

Deno.test({
  name: "websocketd.v1: where messages are binary, control messages are text",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash("head -c 3; kill -TERM $$", {
      framing: "chunks",
    });
    await using client = await Client.open(server.url, ["websocketd.v1"]);
    client.send(new Uint8Array([1, 2, 3]));
    assertEquals((await within(client.closed, "the end")).code, 4515);
    assertEquals(JSON.parse(client.messages[0] as string).type, "hello");
    assertEquals(
      client.messages.filter((message) => typeof message !== "string"),
      [new Uint8Array([1, 2, 3])],
    );
    assertEquals(JSON.parse(client.messages.at(-1) as string), {
      type: "exit",
      code: null,
      signal: "SIGTERM",
    });
  },
});

Deno.test({
  name: "websocketd.v1: accepted input is acknowledged, soon and once",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(ECHO);
    await using client = await V1Client.open(server.url);
    for (let i = 0; i < 100; i++) client.send(`${i}`);
    const last = await client.control(({ type, input }) =>
      type === "ack" && input === 100
    );
    assertEquals(last, { type: "ack", input: 100 });
    const acks = client.controls.filter(({ type }) => type === "ack");
    assert(acks.length <= 5, `${acks.length} acks`);
  },
});

Deno.test({
  name:
    "websocketd.v1: a malformed control message closes with 1008, an unknown one is ignored",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(ECHO);
    await using client = await V1Client.open(server.url);
    client.sendControl({ type: "something new" });
    client.send("x");
    assertEquals(await client.message(0), "got x");
    client.sendControl({ type: "ack", output: -1 });
    assertEquals((await client.closed()).code, 1008);
  },
});

Deno.test({
  name:
    "websocketd.v1 is spoken unless the client prefers a subprotocol of the server's",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(ECHO, {
      subprotocol: ["chat"],
    });
    const protocolOf = async (offered: string[]) => {
      const socket = new WebSocket(server.url, offered);
      const protocol = await within(
        new Promise<string>((resolve) => {
          socket.onopen = () => resolve(socket.protocol);
        }),
        "a connection",
      );
      const closed = new Promise((resolve) => socket.onclose = resolve);
      socket.close();
      await closed;
      return protocol;
    };
    assertEquals(await protocolOf(["chat", "websocketd.v1"]), "chat");
    assertEquals(await protocolOf(["websocketd.v1", "chat"]), "websocketd.v1");
    assertEquals(await protocolOf(["other", "websocketd.v1"]), "websocketd.v1");
    await server.next("session.closed", 2);
  },
});

for (const share of [undefined, "all"]) {
  const what = share === undefined
    ? "a program of its own"
    : "a shared program";

  Deno.test({
    name:
      `resume, ${what}: a client that lost its connection goes on where it was, both ways`,
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.bash(
        'echo $$; while read -r l; do echo "got $l"; done',
        { share, resumeMs: 60_000 },
      );
      const first = await V1Client.open(server.url);
      const hello = await first.hello();
      assertEquals(hello.resume, 60);
      first.send("0");
      first.send("1");
      await first.message(2);
      first.lose();
      await server.next("session.lost");
      // It has two of three messages, and does not know whether its own arrived.
      await using second = await V1Client.resume(server.url, {
        ...hello,
        output: 2,
      });
      const again = await second.hello();
      assertEquals(
        [again.session, again.output, again.input, again.resumed, again.lost],
        [hello.session, 2, 2, true, 0],
      );
      second.send("2");
      assertEquals(await second.message(1), "got 2");
      assertEquals(second.data, ["got 1", "got 2"]);
      assertEquals((await server.next("session.resumed")).lost, 0);
      assertEquals(server.of("session.opened").length, 1);
    },
  });

  Deno.test({
    name:
      `resume, ${what}: what is printed while the client is away is kept, and how it ended too`,
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.bash(
        "read -r l; echo ready; sleep 0.5; seq 1000; exit 7",
        { share, resumeMs: 60_000, ...(share && { restart: "never" }) },
      );
      const first = await V1Client.open(server.url);
      const hello = await first.hello();
      first.send("go");
      await first.message(0);
      first.lose();
      await server.next("session.lost");
      if (share) await server.next("hub.stopped");
      else await pause(1000);
      await using second = await V1Client.resume(server.url, {
        ...hello,
        output: 1,
      });
      assertEquals(await second.closed(), { code: 4007, reason: "exit 7" });
      assertEquals(second.data, numbers(1, 1001));
      assertEquals(second.controls.at(-1), {
        type: "exit",
        code: 7,
        signal: null,
      });
    },
  });

  Deno.test({
    name:
      `resume, ${what}: a second connection takes over, and the first is closed with 4409`,
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.bash(ECHO, {
        share,
        resumeMs: 60_000,
      });
      await using first = await V1Client.open(server.url);
      const hello = await first.hello();
      first.send("a");
      await first.message(0);
      await using second = await V1Client.resume(server.url, {
        ...hello,
        output: 1,
      });
      assertEquals((await second.hello()).resumed, true);
      assertEquals(await first.closed(), {
        code: 4409,
        reason: "resumed elsewhere",
      });
      second.send("b");
      assertEquals(await second.message(0), "got b");
    },
  });

  Deno.test({
    name: `resume, ${what}: after the time is over the client has left`,
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.bash("echo $$; cat", {
        share,
        resumeMs: 300,
      });
      const first = await V1Client.open(server.url);
      const hello = await first.hello();
      const pid = Number(await first.message(0));
      first.lose();
      const closed = await server.next("session.closed");
      assertEquals(closed.code, 1006);
      if (share) await server.next("hub.stopped");
      assert(!isRunning(pid));
      await using second = await V1Client.resume(server.url, hello);
      if (share === undefined) {
        assertEquals((await second.closed()).code, 4410);
        assertEquals(second.controls[0].type, "error");
        assertEquals(server.of("session.opened").length, 1);
      } else {
        const again = await second.hello();
        assertEquals([again.resumed, again.lost], [false, null]);
        assert(Number(await second.message(0)) !== pid);
      }
    },
  });

  Deno.test({
    name:
      `resume, ${what}: a client that says goodbye is not waited for, and a drain waits for nobody`,
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.bash("echo $$; cat", {
        share,
        resumeMs: 60_000,
        drainMs: 60_000,
      });
      const polite = await V1Client.open(server.url);
      await polite.message(0);
      polite.close();
      assertEquals((await server.next("session.closed")).code, 1000);
      const lost = await V1Client.open(server.url);
      const pid = Number(await lost.message(0));
      lost.lose();
      await server.next("session.lost");
      await server.drain();
      assertEquals((await server.next("session.closed", 1)).code, 1001);
      assert(!isRunning(pid));
    },
  });
}

Deno.test({
  name:
    "resume: acknowledged messages are forgotten, and asking for them tells how many are lost",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(COUNT, {
      share: "all",
      resumeMs: 60_000,
      sendBuffer: 4096,
    });
    const first = await V1Client.open(server.url);
    const hello = await first.hello();
    first.send("20000");
    await first.message(19_999);
    first.lose();
    await server.next("session.lost");
    await using second = await V1Client.resume(server.url, hello);
    const again = await second.hello();
    assertEquals(again.resumed, true);
    assert(again.lost !== null && again.lost > 0 && again.lost < 20_000);
    assertEquals(again.output, again.lost);
    await second.message(19_999 - again.lost);
    assertEquals(second.data, numbers(again.lost, 20_000));
  },
});

Deno.test({
  name:
    "resume: an acknowledgement counts for the epoch that it names, and is ignored in another one",
  ignore,
  async fn(): Promise<void> {
    const lines = 30_000;
    await using server = await ProgramServer.bash(COUNT, {
      share: "all",
      resumeMs: 60_000,
      sendBuffer: 1 << 22,
    });
    const first = await V1Client.open(server.url);
    const hello = await first.hello();
    first.send(`${lines}`);
    await first.message(lines - 1);
    first.sendControl({ type: "ack", output: lines, epoch: "another" });
    // More, so that something may be forgotten.
    first.send(`${lines}`);
    await first.message(2 * lines - 1);
    first.lose();
    await server.next("session.lost");
    const second = await V1Client.resume(server.url, hello);
    const { epoch, lost } = await second.hello();
    assertEquals([epoch, lost], [hello.epoch, 0]);
    await second.message(2 * lines - 1);
    second.sendControl({ type: "ack", output: lines, epoch });
    second.send(`${lines}`);
    await second.message(3 * lines - 1);
    second.lose();
    await server.next("session.lost", 1);
    await using third = await V1Client.resume(server.url, hello);
    const again = await third.hello();
    assert(again.lost! > 0 && again.lost! <= lines, `${again.lost} are lost`);
  },
});

Deno.test({
  name:
    "resume, a program of its own: it waits when more than sendBuffer is not acknowledged, and nothing is lost",
  ignore,
  async fn(): Promise<void> {
    const lines = 100_000;
    await using server = await ProgramServer.bash(`seq ${lines}; read -r l`, {
      resumeMs: 60_000,
      sendBuffer: 65536,
    });
    const first = await V1Client.open(server.url);
    let point: ResumePoint = await first.hello();
    first.lose();
    await server.next("session.lost");
    const all: string[] = [];
    // It loses its connection again and again, with what it has got by then.
    while (all.length < lines) {
      const client = await V1Client.resume(server.url, point);
      const hello = await client.hello();
      assertEquals([hello.resumed, hello.lost, hello.output], [
        true,
        0,
        all.length,
      ]);
      await client.message(0);
      if (all.length < 3 * lines / 4) await pause(20);
      else await client.acknowledged(lines - all.length, all.length);
      client.lose();
      all.push(...client.data);
      point = { ...hello, output: all.length };
      await server.next("session.lost", server.of("session.resumed").length);
    }
    assertEquals(all, numbers(1, lines + 1));
  },
});

Deno.test({
  name:
    "resume: the secret is in neither the program's environment nor an event, and other paths cannot use it",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash("env; cat", {
      share: "path",
      resumeMs: 60_000,
    });
    const first = await V1Client.open(`${server.url}a`);
    const hello = await first.hello();
    first.lose();
    await server.next("session.lost");
    await using second = await V1Client.resume(`${server.url}b`, hello);
    const again = await second.hello();
    assertEquals(again.resumed, false);
    second.send("done");
    for (let i = 0; await second.message(i) !== "done"; i++);
    assert(!second.data.some((line) => line.includes(hello.session)));
    assert(!JSON.stringify(server.events).includes(hello.session));
  },
});
