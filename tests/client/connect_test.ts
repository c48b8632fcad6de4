import { assert, assertEquals, assertMatch } from "@std/assert";
import type { ClientEvent } from "../../lib/client/client_event.ts";
import { connect } from "../../lib/client/connect.ts";
import type { ClientOptions } from "../../lib/client/client_options.ts";
import type { Message, Program } from "../../lib/client/program.ts";
import { PROTOCOL } from "../../lib/client/protocol.ts";
import { eventually, within } from "../helpers/deadline.ts";
import { ScriptedProgram, SESSION } from "./scripted_program.ts";

/** Tries again at once. */
const QUICK: ClientOptions = { delayMs: 1, maxDelayMs: 1 };

/** Everything that comes until the end. */
async function all(program: Program): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of program) messages.push(message);
  return messages;
}

/** The next messages; what comes later is left. */
async function take(program: Program, count: number): Promise<Message[]> {
  const messages: Message[] = [];
  const iterator = program[Symbol.asyncIterator]();
  while (messages.length < count) {
    const next = await within(iterator.next(), "a message");
    if (next.done) throw new Error(`Ended after ${messages.length} messages`);
    messages.push(next.value);
  }
  return messages;
}

/** Collects events of a type. */
function eventsOf<Type extends ClientEvent["type"]>(
  type: Type,
): {
  readonly events: Extract<ClientEvent, { type: Type }>[];
  readonly onEvent: (event: ClientEvent) => void;
} {
  const events: Extract<ClientEvent, { type: Type }>[] = [];
  return {
    events,
    onEvent(event): void {
      if (event.type === type) {
        events.push(event as Extract<ClientEvent, { type: Type }>);
      }
    },
  };
}

/** Waits for a state. */
async function becomes(
  program: Program,
  state: Program["state"],
): Promise<void> {
  await eventually(
    () => program.state === state,
    () => `${state} after ${program.state}`,
  );
}

Deno.test("client: iterates over messages until the program has ended, and tells its status", async () => {
  await using server = new ScriptedProgram();
  const program = connect(server.url);
  assertEquals(program.state, "connecting");
  const client = await server.client();
  assertEquals(client.offered, [PROTOCOL]);
  client.hello();
  client.say("one", "two", "");
  client.tell({ type: "exit", code: 3, signal: null });
  client.socket.close(4003, "exit 3");
  assertEquals(await all(program), ["one", "two", ""]);
  assertEquals(await program.exit, {
    code: 3,
    signal: null,
    reason: "exit 3",
    closeCode: 4003,
  });
  assertEquals(program.state, "closed");
  assertEquals(await program.send("late"), false);
});

for (
  const [code, reason, status, signal] of [
    [1000, "exit 0", 0, null],
    [4001, "exit 1", 1, null],
    [4255, "exit 255", 255, null],
    [4256, "", null, null],
    [4500, "", null, null],
    [4515, "signal SIGTERM", null, "SIGTERM"],
    [4564, "", null, "64"],
    [4565, "", null, null],
    [4409, "resumed elsewhere", null, null],
    [1003, "text for a binary program", null, null],
    [1008, "timeout", null, null],
    [1011, "cannot start", null, null],
  ] as const
) {
  Deno.test(`client: close code ${code} from any server is the end: ${JSON.stringify({ status, signal })}`, async () => {
    await using server = new ScriptedProgram({ chooses: () => null });
    const program = connect(server.url, QUICK);
    const client = await server.client();
    client.socket.close(code, reason);
    assertEquals(await within(program.exit, "the end"), {
      code: status,
      signal,
      reason,
      closeCode: code,
    });
    assertEquals(server.offers.length, 1);
  });
}

Deno.test("client: an exit that was told counts when the connection is lost before it is closed", async () => {
  await using server = new ScriptedProgram();
  const program = connect(server.url, QUICK);
  const client = await server.client();
  client.hello();
  client.say("last words");
  client.tell({ type: "exit", code: null, signal: "SIGKILL" });
  assertEquals(await take(program, 1), ["last words"]);
  await eventually(() => {
    server.proxy.cut();
    return program.state === "closed";
  }, "the end");
  assertEquals(await program.exit, {
    code: null,
    signal: "SIGKILL",
    reason: "",
    closeCode: 1006,
  });
});

