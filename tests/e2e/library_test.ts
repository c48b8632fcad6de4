/** The library inside somebody's program: beside other routes, ending, and listeners that fail. */
import {
  assert,
  assertEquals,
  assertLess,
  assertStrictEquals,
} from "@std/assert";
import {
  type Event,
  type Handler,
  handler,
  type Options,
  serve,
  type ServeOptions,
  type Server,
} from "../../lib/mod.ts";
import { eventually, within } from "../helpers/deadline.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { handshake, RawClient } from "../helpers/raw_client.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";

const ignore = Deno.build.os === "windows";

/** A handler inside of a server that is not ours. */
class Host implements AsyncDisposable {
  readonly events: Event[] = [];
  readonly program: Handler;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(options: Options) {
    this.program = handler({
      ...options,
      onEvent: (event) => {
        this.events.push(event);
        return options.onEvent?.(event);
      },
    });
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen(): void {} },
      (request, info) =>
        new URL(request.url).pathname === "/program"
          ? this.program(request, info)
          : new Response("something else"),
    );
  }

  get port(): number {
    return this.#server.addr.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program.kill();
    await within(this.#server.shutdown(), "the server to end");
  }
}

async function refusal(
  port: number,
): Promise<{ status: number; body: string; retryAfter: string | null }> {
  using client = await RawClient.connect(port);
  const { status, body, get } = await client.ask(
    handshake(port, { path: "/program" }),
  );
  return { status, body, retryAfter: get("retry-after") };
}

