import { assert, assertEquals, assertMatch } from "@std/assert";
import { Client } from "../helpers/client.ts";
import { eventually } from "../helpers/deadline.ts";
import { isMissing, startExample } from "./example.ts";
import { processesOf } from "./processes_of.ts";

const TIME = /^time: \d\d:\d\d:\d\d$/;

Deno.test({
  name:
    "send_receive.sh answers at once while it sends the time every second, and leaves nothing behind",
  ignore: isMissing("bash"),
  async fn(): Promise<void> {
    await using server = await startExample("bash/send_receive.sh");
    const client = await Client.open(server.url);
    await using _ = client;
    const answers = () =>
      client.messages.filter((message) => !TIME.test(String(message)));
    const times = () => client.messages.length - answers().length;

    client.send("one");
    await eventually(() => answers().length === 1, "an answer");
    await eventually(() => times() >= 1, "the time");
    client.send("two");
    client.send("three");
    await eventually(() => answers().length === 3, "two more answers");
    const before = times();
    await eventually(() => times() >= before + 2, "the time twice more");
    assertEquals(answers(), [
      "received: one",
      "received: two",
      "received: three",
    ]);
    for (const message of client.messages) {
      assertMatch(String(message), /^(time|received): /);
    }

    const [, id] = await server.logged(/id:'(\d+)'.* \| CONNECT/);
    if (Deno.build.os === "linux") assert(processesOf(id).length >= 2);
    client.close(1000);
    await server.logged(/ \| DISCONNECT/);
    await eventually(
      () => processesOf(id).length === 0,
      () => `the end of ${processesOf(id).join(", ")}`,
    );
  },
});