Deno.test("client: the reason of an error message is kept", async () => {
  await using server = new ScriptedProgram();
  const program = connect(server.url, QUICK);
  const client = await server.client();
  client.hello();
  const message = "the session is over: it was lost for more than 30 s ".repeat(
    4,
  );
  client.tell({ type: "error", message });
  client.socket.close(4410, "cut");
  const { reason, closeCode, code } = await program.exit;
  assertEquals([reason, closeCode, code], [message, 4410, null]);
});

for (const code of [1001, 1012, 1013]) {
  Deno.test(`client: connects again after ${code}, as a new client`, async () => {
    await using server = new ScriptedProgram();
    const { events, onEvent } = eventsOf("lost");
    await using program = connect(server.url, { ...QUICK, onEvent });
    const first = await server.client();
    first.hello();
    first.say("1");
    first.socket.close(code, "try again");
    const second = await server.client();
    assertEquals(second.offered, [PROTOCOL]);
    second.hello({ epoch: "e2" });
    second.say("2");
    assertEquals(await take(program, 2), ["1", "2"]);
    assertEquals(events, [{ type: "lost", output: null, input: null }]);
  });
}

Deno.test("client: a lost connection is resumed: nothing twice, no gap, in both directions", async () => {
  await using server = new ScriptedProgram();
  const { events, onEvent } = eventsOf("lost");
  await using program = connect(server.url, { ...QUICK, onEvent });
  const first = await server.client();
  first.hello({ output: 5 });
  first.say("5", "6");
  assertEquals(await take(program, 2), ["5", "6"]);
  assertEquals(program.session, SESSION);
  for (const text of ["a", "b", "c"]) void program.send(text);
  assertEquals(await first.texts(3), ["a", "b", "c"]);
  first.tell({ type: "ack", input: 1 });
  first.say("7");
  assertEquals(await take(program, 1), ["7"]);
  server.proxy.cut();
  await becomes(program, "reconnecting");
  void program.send("d");
  const second = await server.client();
  assertEquals(second.offered, [PROTOCOL, `resume.${SESSION}.8.e1`]);
  // The server has accepted b, too, and could not tell.
  second.hello({ output: 8, input: 2, resumed: true });
  second.say("8");
  assertEquals(await second.texts(2), ["c", "d"]);
  assertEquals(await take(program, 1), ["8"]);
  assertEquals(events, []);
});

Deno.test("client: a session that cannot be resumed is joined anew, and what is missing is told in its place", async () => {
  await using server = new ScriptedProgram();
  const { events, onEvent } = eventsOf("lost");
  await using program = connect(server.url, { ...QUICK, onEvent });
  const first = await server.client();
  first.hello();
  first.say("0", "1");
  void program.send("may be lost");
  await first.texts(1);
  assertEquals(await take(program, 1), ["0"]);
  server.proxy.cut();
  await becomes(program, "reconnecting");
  void program.send("is not lost");
  const second = await server.client();
  const other = "TTTTTTTTTTTTTTTTTTTTTT";
  second.hello({ session: other, output: 40, lost: 38 });
  second.say("40");
  assertEquals(await second.texts(1), ["is not lost"]);
  // "1" came before the gap.
  assertEquals(await take(program, 1), ["1"]);
  assertEquals(events, []);
  assertEquals(await take(program, 1), ["40"]);
  assertEquals(events, [{ type: "lost", output: 38, input: 1 }]);
  assertEquals(program.session, other);
  // Counts from 0 in the new session.
  second.tell({ type: "ack", input: 1 });
  void program.send("next");
  assertEquals(await second.texts(1), ["next"]);
  server.proxy.cut();
  const third = await server.client();
  assertEquals(third.offered, [PROTOCOL, `resume.${other}.41.e1`]);
  third.hello({ session: other, output: 41, input: 1, resumed: true });
  assertEquals(await third.texts(1), ["next"]);
});

