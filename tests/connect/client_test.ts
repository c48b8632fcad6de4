import {
  assertEquals,
  assertGreater,
  assertLess,
  assertMatch,
  assertRejects,
} from "@std/assert";
import { runClient } from "../../lib/connect/client.ts";
import type { ClientEnd } from "../../lib/connect/client_end.ts";
import type { ClientEvent } from "../../lib/connect/client_events.ts";
import type { ClientOptions } from "../../lib/connect/client_options.ts";
import { OptionError } from "../../lib/errors.ts";
import { eventually, pause, within } from "../helpers/deadline.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { Scratch } from "../helpers/scratch.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";
import { concat, frame } from "../wire/frames.ts";
import { ScriptedServer, switching } from "./scripted_server.ts";
import { Input, Output } from "./streams.ts";

const ignore = Deno.build.os === "windows";

/** A client that has run: how it ended, what it printed, what happened. */
interface Run extends ClientEnd {
  readonly output: string;
  readonly events: readonly ClientEvent[];
}

/** Runs a client to its end. */
async function run(
  url: string,
  options: Partial<ClientOptions> = {},
): Promise<Run> {
  const output = new Output();
  const events: ClientEvent[] = [];
  const end = await within(
    runClient({
      url,
      input: new Input(""),
      output,
      onEvent: (event) => events.push(event),
      ...options,
    }),
    "the client to end",
  );
  return { ...end, output: output.text, events };
}

/** A text frame of a server. */
function text(payload: string): Uint8Array {
  return frame({ opcode: 1, payload, key: null });
}

/** A close frame of a server. */
function closing(code: number): Uint8Array {
  const payload = Uint8Array.of(code >> 8, code);
  return frame({ opcode: 8, payload, key: null });
}

for (
  const [script, status, output] of [
    ["echo done", 0, "done\n"],
    ["echo oops; exit 3", 3, "oops\n"],
    ["exit 255", 255, ""],
    ["kill -TERM $$", 143, ""],
    ["kill -KILL $$", 137, ""],
    ['read line; echo "got $line"; exit 7', 7, "got hello\n"],
    ["printf 'no newline'", 0, "no newline\n"],
  ] as const
) {
  Deno.test({
    name: `the exit status of '${script}' is the client's: ${status}`,
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.bash(script);
      const end = await run(server.url, { input: new Input("hello") });
      assertEquals([end.status, end.isExpected], [status, true]);
      assertEquals(end.output, output);
    },
  });
}

Deno.test({
  name:
    "lines become messages and messages lines, the last one without a newline too",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      'for i in 1 2 3 4; do read -r line; echo "$i:$line"; done',
    );
    const input = new Input("a\r\n\nc\nlast");
    assertEquals(
      (await run(server.url, { input })).output,
      "1:a\n2:\n3:c\n4:last\n",
    );
  },
});

Deno.test({
  name: "--binary sends bytes as they come and adds nothing",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash("head -c 4; exit 5", {
      framing: "chunks",
    });
    const end = await run(server.url, {
      input: new Input("a\0b\nc"),
      binary: true,
    });
    assertEquals([end.output, end.status], ["a\0b\n", 5]);
  },
});

Deno.test({
  name: "the wrong type of message ends with the server's reason",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({ command: "cat" });
    const end = await run(server.url, { input: new Input("a"), binary: true });
    assertEquals([end.status, end.isExpected], [70, false]);
    assertMatch(end.message, /^Closed by the server: 1003 .*--binary/);
  },
});

Deno.test("binary messages are printed as they are, text messages as lines", async () => {
  await using server = ScriptedServer.upgrading(concat([
    frame({ opcode: 2, payload: "a", key: null }),
    frame({ opcode: 2, payload: "b", key: null }),
    text("c"),
    closing(1000),
  ]));
  assertEquals((await run(server.url)).output, "abc\n");
  assertEquals((await run(server.url, { binary: true })).output, "abc");
});

