/** Lost connections, with the client for pages and real programs. */
import { assert, assertEquals } from "@std/assert";
import {
  type ClientEvent,
  type ClientOptions,
  connect,
  type Program,
} from "../../lib/client/connect.ts";
import {
  type Hello,
  parseControl,
  PROTOCOL,
  resumeToken,
} from "../../lib/client/protocol.ts";
import { isMissing } from "../examples/example.ts";
import { eventually, pause, within } from "../helpers/deadline.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { Scratch } from "../helpers/scratch.ts";
import { TcpProxy } from "../helpers/tcp_proxy.ts";

const ignore = isMissing("bash");

/** Long enough for any machine. */
const RESUME_MS = 60_000;

/** A client, and what it was told besides messages and states. */
class Visit {
  readonly events: ClientEvent[] = [];
  readonly messages: string[] = [];
  readonly program: Program;
  readonly done: Promise<void>;

  constructor(url: string, options: ClientOptions = {}) {
    this.program = connect(url, {
      delayMs: 1,
      maxDelayMs: 10,
      ...options,
      onEvent: (event) => {
        if (event.type !== "state") this.events.push(event);
      },
    });
    this.done = this.#read();
  }

  async is(state: Program["state"]): Promise<void> {
    await eventually(
      () => this.program.state === state,
      () => `${state}, not ${this.program.state}`,
    );
  }

  /** Waits for the message of an index. */
  async message(index: number): Promise<string> {
    return await eventually(
      () => this.messages[index],
      () => `message ${index} after ${this.messages.slice(-5)}`,
    );
  }