Deno.test("client: after 4410 it is over", async () => {
  await using server = new ScriptedProgram();
  const program = connect(server.url, QUICK);
  const first = await server.client();
  first.hello();
  await becomes(program, "open");
  server.proxy.cut();
  const second = await server.client();
  second.tell({ type: "error", message: "the session is over" });
  second.socket.close(4410, "cut");
  assertEquals(await within(program.exit, "the end"), {
    code: null,
    signal: null,
    reason: "the session is over",
    closeCode: 4410,
  });
  assertEquals(server.offers.length, 2);
});

Deno.test("client: messages that were left out are told in their place, and counted", async () => {
  await using server = new ScriptedProgram();
  const seen: unknown[] = [];
  await using program = connect(server.url, {
    ...QUICK,
    onEvent(event): void {
      if (event.type !== "state") seen.push(event);
    },
  });
  const first = await server.client();
  first.hello();
  first.say("0");
  first.tell({ type: "skip", output: 8 });
  first.say("8");
  first.tell({ type: "skip", output: 9 });
  first.say("9");
  first.tell({ type: "skip", output: 15, lost: 2 });
  first.say("15");
  // For other clients only.
  first.tell({ type: "skip", output: 20, lost: 0 });
  first.say("20");
  first.tell({ type: "epoch", epoch: "e2", output: 0 });
  first.say("new 0");
  for await (const message of program) {
    seen.push(message);
    if (message === "new 0") break;
  }
  assertEquals(seen, [
    "0",
    { type: "lost", output: 7, input: 0 },
    "8",
    "9",
    { type: "lost", output: 2, input: 0 },
    "15",
    "20",
    { type: "restarted" },
    "new 0",
  ]);
  server.proxy.cut();
  const second = await server.client();
  assertEquals(second.offered, [PROTOCOL, `resume.${SESSION}.1.e2`]);
});

Deno.test("client: acknowledges what was read, and only that", async () => {
  await using server = new ScriptedProgram();
  await using program = connect(server.url);
  const client = await server.client();
  client.hello();
  // Where it is, at first: an acknowledgement may have been lost with a connection.
  assertEquals(await client.ack(), { type: "ack", output: 0, epoch: "e1" });
  const half = "x".repeat(33_000);
  client.say(half, half, half, "rest");
  await take(program, 1);
  // After a while.
  assertEquals(await client.ack(), { type: "ack", output: 1, epoch: "e1" });
  await take(program, 2);
  // At once, because it is more than 64 KiB.
  assertEquals(await client.ack(), { type: "ack", output: 3, epoch: "e1" });
  await take(program, 1);
  assertEquals(await client.ack(), { type: "ack", output: 4, epoch: "e1" });
  client.tell({ type: "epoch", epoch: "e2", output: 0 });
  client.say("of another run");
  await take(program, 1);
  assertEquals(await client.ack(), { type: "ack", output: 1, epoch: "e2" });
});

Deno.test("client: asks for what has not come, although not all that has come was read", async () => {
  await using server = new ScriptedProgram();
  await using program = connect(server.url, QUICK);
  const first = await server.client();
  first.hello();
  first.say("0", "1", "2");
  assertEquals(await take(program, 1), ["0"]);
  assertEquals(await first.ack(), { type: "ack", output: 0, epoch: "e1" });
  assertEquals(await first.ack(), { type: "ack", output: 1, epoch: "e1" });
  server.proxy.cut();
  const second = await server.client();
  assertEquals(second.offered, [PROTOCOL, `resume.${SESSION}.3.e1`]);
  second.hello({ output: 3, resumed: true });
  assertEquals(await second.ack(), { type: "ack", output: 1, epoch: "e1" });
  second.say("3");
  assertEquals(await take(program, 3), ["1", "2", "3"]);
});

Deno.test("client: unknown control messages are ignored", async () => {
  await using server = new ScriptedProgram();
  await using program = connect(server.url);
  const client = await server.client();
  client.hello();
  client.tell({ type: "weather", wind: 3 } as never);
  client.say("x");
  assertEquals(await take(program, 1), ["x"]);
});

