/** Functions as programs: everything that holds for a program holds for them. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import {
  handler,
  type ProgramFunction,
  serve,
  type ServeOptions,
} from "../../lib/mod.ts";
import { BulkClient, OPCODE, text } from "../helpers/bulk_client.ts";
import { Client } from "../helpers/client.ts";
import { eventually, pause, within } from "../helpers/deadline.ts";
import { ENGINE } from "../helpers/engine.ts";
import { ProgramServer } from "../helpers/program_server.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function start(
  program: ProgramFunction,
  options: ServeOptions = {},
): Promise<ProgramServer> {
  return ProgramServer.start({ program, ...options });
}

const echo: ProgramFunction = async ({ lines, print }) => {
  for await (const line of lines()) await print(line);
};

/** Waits until it has to end, and ends as by SIGINT then. */
const wait: ProgramFunction = ({ signal }) =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });

Deno.test("a function answers each client on its own, line by line", async () => {
  await using server = await start(
    async function greeter({ lines, print }): Promise<void> {
      await print("Who are you?");
      for await (const name of lines()) await print(`Hello ${name}`);
    },
  );
  await using one = await Client.open(server.url);
  await using two = await Client.open(server.url);
  one.send("one");
  two.send("two");
  assertEquals(await one.message(1), "Hello one");
  assertEquals(await two.message(1), "Hello two");
  assertEquals([...one.messages, ...two.messages], [
    "Who are you?",
    "Hello one",
    "Who are you?",
    "Hello two",
  ]);
});

Deno.test("a function sees the CGI environment, what passEnv names and nothing else, and its arguments", async () => {
  Deno.env.set("WEBSOCKETD_TEST_SECRET", "secret");
  Deno.env.set("WEBSOCKETD_TEST_PASSED", "passed");
  await using server = await start(
    ({ env, args, print }) => void print(JSON.stringify({ env, args })),
    { args: ["a b", "c"], passEnv: ["WEBSOCKETD_TEST_PASSED"] },
  );
  const { messages: [message] } = await Client.run(
    `${server.url}path?a=1`,
  );
  const { env, args } = JSON.parse(message as string);
  assertEquals(args, ["a b", "c"]);
  assertEquals(env.WEBSOCKETD_TEST_PASSED, "passed");
  assertEquals(env.WEBSOCKETD_TEST_SECRET, undefined);
  assertEquals([env.PATH_INFO, env.QUERY_STRING, env.REMOTE_ADDR], [
    "/path",
    "a=1",
    "127.0.0.1",
  ]);
  const { session } = await server.next("session.opened");
  assertEquals(env.UNIQUE_ID, session.id);
  Deno.env.delete("WEBSOCKETD_TEST_SECRET");
  Deno.env.delete("WEBSOCKETD_TEST_PASSED");
});

for (
  const { what, program, code, reason, messages = ["hi"] } of [
    { what: "returns", code: 1000, reason: "exit 0" },
    ...[1, 3, 255].map((status) => ({
      what: `returns ${status}`,
      program: () => status,
      code: 4000 + status,
      reason: `exit ${status}`,
    })),
    ...([["SIGTERM", 15], ["SIGKILL", 9], ["SIGSEGV", 11]] as const).map((
      [signal, n],
    ) => ({
      what: `returns ${signal}`,
      program: () => signal,
      code: 4500 + n,
      reason: `signal ${signal}`,
    })),
    {
      what: "throws",
      program(): never {
        throw new Error("a bug");
      },
      code: 4001,
      reason: "exit 1",
    },
    {
      what: "returns what is no status",
      program: () => 256,
      code: 4001,
      reason: "exit 1",
    },
    {
      what: "closes its output and goes on",
      program: async ({ stdout }) => {
        await stdout.close();
        await new Promise(() => {});
      },
      code: 1000,
      reason: "the program closed its output",
    },
    {
      what: "closes its output, then returns 5",
      program: async ({ stdout }) => {
        await stdout.close();
        return 5;
      },
      code: 4005,
      reason: "exit 5",
    },
    {
      what: "prints a line that is too long",
      program: ({ print }) => print("12345678901"),
      code: 1011,
      reason: "Line longer than 10 bytes (--maxline)",
    },
    {
      what: "prints a last line without a newline",
      program: ({ stdout }) => stdout.getWriter().write(bytes("last")),
      code: 1000,
      reason: "exit 0",
      messages: ["hi", "last"],
    },
  ] as {
    what: string;
    program?: ProgramFunction;
    code: number;
    reason: string;
    messages?: string[];
  }[]
) {
  Deno.test(`a function that ${what}: the client gets its output, then close ${code} "${reason}"`, async () => {
    await using server = await start(async (io) => {
      await io.print("hi");
      return await program?.(io);
    }, { maxLine: 10 });
    assertEquals(await Client.run(server.url), { messages, code, reason });
    const closed = await server.next("session.closed");
    assertEquals([closed.code, closed.reason], [code, reason]);
    assertEquals(closed.pid, 0);
    assertEquals(closed.sent.messages, messages.length);
    assert(closed.exit !== null);
  });
}