Deno.test({
  name: "a handler serves its program beside other routes",
  ignore,
  async fn(): Promise<void> {
    await using host = new Host({ command: "cat" });
    using client = await RawClient.open(host.port, { path: "/program" });
    await client.send("hello");
    assertEquals(await client.message(), "hello");
    assertEquals(host.program.sessions, 1);
    using other = await RawClient.connect(host.port);
    assertEquals(
      (await other.ask("GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n")).body,
      "something else",
    );
    assertEquals(
      (await other.ask(
        "GET /program HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      )).status,
      404,
    );
    await client.leave();
    await eventually(() => host.program.sessions === 0, "the session to end");
  },
});

Deno.test({
  name: "a handler counts a session until its program is gone",
  ignore,
  async fn(): Promise<void> {
    await using host = new Host({ command: "cat" });
    assertEquals(host.program.sessions, 0);
    const clients = await Promise.all(
      Array.from(
        { length: 3 },
        () => RawClient.open(host.port, { path: "/program" }),
      ),
    );
    assertEquals(host.program.sessions, 3);
    for (const client of clients) await client.leave();
    await eventually(() => host.program.sessions === 0, "the sessions to end");
    for (const client of clients) client[Symbol.dispose]();
  },
});

Deno.test({
  name:
    "a handler that drains answers 503 with Retry-After, and lets its sessions go on",
  ignore,
  async fn(): Promise<void> {
    await using host = new Host({ command: "cat", drainMs: 10_000 });
    using client = await RawClient.open(host.port, { path: "/program" });
    await client.send("before");
    assertEquals(await client.message(), "before");
    const drained = host.program.drain();
    assertEquals(await refusal(host.port), {
      status: 503,
      body: "This server is stopping: try again later\n",
      retryAfter: "5",
    });
    await client.send("after");
    assertEquals(await client.message(), "after");
    await client.leave();
    // Long before its time is up: nothing is left to wait for.
    assertEquals(await within(drained, "the drain", 8000), 0);
    assertEquals((await refusal(host.port)).status, 503);
    assertEquals(host.events.filter(({ type }) => type.startsWith("drain.")), [
      { type: "drain.started", sessions: 1 },
      { type: "drain.finished", killed: 0 },
    ]);
  },
});

Deno.test({
  name: "a drain ends what goes on after drainMs with 1001, and says how many",
  ignore,
  async fn(): Promise<void> {
    await using host = new Host({ command: "cat", drainMs: 100 });
    const clients = await Promise.all(
      Array.from(
        { length: 2 },
        () => RawClient.open(host.port, { path: "/program" }),
      ),
    );
    const ends = clients.map((client) => client.all());
    assertEquals(await within(host.program.drain(), "the drain"), 2);
    for (const end of ends) {
      assertEquals(await end, {
        messages: [],
        code: 1001,
        reason: "server stopping",
      });
    }
    assertEquals(host.program.sessions, 0);
    for (const client of clients) client[Symbol.dispose]();
  },
});

Deno.test({
  name: "a drain of nothing ends at once, and twice is once",
  ignore,
  async fn(): Promise<void> {
    await using host = new Host({ command: "cat", drainMs: 60_000 });
    const watch = new Stopwatch();
    assertEquals(
      await Promise.all([host.program.drain(), host.program.drain()]),
      [0, 0],
    );
    assertLess(watch.ms, 1000);
    assertEquals(host.events.map(({ type }) => type), [
      "drain.started",
      "drain.finished",
    ]);
  },
});

Deno.test({
  name:
    "serve drains: new clients get 503, sessions go on, then nothing listens any more",
  ignore,
  async fn(): Promise<void> {
    const server = await serve({ command: "cat", port: 0, drainMs: 10_000 });
    const { port } = server.addresses[0];
    using client = await RawClient.open(port);
    const drained = server.drain();
    assertEquals(await refusal(port), {
      status: 503,
      body: "This server is stopping: try again later\n",
      retryAfter: "5",
    });
    await client.send("still there");
    assertEquals(await client.message(), "still there");
    await client.leave();
    await within(drained, "the drain");
    await within(server.finished, "the end");
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    assertStrictEquals(server.drain(), drained);
  },
});

Deno.test({
  name:
    "serve kills while it drains: programs that ignore everything are gone at once",
  ignore,
  async fn(): Promise<void> {
    const server = await serve({
      command: "sh",
      args: [
        "-c",
        "trap '' INT TERM HUP; echo ready; while :; do sleep 60; done",
      ],
      port: 0,
      drainMs: 60_000,
    });
    using client = await RawClient.open(server.addresses[0].port);
    assertEquals(await client.message(), "ready");
    const drained = server.drain();
    const watch = new Stopwatch();
    await within(server.kill(), "the kill");
    assertLess(watch.ms, 3000);
    await within(drained, "the drain");
    await server.finished;
  },
});

Deno.test({
  name:
    "serve with once ends after the first session, and admits no second one beside it",
  ignore,
  async fn(): Promise<void> {
    const server = await serve({ command: "cat", port: 0, once: true });
    const { port } = server.addresses[0];
    using client = await RawClient.open(port);
    assertEquals(await refusal(port), {
      status: 429,
      body: "All 1 programs that may run at once are running (--maxforks)\n",
      retryAfter: "1",
    });
    await client.leave();
    await within(server.finished, "the end");
  },
});

const failing: [string, ServeOptions["onEvent"]][] = [
  ["throws", () => {
    throw new Error("my own bug");
  }],
  ["rejects", (() => Promise.reject(new Error("my own bug"))) as () => void],
];

for (const [how, onEvent] of failing) {
  Deno.test({
    name: `an onEvent that ${how} hurts neither a server nor a session`,
    ignore,
    async fn(): Promise<void> {
      const server = await serve({
        command: "sh",
        args: ["-c", "echo err >&2; cat"],
        port: 0,
        onEvent,
      });
      const { port } = server.addresses[0];
      using client = await RawClient.open(port);
      await client.send("hello");
      assertEquals(await client.message(), "hello");
      using plain = await RawClient.connect(port);
      assertEquals(
        (await plain.ask(
          "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        )).status,
        404,
      );
      assertEquals((await client.leave()).code, 1000);
      await within(server.drain(), "the drain");
    },
  });

  Deno.test({
    name: `an onEvent that ${how} does not keep once from ending the server`,
    ignore,
    async fn(): Promise<void> {
      const server = await serve({
        command: "echo",
        args: ["hi"],
        port: 0,
        once: true,
        onEvent,
      });
      using client = await RawClient.open(server.addresses[0].port);
      assertEquals((await client.all()).messages, ["hi"]);
      await within(server.finished, "the end");
    },
  });

  Deno.test({
    name: `an onEvent that ${how} does not hurt a handler`,
    ignore,
    async fn(): Promise<void> {
      await using host = new Host({ command: "cat", onEvent });
      using client = await RawClient.open(host.port, { path: "/program" });
      await client.send("hello");
      assertEquals(await client.message(), "hello");
      await client.leave();
      assertEquals(await host.program.drain(), 0);
    },
  });
}

Deno.test({
  name: "two servers in one program do not know of each other",
  ignore,
  async fn(): Promise<void> {
    await using one = await ProgramServer.start({
      command: "cat",
      maxForks: 1,
    });
    await using two = await ProgramServer.start({
      command: "cat",
      maxForks: 1,
    });
    using first = await RawClient.open(one.port);
    using second = await RawClient.open(two.port);
    await one.drain();
    assertEquals((await first.next() as { code: number }).code, 1001);
    await second.send("hello");
    assertEquals(await second.message(), "hello");
    assert(two.of("drain.started").length === 0);
  },
});

Deno.test("serve fails before it listens when an option cannot be used", async () => {
  const events: Event[] = [];
  let error: unknown;
  const options: ServeOptions = {
    command: "no-such-program-anywhere",
    port: 0,
    onEvent: (event) => void events.push(event),
  };
  await (serve(options) as Promise<Server>).catch((reason) => error = reason);
  assertEquals((error as Error).name, "OptionError");
  assertEquals(events, []);
});