for (
  const [what, nonsense] of [
    ["text before hello", "hello"],
    ["what is not JSON", new Uint8Array([0xff])],
    ["what is no object", new TextEncoder().encode("null")],
  ] as const
) {
  Deno.test(`client: closes with 4400 after ${what}`, async () => {
    await using server = new ScriptedProgram();
    const program = connect(server.url, QUICK);
    const client = await server.client();
    client.socket.send(nonsense);
    const reason = "the server breaks the protocol";
    assertEquals(await client.closed(), { code: 4400, reason });
    assertEquals(await program.exit, {
      code: null,
      signal: null,
      reason,
      closeCode: 4400,
    });
  });
}

Deno.test("client: a program of binary messages gets text as UTF-8, and control messages are text", async () => {
  await using server = new ScriptedProgram();
  await using program = connect(server.url);
  const client = await server.client();
  client.socket.send(JSON.stringify({
    type: "hello",
    session: SESSION,
    epoch: "e",
    output: 0,
    input: 0,
    resume: 9,
    resumed: false,
    lost: 0,
  }));
  assertEquals(await client.next(), '{"type":"ack","output":0,"epoch":"e"}');
  client.socket.send(new Uint8Array([0, 255]));
  assertEquals(await take(program, 1), [new Uint8Array([0, 255])]);
  await program.send('"é"');
  assertEquals(await client.next(), "é");
});

Deno.test("client: a program of text gets bytes as text", async () => {
  await using server = new ScriptedProgram();
  await using program = connect(server.url);
  // With a byte order mark, which is a part of it.
  const bytes = new TextEncoder().encode("\ufeffé");
  void program.send(bytes);
  // It was copied.
  bytes.fill(0x21);
  const client = await server.client();
  client.hello();
  assertEquals(await client.texts(1), ["\ufeffé"]);
});

Deno.test("client: any WebSocket server will do", async () => {
  await using server = new ScriptedProgram({ chooses: () => null });
  const { events, onEvent } = eventsOf("lost");
  await using program = connect(server.url, { ...QUICK, onEvent });
  void program.send("early");
  const first = await server.client();
  assertEquals(await first.next(), "early");
  first.socket.send("text");
  first.socket.send(new Uint8Array([1, 2]));
  assertEquals(await take(program, 2), ["text", new Uint8Array([1, 2])]);
  assertEquals(program.session, null);
  await program.send(new TextEncoder().encode("{}"));
  assertEquals(await first.next(), {});
  server.proxy.cut();
  const second = await server.client();
  assertEquals(second.offered, [PROTOCOL]);
  second.socket.send("again");
  assertEquals(await take(program, 1), ["again"]);
  // Nobody can know.
  assertEquals(events, [{ type: "lost", output: null, input: null }]);
});

Deno.test("client: without resume, what was sent is neither kept nor sent again", async () => {
  await using server = new ScriptedProgram();
  const { events, onEvent } = eventsOf("lost");
  await using program = connect(server.url, { ...QUICK, onEvent });
  const first = await server.client();
  first.hello({ resume: 0 });
  await program.send("a");
  await first.texts(1);
  assertEquals(program.session, null);
  server.proxy.cut();
  const second = await server.client();
  assertEquals(second.offered, [PROTOCOL]);
  second.hello({ resume: 0, epoch: "e2" });
  await program.send("b");
  assertEquals(await second.texts(1), ["b"]);
  second.say("x");
  assertEquals(await take(program, 1), ["x"]);
  assertEquals(events, [{ type: "lost", output: null, input: null }]);
});

Deno.test("client: a server that twice chooses nothing is tried without an offer, as browsers need it", async () => {
  // What browsers do by themselves.
  await using server = new ScriptedProgram({
    chooses: (offered) => offered.length > 0 ? "refuse" : null,
  });
  await using program = connect(server.url, QUICK);
  const client = await server.client();
  assertEquals(server.offers, [[PROTOCOL], [PROTOCOL], []]);
  client.socket.send("hi");
  assertEquals(await take(program, 1), ["hi"]);
  // It is known by now.
  server.proxy.cut();
  await server.client();
  assertEquals(server.offers.slice(3), [[PROTOCOL], []]);
});