Deno.test("a function that throws: its stderr is in the log, with what it threw", async () => {
  await using server = await start(async ({ printError }) => {
    await printError("to the log");
    throw new Error("a bug");
  });
  await Client.run(server.url);
  await server.next("session.closed");
  const lines = server.of("child.stderr").map(({ pid, line }) => [pid, line]);
  assertEquals(lines.slice(0, 2), [[0, "to the log"], [0, "Error: a bug"]]);
});

Deno.test("a client that leaves: the function reads what it sent, then the end of its input, and gets no signal if it ends then", async () => {
  const seen: string[] = [];
  await using server = await start(async ({ lines }) => {
    for await (const line of lines()) seen.push(line);
    return 7;
  });
  await using client = await Client.open(server.url);
  for (let i = 0; i < 1000; i++) client.send(`${i}`);
  client.close(3000, "enough");
  const { code, reason, exit, received } = await server.next("session.closed");
  assertEquals([code, reason, exit], [3000, "enough", {
    code: 7,
    signal: null,
  }]);
  assertEquals(seen, Array.from({ length: 1000 }, (_, i) => `${i}`));
  assertEquals(received.messages, 1000);
  assertEquals(server.of("child.signalled"), []);
});

for (
  const [what, program, signals, exit] of [
    ["waits with its signal", wait, ["SIGINT"], "SIGINT"],
    [
      "prints on and on",
      async ({ print }) => {
        for (;;) {
          await print("on and on");
          await pause(1);
        }
      },
      ["SIGINT", "SIGTERM"],
      "SIGTERM",
    ],
    [
      "ignores everything",
      () => new Promise(() => {}),
      ["SIGINT", "SIGTERM", "SIGKILL"],
      "SIGKILL",
    ],
  ] as [string, ProgramFunction, string[], string][]
) {
  Deno.test(`a client that leaves a function that ${what}: ${signals.join(", ")}, and its slot is free again`, async () => {
    await using server = await start(program, { maxForks: 1 });
    for (let i = 0; i < 2; i++) {
      const client = await eventually(
        () => Client.open(server.url).catch(() => undefined),
        "a free slot",
      );
      await server.next("session.opened", i);
      await client[Symbol.asyncDispose]();
      const closed = await server.next("session.closed", i);
      assertEquals(closed.exit?.signal, exit);
    }
    assertEquals(
      server.of("child.signalled").map(({ signal, pid }) => [signal, pid]),
      [...signals, ...signals].map((signal) => [signal, 0]),
    );
  });
}

Deno.test("closeMs gives a function more time at each step", async () => {
  await using server = await start(async ({ lines, signal }) => {
    for await (const _ of lines());
    await pause(400);
    return signal.aborted ? 1 : 0;
  }, { closeMs: 10_000 });
  await using client = await Client.open(server.url);
  client.close();
  assertEquals((await server.next("session.closed")).exit?.code, 0);
});

Deno.test("a server that stops ends its functions and tells their clients", async () => {
  await using server = await start(wait, { drainMs: 0 });
  await using client = await Client.open(server.url);
  await server.next("session.opened");
  await server.drain();
  assertEquals(await within(client.closed, "the close"), {
    code: 1001,
    reason: "server stopping",
  });
  assertEquals(server.of("drain.finished"), [{
    type: "drain.finished",
    killed: 1,
  }]);
});