Deno.test("a message in fragments, with a ping in between, is one line", async () => {
  await using server = ScriptedServer.upgrading(concat([
    frame({ opcode: 1, payload: "he", fin: false, key: null }),
    frame({ opcode: 9, payload: "?", key: null }),
    frame({ opcode: 0, payload: "llo", key: null }),
    closing(4009),
  ]));
  const { output, status } = await run(server.url);
  assertEquals([output, status], ["hello\n", 9]);
});

Deno.test({
  name: "the end of the input ends nothing: answers come however late",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      'read line; sleep 0.5; echo "late $line"; exit 4',
    );
    const end = await run(server.url, { input: new Input("a\n") });
    assertEquals([end.output, end.status], ["late a\n", 4]);
  },
});

Deno.test({
  name:
    "with endMs a client leaves when the input has ended and nothing more comes",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({ command: "cat" });
    const start = performance.now();
    const end = await run(server.url, {
      input: new Input("a\nb\n"),
      endMs: 500,
    });
    assertEquals([end.output, end.status], ["a\nb\n", 0]);
    assertEquals(end.message, "Closed after the end of the input");
    assertGreater(performance.now() - start, 450);
    assertEquals((await server.next("session.closed")).code, 1000);
  },
});

Deno.test({
  name: "with endMs a message starts the waiting anew",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      "for i in 1 2 3 4 5; do echo $i; sleep 0.3; done; cat",
    );
    const end = await run(server.url, { endMs: 1000 });
    assertEquals([end.output, end.status], ["1\n2\n3\n4\n5\n", 0]);
  },
});

Deno.test({
  name: "with endMs the time in which the output takes nothing does not count",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      "echo a; read x; echo b; exit 6",
    );
    const output = new Output();
    output.hold();
    const input = new Input("x\n");
    const running = run(server.url, { input, output, endMs: 300 });
    await server.next("session.opened");
    setTimeout(() => output.goOn(), 1000);
    assertEquals((await running).status, 6);
    assertEquals(output.text, "a\nb\n");
  },
});

Deno.test("when the server tells of the program's end between both close frames, that counts", async () => {
  await using server = new ScriptedServer(async ({ accept, write, drain }) => {
    await write(switching(accept));
    await drain();
    await write(closing(4008));
  });
  const end = await run(server.url, { endMs: 0 });
  assertEquals([end.status, end.message], [8, "Closed by the server: 4008"]);
});

Deno.test({
  name: "--once prints the first message and ends with 0",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      'while read line; do echo "got $line"; done',
    );
    const end = await run(server.url, {
      input: new Input("a\nb\nc\n"),
      once: true,
    });
    assertEquals([end.output, end.status], ["got a\n", 0]);
    // All of the input was sent all the same.
    const { received } = await server.next("session.closed");
    assertEquals(received.messages, 3);
  },
});

Deno.test({
  name: "--once waits for the end of the input",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({ command: "cat" });
    const input = new Input();
    const output = new Output();
    const running = run(server.url, { input, output, once: true });
    input.type("a\n");
    await output.has("a\n");
    input.type("b\n");
    input.end();
    assertEquals((await running).status, 0);
    assertEquals((await server.next("session.closed")).received.messages, 2);
    assertEquals(output.text, "a\n");
  },
});

Deno.test({
  name: "--once without an answer is no success",
  ignore,
  async fn(): Promise<void> {
    for (const [script, status] of [["exit 0", 69], ["exit 3", 3]] as const) {
      await using server = await ProgramServer.bash(script);
      assertEquals((await run(server.url, { once: true })).status, status);
    }
  },
});

for (
  const [what, answer, status, message] of [
    [
      "403",
      "403 Forbidden\r\nContent-Length: 9\r\n\r\nadd this\n",
      69,
      "403 Forbidden: add this",
    ],
    [
      "429",
      "429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
      75,
      "429 Too Many Requests",
    ],
    ["200", "200 OK\r\nContent-Length: 2\r\n\r\nhi", 69, "200 OK: hi"],
  ] as const
) {
  Deno.test(`an answer of ${what} ends with ${status} and says why`, async () => {
    await using server = ScriptedServer.saying(`HTTP/1.1 ${answer}`);
    const end = await run(server.url);
    assertEquals([end.status, end.isExpected], [status, false]);
    assertEquals(
      end.message,
      `Refused by ws://127.0.0.1:${server.port}: ${message}`,
    );
  });
}