for (const once of [{ attempts: 0 }, { giveUpMs: 0 }]) {
  Deno.test(`client: a server that chooses nothing is tried without an offer at once with ${JSON.stringify(once)}`, async () => {
    await using server = new ScriptedProgram({
      chooses: (offered) => offered.length > 0 ? "refuse" : null,
    });
    await using program = connect(server.url, { ...QUICK, ...once });
    await server.client();
    await becomes(program, "open");
    assertEquals(server.offers, [[PROTOCOL], []]);
  });
}

Deno.test("client: a server that was not there at first is offered the same when it is", async () => {
  await using server = new ScriptedProgram();
  let tries = 0;
  class Flaky extends WebSocket {
    constructor(url: string, protocols: string[]) {
      // Nobody listens there.
      super(tries++ === 0 ? "ws://127.0.0.1:1/" : url, protocols);
    }
  }
  await using program = connect(server.url, { ...QUICK, WebSocket: Flaky });
  (await server.client()).hello();
  await becomes(program, "open");
  assertEquals(server.offers, [[PROTOCOL]]);
  assertEquals(program.session, SESSION);
});

Deno.test("client: offers other subprotocols too, and nothing else with resume: false", async () => {
  await using server = new ScriptedProgram({
    chooses: (offered) => offered.at(-1) ?? null,
  });
  await using program = connect(server.url, {
    protocols: ["chat", "bearer.TOKEN"],
    resume: false,
  });
  const client = await server.client();
  assertEquals(client.offered, ["chat", "bearer.TOKEN"]);
  await becomes(program, "open");
  await using other = connect(server.url, { protocols: ["chat"] });
  assertEquals((await server.client()).offered, [PROTOCOL, "chat"]);
  await becomes(other, "open");
});

Deno.test("client: tries again until a server is there, and says when", async () => {
  await using server = new ScriptedProgram();
  server.proxy.rules = { refuses: true };
  const { events, onEvent } = eventsOf("state");
  await using program = connect(server.url, { ...QUICK, onEvent });
  await eventually(() => events.length > 2, "three tries");
  for (const { state, inMs, reason } of events) {
    assertEquals([state, reason], ["connecting", "no connection"]);
    assert(inMs! >= 0 && inMs! <= 1, `${inMs}`);
  }
  server.proxy.rules = {};
  (await server.client()).hello();
  await becomes(program, "open");
  assertEquals(events.at(-1), { type: "state", state: "open" });
});

Deno.test("client: gives up after as many attempts as it is told", async () => {
  await using server = new ScriptedProgram();
  server.proxy.rules = { refuses: true };
  const program = connect(server.url, { ...QUICK, attempts: 2, resume: false });
  const exit = { code: null, signal: null, closeCode: 1006 };
  assertEquals(await within(program.exit, "the end"), {
    ...exit,
    reason: "no connection",
  });
  assertEquals(server.proxy.connections, 3);

  server.proxy.rules = {};
  const other = connect(server.url, { ...QUICK, attempts: 0 });
  (await server.client()).hello();
  await becomes(other, "open");
  server.proxy.cut();
  assertEquals(await within(other.exit, "the end"), { ...exit, reason: "" });
});

Deno.test("client: gives up when the time is over", async () => {
  await using server = new ScriptedProgram();
  server.proxy.rules = { refuses: true };
  const program = connect(server.url, { ...QUICK, giveUpMs: 50 });
  const { reason } = await within(program.exit, "the end");
  assertEquals(reason, "no connection");
});

Deno.test("client: waits for a random part of a time that doubles, up to a limit", async () => {
  await using server = new ScriptedProgram();
  server.proxy.rules = { refuses: true };
  const waits: number[] = [];
  const program = connect(server.url, {
    delayMs: 4,
    maxDelayMs: 16,
    attempts: 30,
    resume: false,
    onEvent(event): void {
      if (event.type === "state" && event.state !== "closed") {
        waits.push(event.inMs!);
      }
    },
  });
  await within(program.exit, "the end");
  assertEquals(waits.length, 30);
  const most = waits.map((_, at) => Math.min(16, 4 * 2 ** at));
  assert(waits.every((wait, at) => wait < most[at]), `${waits}`);
  // Would not be so once in a million times.
  assert(waits.some((wait) => wait > 8) && waits.some((wait) => wait < 8));
});

