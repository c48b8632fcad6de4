import { assertEquals } from "@std/assert";
import { Client } from "../helpers/client.ts";
import { Scratch } from "../helpers/scratch.ts";
import { startServer } from "../helpers/server.ts";
import { isMissing } from "./example.ts";

Deno.test({
  name: "ls sends the names in a directory, each a message, then close 1000",
  ignore: isMissing("ls"),
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const names = ["Zoë", "a file with spaces", "one", "two"];
    for (const name of names) Deno.writeTextFileSync(scratch.file(name), "");
    await using server = await startServer(["ls", scratch.path]);
    assertEquals(await Client.run(server.url), {
      messages: names,
      code: 1000,
      reason: "exit 0",
    });
  },
});
