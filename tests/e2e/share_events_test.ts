/** `--share-events`: a shared program that knows its clients. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Client } from "../helpers/client.ts";
import { within } from "../helpers/deadline.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { V1Client } from "../helpers/v1_client.ts";

const ignore = Deno.build.os === "windows";

/** Prints what a JavaScript function makes of each event: one line for each of the orders it returns. */
function program(
  orders: string,
  options: Record<string, unknown> = {},
): Promise<ProgramServer> {
  const script = `
    const orders = ${orders};
    const decoder = new TextDecoderStream();
    let rest = "";
    for await (const chunk of Deno.stdin.readable.pipeThrough(decoder)) {
      const lines = (rest + chunk).split("\\n");
      rest = lines.pop();
      for (const line of lines) {
        for (const order of [orders(JSON.parse(line))].flat()) {
          console.log(typeof order === "string" ? order : JSON.stringify(order));
        }
      }
    }`;
  return ProgramServer.start({
    command: Deno.execPath(),
    args: ["eval", script],
    share: "all",
    shareEvents: true,
    ...options,
  });
}

Deno.test({
  name:
    "share-events: the program learns who comes, what is sent and who leaves",
  ignore,
  async fn(): Promise<void> {
    await using server = await program("(event) => ({ data: event })");
    await using watcher = await Client.open(server.url);
    await watcher.message(0);
    const other = await Client.open(`${server.url}room?a=b`);
    await watcher.message(1);
    other.send('say "hi"');
    await watcher.message(2);
    other.close(1000);
    await watcher.message(3);
    const [{ session: { id } }, { session }] = server.of("session.opened");
    assertEquals(
      watcher.messages.map((message) => JSON.parse(message as string)),
      [
        {
          event: "join",
          client: id,
          user: "",
          remote: "127.0.0.1",
          path: "/",
          query: "",
        },
        {
          event: "join",
          client: session.id,
          user: "",
          remote: "127.0.0.1",
          path: "/room",
          query: "a=b",
        },
        { event: "message", client: session.id, data: 'say "hi"' },
        { event: "leave", client: session.id, code: 1000 },
      ],
    );
  },
});

Deno.test({
  name:
    "share-events: the program says who gets a message: one, some, all but one, all",
  ignore,
  async fn(): Promise<void> {
    await using server = await program(
      `(event) => {
      const { client, data } = event;
      globalThis.ids ??= [];
      if (event.event === "join") {
        ids.push(client);
        return { to: client, data: "you are " + ids.length };
      }
      if (event.event !== "message") return [];
      return [
        { to: client, data: "to you" },
        { to: [ids[0], ids[1], "nobody"], data: "to two" },
        { except: client, data: "to others" },
        { data: { to: "all" } },
      ];
    }`,
      { history: 100 },
    );
    const clients: Client[] = [];
    for (let i = 1; i <= 3; i++) {
      const client = await Client.open(server.url);
      assertEquals(await client.message(0), `you are ${i}`);
      clients.push(client);
    }
    clients[0].send("go");
    const wanted = [
      ["to you", "to two"],
      ["to two", "to others"],
      ["to others"],
    ];
    for (const [i, client] of clients.entries()) {
      await client.message(wanted[i].length + 1);
      assertEquals(client.messages.slice(1), [...wanted[i], '{"to":"all"}']);
    }
    // What was for some only is not in the history of another.
    await using late = await V1Client.open(server.url);
    assertEquals(await late.message(2), "you are 4");
    assertEquals(late.data, ["to others", '{"to":"all"}', "you are 4"]);
    // And is nothing that it has lost.
    assertEquals(
      late.controls.map(({ type, output, lost }) => [type, output, lost]),
      [["hello", 0, 0], ["skip", 5, 0]],
    );
    for (const client of clients) {
      client.close();
      await client.closed;
    }
  },
});

Deno.test({
  name:
    "share-events: a byte order mark is a part of a message, and none of the program's lines",
  ignore,
  async fn(): Promise<void> {
    await using server = await program(
      `({ event, data }) => event === "message" ? "\\ufeff" + JSON.stringify({ data }) : []`,
    );
    await using client = await Client.open(server.url);
    client.send("\ufeffhello");
    assertEquals(await client.message(0), "\ufeffhello");
  },
});

Deno.test({
  name: "share-events: the program closes a client, with its reason",
  ignore,
  async fn(): Promise<void> {
    await using server = await program(
      `(event) => event.event === "message" ? { close: event.client, reason: "not you" } : []`,
    );
    await using client = await Client.open(server.url);
    client.send("x");
    assertEquals(await within(client.closed, "the close"), {
      code: 1008,
      reason: "not you",
    });
  },
});

Deno.test({
  name:
    "share-events: a line that is no order goes to nobody, and the log says so once",
  ignore,
  async fn(): Promise<void> {
    await using server = await program(
      `(event) => ["plain text", "[1]", '{"to":"x"}', { data: "an order" }]`,
    );
    await using client = await Client.open(server.url);
    client.send("x");
    await client.message(1);
    assertEquals(client.messages, ["an order", "an order"]);
    const errors = server.of("error");
    assertEquals(errors.length, 1);
    assertMatch(errors[0].message, /--share-events/);
  },
});

Deno.test({
  name: "share-events: a program that is started again is told who is there",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      'while read -r l; do case "$l" in *die*) exit 1;; *join*) echo \'{"data":"joined"}\';; esac; done',
      { share: "all", shareEvents: true },
    );
    await using first = await Client.open(server.url);
    await first.message(0);
    await using second = await Client.open(server.url);
    await second.message(0);
    const before = first.messages.length;
    second.send("die");
    await first.message(before + 1);
    assertEquals(first.messages.length, before + 2);
    assert(server.of("hub.started").length === 2);
  },
});