Deno.test("client: send waits while too much has not been sent", async () => {
  await using server = new ScriptedProgram();
  await using program = connect(server.url, { sendBuffer: 10 });
  assertEquals(await program.send("12345"), true);
  assertEquals(await program.send("67890"), true);
  let settled = false;
  const full = program.send("x").then((more) => {
    settled = true;
    return more;
  });
  const client = await server.client();
  client.hello();
  assertEquals((await client.texts(3)).join(""), "1234567890x");
  assertEquals(settled, false);
  // Sent, but not accepted: in a program that can be resumed that is what counts.
  client.tell({ type: "ack", input: 1 });
  assertEquals(await within(full, "room"), true);
});

Deno.test("client: send waits for the WebSocket itself where there is no resume", async () => {
  await using server = new ScriptedProgram({ chooses: () => null });
  const sockets: FullSocket[] = [];
  class FullSocket extends WebSocket {
    waiting = 0;
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      sockets.push(this);
    }
    override get bufferedAmount(): number {
      return this.waiting;
    }
  }
  await using program = connect(server.url, {
    sendBuffer: 10,
    WebSocket: FullSocket,
  });
  const client = await server.client();
  await becomes(program, "open");
  sockets[0].waiting = 11;
  let settled = false;
  const full = program.send("x").then(() => settled = true);
  assertEquals(await client.next(), "x");
  assertEquals(settled, false);
  sockets[0].waiting = 10;
  await within(full, "room");
});

Deno.test("client: send tells that it has ended", async () => {
  await using server = new ScriptedProgram();
  const program = connect(server.url, { sendBuffer: 1 });
  const waiting = program.send("12");
  const client = await server.client();
  client.hello();
  client.socket.close(1000, "exit 0");
  assertEquals(await within(waiting, "the end"), false);
});

for (
  const [what, chooses] of [
    ["any server", () => null],
    // As a shared program does, which waits for nobody.
    ["a session that goes on all the same", () => PROTOCOL],
  ] as const
) {
  Deno.test(`client: ends a connection of which too much is not read: ${what}`, async () => {
    await using server = new ScriptedProgram({ chooses });
    const program = connect(server.url, { ...QUICK, readBuffer: 10 });
    const client = await server.client();
    if (chooses() === PROTOCOL) client.hello();
    client.say("12345", "67890");
    await becomes(program, "open");
    client.say("x");
    const reason = "more than 10 bytes were not read";
    assertEquals(await client.closed(), { code: 4413, reason });
    assertEquals(await all(program), ["12345", "67890", "x"]);
    const { closeCode } = await program.exit;
    assertEquals(closeCode, 4413);
  });
}

Deno.test("client: a single message may be longer than what may wait", async () => {
  await using server = new ScriptedProgram({ chooses: () => null });
  await using program = connect(server.url, { readBuffer: 10 });
  const client = await server.client();
  client.say("a long message");
  assertEquals(await take(program, 1), ["a long message"]);
  client.say("another long message");
  assertEquals(await take(program, 1), ["another long message"]);
});

Deno.test("client: leaving a loop closes nothing; the next loop goes on", async () => {
  await using server = new ScriptedProgram();
  await using program = connect(server.url);
  const client = await server.client();
  client.hello();
  client.say("1", "2", "3");
  for await (const message of program) {
    assertEquals(message, "1");
    break;
  }
  assertEquals(await take(program, 2), ["2", "3"]);
  assertEquals(program.state, "open");
});

