/** Several threads that serve one port, on both engines. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type Event, OptionError, serve } from "../../lib/mod.ts";
import { makeCertificate } from "../helpers/certificates.ts";
import { eventually, within } from "../helpers/deadline.ts";
import { LACKS_IPV6 } from "../helpers/machine.ts";
import { allGone, isRunning } from "../helpers/processes.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import {
  type Closed,
  handshake,
  latin1,
  RawClient,
} from "../helpers/raw_client.ts";
import { Scratch } from "../helpers/scratch.ts";
import { startServer } from "../helpers/server.ts";
import { startFailing } from "./failing_threads.ts";

const ignore = Deno.build.os !== "linux";
const ENGINES = ["native", "wire"] as const;
/** That all of them go to one of two threads happens once in 2^23 runs. */
const MANY = 24;

/** Which thread of this process has started a program. */
function threadOf(pid: number): string {
  for (const { name } of Deno.readDirSync("/proc/self/task")) {
    const children = Deno.readTextFileSync(`/proc/self/task/${name}/children`);
    if (children.split(" ").includes(String(pid))) return name;
  }
  throw new Error(`No thread of this process has started ${pid}`);
}

/** Clients that are all served. */
class Clients implements Disposable {
  readonly all: RawClient[] = [];

  async open(port: number, count: number): Promise<RawClient[]> {
    const opening = Array.from(
      { length: count },
      () => RawClient.open(port).then((client) => void this.all.push(client)),
    );
    await Promise.all(opening);
    return this.all;
  }

  [Symbol.dispose](): void {
    for (const client of this.all) client[Symbol.dispose]();
  }
}

/** Tries to connect, all at once; keeps those that are served. Returns the status of each answer, in order. */
async function tryAll(
  served: Clients,
  port: number,
  count: number,
  hostname?: string,
): Promise<number[]> {
  const statuses = await Promise.all(
    Array.from({ length: count }, async () => {
      const client = await RawClient.connect(port, hostname);
      const { status } = await client.ask(handshake(port));
      if (status === 101) served.all.push(client);
      else client[Symbol.dispose]();
      return status;
    }),
  );
  return statuses.sort();
}

/** A `list` of some statuses, each so often. */
function times(counts: Readonly<Record<number, number>>): number[] {
  return Object.entries(counts).flatMap(([status, count]) =>
    Array<number>(count).fill(Number(status))
  );
}