  async #read(): Promise<void> {
    for await (const message of this.program) this.messages.push(`${message}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program.close();
    await this.done;
  }
}

/** Random numbers that can be had again. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

for (const framing of ["lines", "length32"] as const) {
  Deno.test({
    name:
      `page client: connections that are cut anywhere cost nothing in either direction (${framing})`,
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.start({
        command: "cat",
        framing,
        resumeMs: RESUME_MS,
      });
      await using proxy = new TcpProxy(server.port);
      const seed = Date.now() % 2 ** 32;
      const random = randomFrom(seed);
      proxy.rules = {
        // The first one has to get through; the last ones may stay.
        cutAfter: () =>
          proxy.connections === 1
            ? 4000
            : proxy.connections > 50
            ? Infinity
            : Math.floor(12_000 * random() ** 2),
      };
      const sent = Array.from(
        { length: 3000 },
        (_, i) => `${i}${" ".repeat(Math.floor(300 * random() ** 4))}.`,
      );
      const events: ClientEvent[] = [];
      const program = connect(proxy.url, {
        delayMs: 1,
        maxDelayMs: 5,
        sendBuffer: 4096,
        onEvent: (event) => {
          if (event.type !== "state") events.push(event);
        },
      });
      const got: string[] = [];
      const reading = (async () => {
        for await (const message of program) {
          got.push(
            typeof message === "string"
              ? message
              : new TextDecoder().decode(message),
          );
          if (got.length === sent.length) break;
        }
      })();
      for (const message of sent) {
        assertEquals(await program.send(message), true, `seed ${seed}`);
      }
      await within(reading, `all messages, seed ${seed}`, 60_000);
      assertEquals(got, sent, `seed ${seed}`);
      assertEquals(events, []);
      assert(proxy.connections > 10, `${proxy.connections}`);
      // It was one program all the time.
      assertEquals(server.of("session.opened").length, 1);
      await program.close();
      await server.next("session.closed");
    },
  });
}

Deno.test({
  name:
    "page client: a program that ends while the client is away has its last words and its status kept",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      "echo first; read -r line; for i in 1 2 3; do echo $i; done; exit 3",
      { resumeMs: RESUME_MS },
    );
    await using proxy = new TcpProxy(server.port);
    await using visit = new Visit(proxy.url);
    await visit.message(0);
    void visit.program.send("go");
    // It has got it.
    await visit.message(3);
    proxy.rules = { refuses: true };
    proxy.cut();
    const exit = await (async () => {
      await eventually(
        () => visit.program.state !== "open",
        "the loss or the end",
      );
      proxy.rules = {};
      return await within(visit.program.exit, "the end");
    })();
    await visit.done;
    assertEquals(visit.messages, ["first", "1", "2", "3"]);
    assertEquals([exit.code, exit.signal], [3, null]);
    assertEquals(visit.events, []);
  },
});

Deno.test({
  name:
    "page client: what is said and done while the client is away waits for it",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const go = scratch.file("go");
    await using server = await ProgramServer.bash(
      `echo first; until [ -e '${go}' ]; do sleep 0.05; done
       for i in 1 2 3; do echo $i; done; read -r line; echo "got $line"; kill -TERM $$`,
      { resumeMs: RESUME_MS },
    );
    await using proxy = new TcpProxy(server.port);
    await using visit = new Visit(proxy.url);
    await visit.message(0);
    proxy.rules = { refuses: true };
    proxy.cut();
    await visit.is("reconnecting");
    void visit.program.send("later");
    await Deno.writeTextFile(go, "");
    const tries = proxy.connections;
    await eventually(() => proxy.connections > tries + 2, "more tries");
    proxy.rules = {};
    const exit = await within(visit.program.exit, "the end");
    await visit.done;
    assertEquals(visit.messages, ["first", "1", "2", "3", "got later"]);
    assertEquals([exit.code, exit.signal], [null, "SIGTERM"]);
    assertEquals(visit.events, []);
  },
});

Deno.test({
  name: "page client: who comes back too late is told that it is over, once",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash("echo hi; cat", {
      resumeMs: 100,
    });
    await using proxy = new TcpProxy(server.port);
    await using visit = new Visit(proxy.url);
    await visit.message(0);
    proxy.rules = { refuses: true };
    proxy.cut();
    await server.next("session.closed");
    proxy.rules = {};
    const { closeCode, code, signal, reason } = await within(
      visit.program.exit,
      "the end",
    );
    assertEquals([closeCode, code, signal], [4410, null, null]);
    assert(reason !== "");
    assertEquals(server.of("session.opened").length, 1);
  },
});

Deno.test({
  name: "page client: who takes a session over ends the older connection",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash("echo hi; cat", {
      resumeMs: RESUME_MS,
    });
    const hellos: Hello[] = [];
    class Spy extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        this.addEventListener("message", ({ data }) => {
          if (typeof data === "string") return;
          const control = parseControl(new Uint8Array(data));
          if (control?.type === "hello") hellos.push(control as never);
        });
      }
    }
    await using visit = new Visit(server.url, { WebSocket: Spy });
    await visit.message(0);
    const [{ epoch }] = hellos;
    const token = resumeToken({
      session: visit.program.session!,
      output: 1,
      epoch,
    });
    const other = new WebSocket(server.url, [PROTOCOL, token]);
    const closed = new Promise((resolve) => other.onclose = resolve);
    const { closeCode, reason } = await within(
      visit.program.exit,
      "the older connection to end",
    );
    assertEquals([closeCode, reason], [4409, "resumed elsewhere"]);
    const echo = new Promise((resolve) =>
      other.addEventListener("message", ({ data }) => {
        if (typeof data === "string") resolve(data);
      })
    );
    other.send("it goes on");
    assertEquals(await within(echo, "the echo"), "it goes on");
    other.close(1000);
    await within(closed, "the other to close");
  },
});

Deno.test({
  name:
    "page client: who comes back to a shared program too late is told how many messages are missing",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      'while read -r from to; do seq "$from" "$to"; done',
      { share: "all", resumeMs: 100, sendBuffer: 65_536 },
    );
    await using stays = new Visit(server.url);
    await stays.is("open");
    await using proxy = new TcpProxy(server.port);
    await using visit = new Visit(proxy.url);
    await visit.is("open");
    await stays.program.send("0 0");
    assertEquals(await visit.message(0), "0");
    proxy.rules = { refuses: true };
    proxy.cut();
    await server.next("session.closed");
    for (let at = 1; at < 50_000; at += 1000) {
      await stays.program.send(`${at} ${at + 999}`);
      await stays.message(at + 999);
    }
    proxy.rules = {};
    await visit.is("open");
    await stays.program.send("50001 50001");
    // Nothing is missing that is not told, and nothing told that is not missing.
    const next = Number(await visit.message(1));
    assert(next > 1, "nothing was lost");
    assertEquals(visit.events, [{ type: "lost", output: next - 1, input: 0 }]);
  },
});

Deno.test({
  name: "page client: a client that does not read holds the program back",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const done = scratch.file("done");
    const lines = 200_000;
    await using server = await ProgramServer.bash(
      `seq 1 ${lines}; echo > '${done}'`,
      { resumeMs: RESUME_MS },
    );
    // More than the server sends before it waits, and less than there is.
    const program = connect(server.url, { readBuffer: 1 << 20 });
    const iterator = program[Symbol.asyncIterator]();
    assertEquals((await iterator.next()).value, "1");
    // Time in which it could have printed all of it, and more.
    await pause(1500);
    assert(!(await exists(done)), "the program was not held back");
    let last = "";
    let count = 1;
    for await (const message of program) {
      last = `${message}`;
      count++;
    }
    assertEquals([count, last], [lines, `${lines}`]);
    assertEquals((await program.exit).code, 0);
    assert(await exists(done));
  },
});

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