Deno.test("client: a long line of messages is handed out in order", async () => {
  await using server = new ScriptedProgram({ chooses: () => null });
  await using program = connect(server.url);
  const client = await server.client();
  const sent = Array.from({ length: 20_000 }, (_, i) => `${i}`);
  client.say(...sent.slice(0, 15_000));
  assertEquals(await take(program, 5_000), sent.slice(0, 5_000));
  client.say(...sent.slice(15_000));
  assertEquals(await take(program, 15_000), sent.slice(5_000));
});

Deno.test("client: close leaves with 1000, and the end says nothing of the program", async () => {
  await using server = new ScriptedProgram();
  const program = connect(server.url);
  const client = await server.client();
  client.hello();
  await becomes(program, "open");
  const { exit } = program;
  assertEquals(await within(program.close(), "the end"), {
    code: null,
    signal: null,
    reason: "",
    closeCode: 1000,
  });
  assertEquals((await client.closed()).code, 1000);
  assertEquals(await program.close(), await exit);
  assertEquals(await all(program), []);
});

Deno.test("client: close ends waiting for another try", async () => {
  await using server = new ScriptedProgram();
  server.proxy.rules = { refuses: true };
  const { events, onEvent } = eventsOf("state");
  const program = connect(server.url, {
    delayMs: 1e9,
    maxDelayMs: 1e9,
    onEvent,
  });
  await eventually(() => events.length === 1, "the first failure");
  const { closeCode } = await within(program.close(), "the end");
  assertEquals(closeCode, 1000);
});

Deno.test("client: tries at once when the browser is online again", async () => {
  await using server = new ScriptedProgram();
  server.proxy.rules = { refuses: true };
  const { events, onEvent } = eventsOf("state");
  const slow = { delayMs: 1e9, maxDelayMs: 1e9, onEvent };
  await using program = connect(server.url, slow);
  await eventually(() => events.length === 1, "the first failure");
  server.proxy.rules = {};
  dispatchEvent(new Event("online"));
  const first = await server.client();
  first.hello();
  await becomes(program, "open");
  // Nothing is to be done while all is well.
  dispatchEvent(new Event("online"));
  first.say("still here");
  assertEquals(await take(program, 1), ["still here"]);
  await program.close();
  dispatchEvent(new Event("online"));
  assertEquals(server.offers.length, 1);
});

Deno.test("client: close ends a try that is under way", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const program = connect(`ws://127.0.0.1:${listener.addr.port}/`);
  using _conn = await listener.accept();
  const { closeCode } = await within(program.close(), "the end");
  assertEquals(closeCode, 1000);
});

Deno.test("client: an AbortSignal closes it, before or after", async () => {
  await using server = new ScriptedProgram();
  const early = connect(server.url, { signal: AbortSignal.abort() });
  assertEquals((await early.exit).closeCode, 1000);
  assertEquals(early.state, "closed");
  assertEquals(server.proxy.connections, 0);

  const abort = new AbortController();
  const program = connect(server.url, { signal: abort.signal });
  const client = await server.client();
  client.hello();
  await becomes(program, "open");
  const reading = all(program);
  abort.abort();
  assertEquals(await within(reading, "the end of the loop"), []);
  assertEquals((await client.closed()).code, 1000);
});

Deno.test("client: an address that is none, or no WebSocket, is an error at once", () => {
  for (const url of ["", "no address", "ftp://localhost/"]) {
    let thrown: unknown;
    try {
      connect(url);
    } catch (error) {
      thrown = error;
    }
    assert(thrown instanceof Error, url);
    assertMatch(thrown.message, /URL|protocol|scheme/i);
  }
});

Deno.test("client: an address of HTTP is that of the WebSocket", async () => {
  await using server = new ScriptedProgram();
  await using program = connect(new URL(server.url.replace("ws:", "http:")));
  (await server.client()).hello();
  await becomes(program, "open");
});

Deno.test("client: a session that is no subprotocol is the end, not an exception", async () => {
  await using server = new ScriptedProgram();
  const program = connect(server.url, QUICK);
  const client = await server.client();
  client.hello({ session: "not a token" });
  await becomes(program, "open");
  server.proxy.cut();
  const { reason } = await within(program.exit, "the end");
  assertMatch(reason, /protocol/i);
});
