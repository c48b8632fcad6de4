import { assert, assertEquals } from "@std/assert";
import { Client } from "../helpers/client.ts";
import { eventually } from "../helpers/deadline.ts";
import { RawClient } from "../helpers/raw_client.ts";
import { Scratch } from "../helpers/scratch.ts";
import type { ServerProcess } from "../helpers/server.ts";
import { isMissing, startExample } from "./example.ts";
import { processesOf } from "./processes_of.ts";

const ignore = isMissing("bash") || isMissing("tail");

async function startChat(
  scratch: Scratch,
  flags: readonly string[] = [],
): Promise<ServerProcess> {
  return await startExample("bash/chat.sh", { flags, args: [scratch.path] });
}

/** Enters the chat, and waits until everybody can know. */
async function join(server: ServerProcess, name: string): Promise<Client> {
  const client = await Client.open(server.url);
  assertEquals(await client.message(0), "Your name?");
  client.send(name);
  assertEquals(await client.message(1), `* ${name} has joined`);
  return client;
}

async function saw(client: Client, line: string): Promise<void> {
  await eventually(
    () => client.messages.includes(line),
    () => `${JSON.stringify(line)} after ${client.messages.join(" / ")}`,
  );
}

/** The ids of the sessions so far, in the order they began. */
function sessions(server: ServerProcess): string[] {
  return [...server.log.matchAll(/ id:'(\d+)'[^\n]* \| CONNECT/g)].map((
    [, id],
  ) => id);
}

async function nothingLeft(id: string): Promise<void> {
  await eventually(
    () => processesOf(id).length === 0,
    () => `the end of ${processesOf(id).join(", ")}`,
  );
}

Deno.test({
  name:
    "chat.sh shows everybody everybody's lines, joins and leaves, and leaves no tail behind",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    await using server = await startChat(scratch);
    await using ann = await join(server, "Ann");
    await using ben = await join(server, "Ben");
    // A bare connection, so that it can end without a word.
    using eve = await RawClient.open(server.port);
    assertEquals(await eve.message(), "Your name?");
    await eve.send("Eve");
    assertEquals(await eve.message(), "* Eve has joined");
    const [idOfAnn, idOfBen, idOfEve] = await eventually(
      () => sessions(server).length === 3 && sessions(server),
      "three sessions in the log",
    );

    ann.send("hello");
    assertEquals(await eve.message(), "Ann: hello");
    await saw(ben, "Ann: hello");
    await eve.send("two\nlines");
    await saw(ann, "Eve: lines");
    ben.send("hi, Ann: \\o/  ");
    await saw(ann, "Ben: hi, Ann: \\o/  ");
    if (Deno.build.os === "linux") {
      assert(processesOf(idOfEve).some((words) => words.startsWith("tail ")));
    }

    // The connection just ends, without a close frame.
    eve[Symbol.dispose]();
    await saw(ann, "* Eve has left");
    await saw(ben, "* Eve has left");
    await nothingLeft(idOfEve);

    ben.close(1000);
    await saw(ann, "* Ben has left");
    await nothingLeft(idOfBen);

    assertEquals(ann.messages, [
      "Your name?",
      "* Ann has joined",
      "* Ben has joined",
      "* Eve has joined",
      "Ann: hello",
      "Eve: two",
      "Eve: lines",
      "Ben: hi, Ann: \\o/  ",
      "* Eve has left",
      "* Ben has left",
    ]);
    ann.close(1000);
    await nothingLeft(idOfAnn);
    assertEquals(server.log.includes("| stderr"), false, server.log);
  },
});

Deno.test({
  name:
    "chat.sh says that a client has left that no longer answers, and leaves no tail behind",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    await using server = await startChat(scratch, ["--pingms=500"]);
    await using ann = await join(server, "Ann");
    // Read by nobody from now on: neither pings are answered nor is the connection closed.
    using eve = await RawClient.open(server.port);
    await eve.send("Eve");
    await saw(ann, "* Eve has joined");
    const [, idOfEve] = await eventually(
      () => sessions(server).length === 2 && sessions(server),
      "two sessions in the log",
    );
    await saw(ann, "* Eve has left");
    await nothingLeft(idOfEve);
  },
});

Deno.test({
  name:
    "chat.sh lets nobody speak in another's name, nor send more than one write takes",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    await using server = await startChat(scratch);
    await using ann = await join(server, "Ann");
    await using eve = await Client.open(server.url);
    eve.send("Ann: hello\u001b[2J");
    await saw(ann, "* Ann has joined");
    eve.send("x".repeat(1001));
    await saw(eve, "* too long, not sent: 1001 characters");
    eve.send("y".repeat(1000));
    await saw(ann, `Ann: ${"y".repeat(1000)}`);
    assertEquals(ann.messages.length, 4, JSON.stringify(ann.messages));
  },
});

Deno.test({
  name:
    "chat.sh keeps its file where nobody else can read it, and does without rather than follow a link",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    await using server = await startChat(scratch);
    const directory = scratch.file(`websocketd-chat-${Deno.uid()}`);
    await (await join(server, "Ann"))[Symbol.asyncDispose]();
    await server.logged(/ \| DISCONNECT/);
    assertEquals(Deno.statSync(directory).mode! & 0o777, 0o700);

    Deno.removeSync(directory, { recursive: true });
    Deno.mkdirSync(scratch.file("elsewhere"));
    Deno.symlinkSync(scratch.file("elsewhere"), directory);
    assertEquals(await Client.run(server.url), {
      messages: [],
      code: 4001,
      reason: "exit 1",
    });
    await server.logged(/\| stderr .* \| Cannot keep the chat in /);
    assertEquals([...Deno.readDirSync(scratch.file("elsewhere"))], []);
  },
});
