import { assertEquals, assertGreater } from "@std/assert";
import { Client } from "../helpers/client.ts";
import { within } from "../helpers/deadline.ts";
import { isMissing, startExample } from "./example.ts";

Deno.test({
  name: "counter.sh sends 1, 2 and 3 as they are printed, then close 1000",
  ignore: isMissing("bash"),
  async fn(): Promise<void> {
    await using server = await startExample("bash/counter.sh");
    await using client = await Client.open(server.url);
    assertEquals(await client.message(0), "1");
    const firstAt = performance.now();
    assertEquals(client.messages.length, 1);
    assertEquals(await client.message(2), "3");
    // Printed two seconds after the first; far less would mean that they came together.
    assertGreater(performance.now() - firstAt, 1500);
    assertEquals(
      await within(client.closed, "the counter to end"),
      { code: 1000, reason: "exit 0" },
    );
    assertEquals(client.messages, ["1", "2", "3"]);
  },
});
