/** The examples of programs that many clients share. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Client } from "../helpers/client.ts";
import { within } from "../helpers/deadline.ts";
import { isMissing, startExample } from "./example.ts";

Deno.test({
  name:
    "shared/chat.py asks for names, and tells everybody who joins, speaks and leaves",
  ignore: isMissing("python3"),
  async fn(): Promise<void> {
    await using server = await startExample("shared/chat.py");
    await using ann = await Client.open(server.url);
    assertEquals(await ann.message(0), "Your name?");
    ann.send("Ann");
    assertEquals(await ann.message(1), "Ann joined");
    const bob = await Client.open(server.url);
    assertEquals(await bob.message(0), "Your name?");
    bob.send("Bob");
    assertEquals(await bob.message(1), "Bob joined");
    ann.send("hello");
    assertEquals(await bob.message(2), "Ann: hello");
    bob.close();
    await bob.closed;
    assertEquals(await ann.message(4), "Bob left");
    assertEquals(ann.messages, [
      "Your name?",
      "Ann joined",
      "Bob joined",
      "Ann: hello",
      "Bob left",
    ]);
  },
});

Deno.test({
  name:
    "shared/top.sh shows everybody the same screens, and the last one to who comes late",
  ignore: isMissing("bash") || isMissing("top"),
  async fn(): Promise<void> {
    await using server = await startExample("shared/top.sh");
    await using first = await Client.open(server.url);
    assertMatch(await first.message(0) as string, /load average.*PID/s);
    await using late = await Client.open(server.url);
    await late.message(1);
    assert(first.messages.includes(late.messages[0]));
    late.send("q");
    assertEquals((await within(late.closed, "the close")).code, 1008);
  },
});

Deno.test({
  name:
    "shared/build.sh: who comes late reads the build from the start, and all are told how it ended",
  ignore: isMissing("bash"),
  async fn(): Promise<void> {
    await using server = await startExample("shared/build.sh");
    await using first = await Client.open(server.url);
    await first.message(1);
    await using late = await Client.open(server.url);
    for (const client of [first, late]) {
      assertEquals(await within(client.closed, "the end"), {
        code: 1000,
        reason: "exit 0",
      });
      assertEquals(client.messages, [
        ..."one two three four five".split(" ").map((part) =>
          `compiling part ${part}`
        ),
        "done",
      ]);
    }
  },
});