Deno.test("a handler that is killed waits for no function", async () => {
  const program = handler({ program: () => new Promise(() => {}) });
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen(): void {},
  }, program);
  await using _client = await Client.open(
    `ws://127.0.0.1:${server.addr.port}/`,
  );
  await within(program.kill(), "the kill");
  assertEquals(program.sessions, 0);
  await server.shutdown();
});

const twelve = (async ({ stdin, stdout }) => {
  const reader = stdin.getReader({ mode: "byob" });
  const { value } = await reader.read(new Uint8Array(12), { min: 12 });
  const writer = stdout.getWriter();
  await writer.write(value!);
}) satisfies ProgramFunction;

for (
  const { framing, program, sends, gets } of [
    {
      framing: "lines",
      program: echo,
      sends: ["a\nb", ""],
      gets: ["a", "b", ""],
    },
    {
      framing: "nul",
      program: ({ stdin, stdout }) => stdin.pipeTo(stdout),
      sends: ["a\nb", ""],
      gets: ["a\nb", ""],
    },
    {
      framing: "raw",
      program: twelve,
      sends: ["hello, ", "world"],
      gets: ["hello, world"],
    },
    {
      framing: "chunks",
      program: twelve,
      sends: [bytes("hello, "), bytes("w\0r\xff")],
      gets: [bytes("hello, w\0r\xff")],
    },
    {
      framing: "length32",
      program: ({ stdin, stdout }) => stdin.pipeTo(stdout),
      sends: [bytes("a\nb"), bytes("")],
      gets: [bytes("a\nb"), bytes("")],
    },
    {
      framing: "tagged",
      program: async ({ lines, print, printError }) => {
        for await (const line of lines()) {
          await print(line);
          await printError(line);
          return;
        }
      },
      sends: ["hello"],
      gets: [
        '{"stream":"stderr","data":"hello"}',
        '{"stream":"stdout","data":"hello"}',
      ],
    },
  ] as {
    framing: ServeOptions["framing"];
    program: ProgramFunction;
    sends: (string | Uint8Array<ArrayBuffer>)[];
    gets: (string | Uint8Array)[];
  }[]
) {
  Deno.test(`a function speaks the framing ${framing}`, async () => {
    await using server = await start(program, { framing });
    await using client = await Client.open(server.url);
    for (const message of sends) client.send(message);
    await client.message(gets.length - 1);
    // Which of two streams is read first is nobody's promise.
    const seen = framing === "tagged"
      ? [...client.messages].sort()
      : client.messages;
    assertEquals(seen, gets);
  });
}

Deno.test("a client that sends the wrong type to a function: close 1003", async () => {
  await using server = await start(echo);
  await using client = await Client.open(server.url);
  client.send(bytes("binary"));
  assertEquals((await within(client.closed, "the close")).code, 1003);
});

Deno.test("a client that does not read holds a function back, and then gets every line", async () => {
  const lines = 200_000;
  let printed = 0;
  await using server = await start(async ({ print }) => {
    for (; printed < lines; printed++) {
      await print(`${printed} ${"x".repeat(100)}`);
    }
  });
  using client = await BulkClient.open(server.port);
  let before = -1;
  await eventually(async () => {
    const isStill = printed === before;
    before = printed;
    await pause(200);
    return isStill && printed > 0;
  }, "the function to be held back");
  assert(printed < lines / 2, `${printed} lines are on their way`);
  const decoder = new TextDecoder();
  for (let line = 0; line < lines;) {
    const frame = await client.next();
    if (frame?.opcode === OPCODE.PING) continue;
    const text = decoder.decode(frame?.payload);
    if (!text.startsWith(`${line} x`)) throw new Error(`${line} is ${text}`);
    line++;
  }
});