for (
  const [what, answer, why] of [
    ["nothing", "", "it ended the connection without an answer"],
    ["no HTTP", "220 mail.example.com\r\n", "it is no web server"],
    [
      "an alert of TLS",
      "\x15\x03\x01",
      "it wants TLS there (wss:// instead of ws://)",
    ],
    [
      "a wrong handshake",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
      "its Sec-WebSocket-Accept is not the answer to our key",
    ],
  ] as const
) {
  Deno.test(`a server that says ${what} cannot be connected to`, async () => {
    await using server = ScriptedServer.saying(answer);
    const end = await run(server.url);
    assertEquals(end.status, 69);
    assertEquals(
      end.message,
      `Cannot connect to ws://127.0.0.1:${server.port}: ${why}`,
    );
  });
}

Deno.test("where nobody listens, or no such host is, there is no connection", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const refused = await run(`ws://127.0.0.1:${port}`);
  assertEquals([refused.status, refused.message], [
    69,
    `Cannot connect to ws://127.0.0.1:${port}: connection refused`,
  ]);
  const unknown = await run("ws://nobody.invalid/");
  assertEquals(unknown.status, 69);
  assertMatch(unknown.message, /^Cannot connect to ws:\/\/nobody.invalid: ./);
});

Deno.test("wss:// to a server without TLS says so", async () => {
  await using server = await ProgramServer.start({ command: "cat" });
  const end = await run(`wss://127.0.0.1:${server.port}`);
  assertEquals(
    end.message,
    `Cannot connect to wss://127.0.0.1:${server.port}: it does not speak TLS there (ws:// instead of wss://?)`,
  );
});

Deno.test("headers, subprotocols and the password of the address are sent", async () => {
  await using server = ScriptedServer.upgrading(
    closing(1000),
    "Sec-WebSocket-Protocol: b\r\n",
  );
  const end = await run(`ws://ada:secret@127.0.0.1:${server.port}/a?b`, {
    headers: ["Origin: https://example.com", "X-A: 1"],
    subprotocols: ["a", "b"],
  });
  assertEquals(end.status, 0);
  const [request] = server.requests;
  assertMatch(request, /^GET \/a\?b HTTP\/1\.1\r\n/);
  assertMatch(request, /\r\nOrigin: https:\/\/example\.com\r\nX-A: 1\r\n/);
  assertMatch(request, /\r\nSec-WebSocket-Protocol: a, b\r\n/);
  assertMatch(request, /\r\nAuthorization: Basic YWRhOnNlY3JldA==\r\n/);
});

Deno.test("a Unix socket can be connected to", async () => {
  using scratch = new Scratch();
  const path = scratch.file("s");
  await using server = new ScriptedServer(async ({ accept, write, drain }) => {
    await write(switching(accept));
    await write(concat([text("hello"), closing(4002)]));
    await drain();
  }, Deno.listen({ transport: "unix", path }));
  const end = await run("/a", { unixSocket: path });
  assertEquals([end.output, end.status], ["hello\n", 2]);
  assertMatch(server.requests[0], /^GET \/a HTTP\/1\.1\r\nHost: localhost\r\n/);
  const none = await run("/", { unixSocket: scratch.file("none") });
  assertEquals(
    none.message,
    "Cannot connect to ws://localhost: no such socket",
  );
});

Deno.test("options that cannot be used are told before anything is done", async () => {
  for (
    const options of [
      { url: "ftp://h" },
      { headers: ["x"] },
      { subprotocols: ["a b"] },
    ]
  ) {
    await assertRejects(() => run("ws://127.0.0.1:1", options), OptionError);
  }
});

Deno.test({
  name: "an interrupted client closes with 1001 and has the status 130",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash("echo ready; cat");
    const interrupt = new AbortController();
    const output = new Output();
    const running = run(server.url, {
      input: new Input(),
      output,
      signal: interrupt.signal,
    });
    await output.has("ready");
    interrupt.abort();
    assertEquals((await running).status, 130);
    assertEquals((await server.next("session.closed")).code, 1001);
  },
});