for (const engine of ENGINES) {
  const name = (behaviour: string) => `workers, ${engine}: ${behaviour}`;

  Deno.test({
    name: name(
      "clients are served by several threads, and the port is announced once",
    ),
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.start({
        ...{ command: "cat", engine, workers: 2 },
      });
      using clients = new Clients();
      for (const client of await clients.open(server.port, MANY)) {
        await client.send("hello");
        assertEquals(await client.message(), "hello");
      }
      await server.next("session.opened", MANY - 1);
      const pids = server.of("session.opened").map(({ pid }) => pid!);
      assertEquals(new Set(pids.map(threadOf)).size, 2);
      assertEquals(server.of("server.listening").map(({ url }) => url), [
        server.url,
      ]);
      assertEquals(server.of("error"), []);
    },
  });

  Deno.test({
    name: name("maxForks=3 of many that come at once serves exactly three"),
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.start({
        ...{ command: "cat", engine, workers: 4, maxForks: 3 },
      });
      using served = new Clients();
      assertEquals(
        await tryAll(served, server.port, MANY),
        times({ 101: 3, 429: MANY - 3 }),
      );
      await server.next("session.refused", MANY - 4);
      for (const { reason, message } of server.of("session.refused")) {
        assertEquals(reason, "limit");
        assertMatch(message, /^All 3 programs .*--maxforks/);
      }
      {
        using leaving = served.all.pop()!;
        await leaving.leave();
      }
      // The slot is free when the program has ended, a little after the client is told.
      await eventually(
        async () => (await tryAll(served, server.port, 1))[0] === 101,
        "the free slot",
      );
      assertEquals(await tryAll(served, server.port, 1), [429]);
    },
  });

  Deno.test({
    name: name("maxPerIp=2 holds for each address over all threads"),
    ignore: ignore || LACKS_IPV6,
    async fn(): Promise<void> {
      await using server = await ProgramServer.start({
        ...{ command: "cat", engine, workers: 4, maxPerIp: 2 },
        address: undefined,
      });
      using served = new Clients();
      const { port } = server;
      const statuses = times({ 101: 2, 429: MANY - 2 });
      assertEquals(await tryAll(served, port, MANY, "127.0.0.1"), statuses);
      assertEquals(await tryAll(served, port, MANY, "::1"), statuses);
      const [{ reason }] = server.of("session.refused");
      assertEquals(reason, "limit-per-ip");
    },
  });

  Deno.test({
    name: name("drain ends the sessions of all threads, and says so once"),
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.bash("sleep 60 & cat", {
        ...{ engine, workers: 3, drainMs: 100 },
      });
      using clients = new Clients();
      await clients.open(server.port, MANY);
      await server.next("session.opened", MANY - 1);
      const pids = server.of("session.opened").map(({ pid }) => pid!);
      const closed = clients.all.map((client) => client.all());
      await server.drain();
      for (const { code, reason } of await Promise.all(closed)) {
        assertEquals([code, reason], [1001, "server stopping"]);
      }
      await allGone(pids);
      assertEquals(server.of("session.closed").length, MANY);
      const [started, ...more] = server.of("drain.started");
      assertEquals([started.sessions, more.length], [MANY, 0]);
      assertEquals(server.of("drain.finished").map(({ killed }) => killed), [
        MANY,
      ]);
      await assertRejects(() => RawClient.connect(server.port));
    },
  });

  Deno.test({
    name: name("kill ends the programs of all threads at once"),
    ignore,
    async fn(): Promise<void> {
      const server = await ProgramServer.bash("trap '' INT TERM; sleep 60", {
        ...{ engine, workers: 2 },
      });
      using clients = new Clients();
      await clients.open(server.port, 8);
      await server.next("session.opened", 7);
      await server[Symbol.asyncDispose]();
      await allGone(server.of("session.opened").map(({ pid }) => pid!));
    },
  });

  Deno.test({
    name: name("SIGTERM drains all threads and exits with 0"),
    ignore,
    async fn(): Promise<void> {
      await using server = await startServer([
        ...["--workers=2", `--engine=${engine}`, "--drainms=100", "--"],
        ...["sh", "-c", "echo $$; cat"],
      ]);
      using clients = new Clients();
      await clients.open(server.port, 8);
      const pids = [];
      for (const client of clients.all) {
        pids.push(Number(await client.message()));
      }
      const closed = clients.all.map((client) => client.next());
      server.signal("SIGTERM");
      for (const end of await Promise.all(closed)) {
        assertEquals((end as Closed).code, 1001);
      }
      assertEquals((await server.ended()).code, 0);
      await allGone(pids);
    },
  });

  Deno.test({
    name: name("who is served by one thread waits for no flood on another"),
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.bash(
        `read -r line; [ "$line" = flood ] && exec cat /dev/zero; exec cat`,
        { engine, workers: 2, framing: "chunks" },
      );
      using clients = new Clients();
      const [flooded, ...others] = await clients.open(server.port, MANY);
      for (const client of others) await client.send(latin1("quiet\n"));
      await flooded.send(latin1("flood\n"));
      await flooded.message();
      // Read as long as nobody stops it: the thread has always something to do.
      let isFlooding = true;
      let flooding = 0;
      const flood = (async () => {
        for (; isFlooding; flooding++) await flooded.message();
      })();
      try {
        for (let round = 0; round < 10; round++) {
          const bytes = latin1(`round ${round}`);
          for (const client of others) {
            await client.send(bytes);
            assertEquals(await client.message(), bytes);
          }
        }
      } finally {
        isFlooding = false;
        await within(flood, "the flood to be read");
      }
      assert(flooding > 0);
    },
  });

  Deno.test({
    name: name(
      "a thread that dies is replaced; its programs and slots are not kept",
    ),
    ignore,
    async fn(): Promise<void> {
      const workers: Worker[] = [];
      const events: Event[] = [];
      const of = (type: Event["type"]) =>
        events.filter((event) => event.type === type);
      await using server = await startFailing({
        ...{ command: "bash", args: ["-c", "sleep 60 & echo $! $$; cat"] },
        ...{ engine, maxForks: MANY },
        onEvent: (event) => events.push(event),
      }, workers);
      using clients = new Clients();
      await clients.open(server.port, MANY);
      await eventually(() => of("session.opened").length === MANY, "sessions");
      const families: { readonly thread: string; readonly pids: number[] }[] =
        [];
      for (const client of clients.all) {
        const pids = String(await client.message()).split(" ").map(Number);
        families.push({ pids, thread: threadOf(pids[1]) });
      }
      workers[1].postMessage("fail");
      const message = await eventually(
        () => (of("error")[0] as { readonly message: string })?.message,
        "an error",
      );
      assertMatch(message, /is started again: .*failed on purpose/);
      // Sessions of one thread are lost, of one only, with all their programs.
      const closed = of("session.closed").map((event) =>
        (event as { readonly pid: number | null }).pid
      );
      const lost = families.filter(({ pids }) => closed.includes(pids[1]));
      const [{ thread }] = lost;
      assertEquals(
        lost,
        families.filter((family) => family.thread === thread),
      );
      assert(lost.length < MANY);
      await allGone(lost.flatMap(({ pids }) => pids));
      for (const family of families) {
        if (!lost.includes(family)) assert(family.pids.every(isRunning));
      }
      // The new thread listens as well, and the lost slots are free again.
      await eventually(() => workers.length === 3, "another thread");
      using others = new Clients();
      assertEquals(
        await tryAll(others, server.port, lost.length + 1),
        times({ 101: lost.length, 429: 1 }),
      );
      const threads = new Set(families.map(({ thread }) => thread));
      await eventually(async () => {
        using leaving = others.all.pop();
        await leaving?.leave();
        const [status] = await tryAll(others, server.port, 1);
        if (status !== 101) return false;
        const message = String(await others.all.at(-1)!.message());
        return !threads.has(threadOf(Number(message.split(" ")[1])));
      }, "a session on the new thread");
      await server.kill();
      await allGone(families.flatMap(({ pids }) => pids));
    },
  });

  Deno.test({
    name: name("an error that nobody catches is told, and ends no session"),
    ignore,
    async fn(): Promise<void> {
      const workers: Worker[] = [];
      const messages: string[] = [];
      await using server = await startFailing({
        ...{ command: "cat", engine },
        onEvent: (event) =>
          event.type === "error" && messages.push(event.message),
      }, workers);
      using clients = new Clients();
      await clients.open(server.port, 8);
      for (const word of ["throw", "reject"]) {
        for (const worker of workers) worker.postMessage(word);
      }
      await eventually(() => messages.length === 4, "four errors");
      assertEquals(messages.map((message) => message.split("\n")[0]).sort(), [
        "Unhandled error: Error: thrown",
        "Unhandled error: Error: thrown",
        "Unhandled rejection: Error: rejected",
        "Unhandled rejection: Error: rejected",
      ]);
      for (const client of clients.all) {
        await client.send("still here");
        assertEquals(await client.message(), "still here");
      }
      assertEquals(workers.length, 2);
    },
  });

  Deno.test({
    name: name(
      "ports for redirects and for who operates the server are opened once",
    ),
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.start({
        ...{ command: "cat", engine, workers: 3, redirPort: 0 },
        ...{ adminAddress: "127.0.0.1:0", health: "/healthz" },
      });
      const get = async (port: number) => {
        using client = await RawClient.connect(port);
        const { status } = await client.ask(
          `GET /healthz HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`,
        );
        return status;
      };
      const [, redirect, admin, ...more] = server.of("server.listening");
      assertEquals([redirect.purpose, admin.purpose, more.length], [
        "redirect",
        "admin",
        0,
      ]);
      assertEquals(await get(redirect.port), 301);
      assertEquals(await get(admin.port), 200);
      // None of the threads says there what only the other port says.
      for (let i = 0; i < MANY; i++) assertEquals(await get(server.port), 404);
    },
  });

  Deno.test({
    name: name("with TLS"),
    ignore,
    async fn(): Promise<void> {
      using scratch = new Scratch();
      const authority = await makeCertificate(scratch, "authority");
      const { certFile, keyFile } = await makeCertificate(scratch, "server", {
        by: authority,
      });
      await using server = await ProgramServer.start({
        ...{ command: "cat", engine, workers: 2 },
        ...{ ssl: true, sslCert: certFile, sslKey: keyFile },
      });
      const { port } = server;
      for (let i = 0; i < MANY; i++) {
        using conn = await Deno.connectTls({
          ...{ hostname: "localhost", port, caCerts: [authority.cert] },
        });
        await conn.write(latin1(handshake(port)));
        const answer = new Uint8Array(12);
        await within(conn.read(answer), "an answer");
        assertEquals(new TextDecoder().decode(answer), "HTTP/1.1 101");
      }
      await server.next("session.closed", MANY - 1);
      assertEquals(server.of("error"), []);
    },
  });

  Deno.test({
    name: name("events reach the main thread however many there are"),
    ignore,
    async fn(): Promise<void> {
      const lines = 20_000;
      await using server = await ProgramServer.bash(
        `seq ${lines} >&2; echo done; cat`,
        { engine, workers: 2 },
      );
      using client = await RawClient.open(server.port);
      assertEquals(await client.message(), "done");
      await server.next("child.stderr", lines - 1);
      assertEquals(
        server.of("child.stderr").map(({ line }) => line),
        Array.from({ length: lines }, (_, i) => String(i + 1)),
      );
    },
  });

  Deno.test({
    name: name("ten wrong logins are enough, whichever threads they come to"),
    ignore,
    async fn(): Promise<void> {
      using scratch = new Scratch();
      const tokens = scratch.file("tokens");
      await Deno.writeTextFile(tokens, "0123456789abcdef\n", { mode: 0o600 });
      await using server = await ProgramServer.start({
        ...{ command: "cat", engine, workers: 2, auth: [`token:${tokens}`] },
      });
      const statuses: number[] = [];
      for (let i = 0; i < MANY; i++) {
        // A connection for each, as the system deals them out.
        using client = await RawClient.connect(server.port);
        const { status } = await client.ask(
          `GET /?token=guess${i} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
        );
        statuses.push(status);
      }
      const expected = Array.from(
        { length: MANY },
        (_, i) => i < 10 ? 401 : 429,
      );
      assertEquals(statuses, expected);
    },
  });

  Deno.test({
    name: name("the random token is the same on all threads"),
    ignore,
    async fn(): Promise<void> {
      const server = await serve({
        ...{ command: "cat", engine, workers: 2, auth: ["token"], port: 0 },
        address: ["127.0.0.1"],
      });
      try {
        const [{ port }] = server.addresses;
        const { search } = new URL(server.link!);
        using clients = new Clients();
        for (let i = 0; i < 8; i++) {
          clients.all.push(
            await RawClient.open(port, { path: `/${search}` }),
          );
        }
        await assertRejects(
          () => RawClient.open(port),
          Error,
          "401",
        );
      } finally {
        await server.kill();
      }
    },
  });
}

for (
  const [what, options, why] of [
    ["a unix socket", { unixSocket: "/tmp/none" }, "unixSocket (--unixsocket)"],
    ["once", { once: true }, "once (--once)"],
  ] as const
) {
  Deno.test({
    name: `workers: ${what} is refused with a sentence`,
    ignore,
    async fn(): Promise<void> {
      for (const workers of [0, 2]) {
        const { message } = await assertRejects(
          () => serve({ command: "cat", port: 0, workers, ...options }),
          OptionError,
        );
        assert(
          message.startsWith(
            `Cannot use several workers (--workers) with ${why}: `,
          ),
          message,
        );
        assertMatch(message, /; leave one of them out$/);
      }
      // One is none besides.
      if ("once" in options) {
        const server = await serve({
          ...{ command: "cat", port: 0, workers: 1, ...options },
        });
        await server.kill();
      }
    },
  });
}

Deno.test("workers: a number that is none is refused", async () => {
  for (const workers of [-1, 1.5, 257, NaN]) {
    await assertRejects(
      () => serve({ command: "cat", port: 0, workers }),
      OptionError,
      "for workers (--workers): write a whole number from 1 to 256, or 0 for one for each processor",
    );
  }
});

Deno.test({
  name:
    "workers: a port that is in use is said to be, though its user would share it",
  ignore,
  async fn(): Promise<void> {
    await using other = await ProgramServer.start({
      ...{ command: "cat", workers: 2 },
    });
    await assertRejects(
      () =>
        serve({
          ...{ command: "cat", workers: 2, port: other.port },
          address: ["127.0.0.1"],
        }),
      Error,
      "address already in use",
    );
  },
});

Deno.test({
  name:
    "workers: a program that does not exist is said to be as with one thread",
  ignore,
  async fn(): Promise<void> {
    const failure = async (workers: number) =>
      (await assertRejects(
        () => serve({ command: "./no such program", port: 0, workers }),
        OptionError,
      )).message;
    assertEquals(await failure(2), await failure(1));
  },
});
