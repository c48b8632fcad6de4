import { assertEquals } from "@std/assert";
import { Client } from "../helpers/client.ts";
import { within } from "../helpers/deadline.ts";
import { isMissing, startExample } from "./example.ts";

const ignore = isMissing("bash");

/** Sends messages, each when the one before was answered; returns everything. */
async function talk(url: string, messages: readonly string[]): Promise<
  { said: unknown[]; code: number; reason: string }
> {
  await using client = await Client.open(url);
  for (const [i, message] of messages.entries()) {
    // The greeting is two messages' answer: the first line and the question.
    await client.message(i);
    client.send(message);
  }
  const close = await within(client.closed, "the script to end");
  return { said: client.messages, ...close };
}

Deno.test({
  name: "read_input.sh asks, reads and answers until the client sends nothing",
  ignore,
  async fn(): Promise<void> {
    await using server = await startExample("bash/read_input.sh");
    assertEquals(
      await talk(server.url, ["Ann", "7", "010", "a[$(echo 1 >&2)]", ""]),
      {
        said: [
          "What is your name?",
          "Hello, Ann. Send numbers to add up, and nothing to end.",
          "7",
          "17",
          "Not a whole number: a[$(echo 1 >&2)]",
          "The sum is 17. Goodbye, Ann.",
        ],
        code: 1000,
        reason: "exit 0",
      },
    );
    assertEquals(server.log.includes("| stderr"), false, server.log);
  },
});

Deno.test({
  name: "read_input.sh without a name fails, which is close 4001",
  ignore,
  async fn(): Promise<void> {
    await using server = await startExample("bash/read_input.sh");
    assertEquals(await talk(server.url, [""]), {
      said: ["What is your name?", "No name, no sums."],
      code: 4001,
      reason: "exit 1",
    });
  },
});