Deno.test("a client that waits for the last answers can be interrupted", async () => {
  await using server = new ScriptedServer(async ({ accept, write, drain }) => {
    await write(switching(accept));
    await drain();
    // Goes on and never answers the close frame.
    for (;;) {
      await write(text("more"));
      await pause(50);
    }
  });
  const interrupt = new AbortController();
  const input = new Input();
  const output = new Output();
  const running = run(server.url, {
    input,
    output,
    endMs: 0,
    signal: interrupt.signal,
  });
  input.end();
  await output.has("more\nmore\n");
  interrupt.abort();
  assertEquals((await running).status, 130);
});

Deno.test("what is typed after the end is for nobody", async () => {
  await using server = ScriptedServer.upgrading(closing(1000));
  const input = new Input();
  assertEquals((await run(server.url, { input })).status, 0);
  input.type("late\n");
  await eventually(() => input.taken > 0, "the input to be read");
  input.type("later\n");
  await pause(20);
  assertEquals(input.taken, "late\n".length);
});

Deno.test("a client can be interrupted while it connects, waits to connect again, or cannot print", async () => {
  // Accepts and never answers.
  await using silent = new ScriptedServer(({ drain }) => drain());
  await using full = ScriptedServer.upgrading(text("x"));
  const output = new Output();
  output.hold();
  for (
    const [url, options] of [
      [silent.url, {}],
      ["ws://127.0.0.1:1/", { reconnect: true }],
      [full.url, { output }],
    ] as const
  ) {
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort(), 200);
    const watch = new Stopwatch();
    const end = await run(url, { ...options, signal: interrupt.signal });
    assertEquals(end.status, 130);
    assertLess(watch.ms, 10_000);
  }
  const interrupted = await run(silent.url, { signal: AbortSignal.abort() });
  assertEquals(interrupted.status, 130);
  output.goOn();
});

Deno.test("a reader of the output that is gone ends the client with 141", async () => {
  await using server = ScriptedServer.upgrading(text("x"));
  const end = await run(server.url, {
    input: new Input(),
    output: { write: () => Promise.reject(new Deno.errors.BrokenPipe("x")) },
  });
  assertEquals([end.status, end.isExpected], [141, true]);
});

Deno.test("a line over the limit ends the client, after the lines before", async () => {
  await using server = await ProgramServer.bash("cat; exit");
  const end = await run(server.url, {
    input: new Input("1234\n12345\n"),
    maxLine: 4,
  });
  assertEquals(end.status, 74);
  assertEquals(
    end.message,
    "Cannot send stdin: Line longer than 4 bytes (--maxline)",
  );
  assertEquals((await server.next("session.closed")).received.messages, 1);
});

Deno.test("a message over the limit is refused with 1009", async () => {
  await using server = ScriptedServer.upgrading(
    concat([text("1234"), text("12345")]),
  );
  const end = await run(server.url, { input: new Input(), maxFrameSize: 4 });
  assertEquals([end.output, end.status], ["1234\n", 70]);
  assertMatch(
    end.message,
    /^Closed for what the server sent: 1009 message of 5/,
  );
});

Deno.test("what happens is told: handshake, states, pings, close frames", async () => {
  await using server = ScriptedServer.upgrading(
    concat([frame({ opcode: 9, payload: "abc", key: null }), closing(4001)]),
  );
  const { events } = await run(server.url);
  const told = events.map((event) => {
    switch (event.type) {
      case "state":
        return event.readyState;
      case "frame":
        return `${event.frame.type} ${event.frame.direction}`;
      default:
        return event.type;
    }
  }).filter((what) => what !== "input-ended");
  assertEquals(told, [
    "connecting",
    "CONNECTING",
    "request",
    "response",
    "OPEN",
    "ping received",
    "pong sent",
    "close received",
    "CLOSING",
    "close sent",
    "CLOSED",
  ]);
});