Deno.test("a function that does not read holds its client back, and then reads everything", async () => {
  const go = Promise.withResolvers<void>();
  const size = 50_000;
  const count = 800; // 40 MB: more than the system holds on its way.
  let read = 0;
  await using server = await start(async ({ lines, print }) => {
    await go.promise;
    for await (const line of lines()) {
      read += line.length;
      if (read === count * size) await print("all");
    }
  });
  using client = await BulkClient.open(server.port);
  const message = text("x".repeat(size));
  let sent = 0;
  const sending = (async () => {
    for (; sent < count; sent++) await client.write(message);
  })();
  let before = -1;
  await eventually(async () => {
    const isStill = sent === before;
    before = sent;
    await pause(200);
    return isStill && sent > 0;
  }, "the client to be held back");
  assert(sent < count, "everything was taken");
  go.resolve();
  await within(sending, "everything to be sent", 60_000);
  assertEquals(await client.nextText(60_000), "all");
});

Deno.test("a function takes a slot: another client gets 429", async () => {
  await using server = await start(wait, { maxForks: 1 });
  await using _client = await Client.open(server.url);
  assertEquals(
    await Client.open(server.url).then(() => "let in", () => "refused"),
    "refused",
  );
  const [refused] = server.of("session.refused");
  assertEquals([refused.status, refused.reason], [429, "limit"]);
});

for (const limit of ["timeoutMs", "idleMs"] as const) {
  Deno.test(`${limit} ends a function: close 1008`, async () => {
    await using server = await start(wait, { [limit]: 200 });
    const { code, reason } = await Client.run(server.url);
    assertEquals(code, 1008);
    assertMatch(reason, limit === "idleMs" ? /--idle/ : /--timeout/);
    assertEquals(
      (await server.next("session.closed")).exit?.signal,
      "SIGINT",
    );
  });
}

Deno.test("a function gets a message of maxFrameSize, and none that is one byte longer: close 1009", async () => {
  await using server = await start(echo, { maxFrameSize: 10 });
  await using client = await Client.open(server.url);
  client.send("1234567890");
  assertEquals(await client.message(0), "1234567890");
  client.send("12345678901");
  assertEquals((await within(client.closed, "the close")).code, 1009);
});

Deno.test("the events of a function's session name it, and have 0 for its process id", async () => {
  await using server = await start(
    async function shout({ lines, print }): Promise<void> {
      for await (const line of lines()) await print(line.toUpperCase());
    },
    { args: ["a"] },
  );
  await using client = await Client.open(server.url);
  client.send("hello");
  assertEquals(await client.message(0), "HELLO");
  client.close();
  const closed = await server.next("session.closed");
  const opened = await server.next("session.opened");
  assertEquals([opened.pid, opened.session.command], [0, ["shout", "a"]]);
  assertEquals([closed.pid, closed.sent, closed.received], [
    0,
    { messages: 1, bytes: 5 },
    { messages: 1, bytes: 5 },
  ]);
});

Deno.test("a function's sessions are counted in the metrics like any other", async () => {
  await using server = await start(() => 3, { metrics: "/metrics" });
  await Client.run(server.url);
  await server.next("session.closed");
  const response = await fetch(`http://127.0.0.1:${server.port}/metrics`);
  const text = await response.text();
  assertStringIncludes(
    text,
    'websocketd_child_exits_total{code="3",signal=""} 1\n',
  );
});

Deno.test("a function can be shared: it is called once, and all clients get what it prints", async () => {
  let calls = 0;
  await using server = await start(async ({ lines, print }) => {
    calls++;
    for await (const line of lines()) await print(line);
  }, { share: "all" });
  await using one = await Client.open(server.url);
  one.send("first");
  assertEquals(await one.message(0), "first");
  await using two = await Client.open(server.url);
  two.send("second");
  assertEquals(await one.message(1), "second");
  assertEquals(await two.message(0), "second");
  assertEquals(calls, 1);
});

Deno.test("a function cannot be served by several threads", async () => {
  const options = { program: echo, port: 0, workers: 2, engine: ENGINE };
  const { message } = await serve(options).then(
    () => new Error("is served"),
    (error: Error) => error,
  );
  assertEquals(
    message,
    Deno.build.os === "linux"
      ? "Cannot use several workers (--workers) with program: a function cannot be handed to another thread; leave one of them out"
      : "Cannot use several workers (--workers) on this system: only Linux hands the clients of one port to several threads",
  );
});
