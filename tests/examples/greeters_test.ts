import { assertEquals } from "@std/assert";
import { Client } from "../helpers/client.ts";
import { allGone, childrenOf } from "../helpers/processes.ts";
import { Scratch } from "../helpers/scratch.ts";
import { startExample } from "./example.ts";
import { lacks, LANGUAGES } from "./languages.ts";

for (const language of LANGUAGES) {
  const example = `${language.folder}/greeter.${language.extension}`;
  Deno.test({
    name: `${example} answers each message at once, and ends with the client`,
    ignore: lacks(language),
    async fn(): Promise<void> {
      using scratch = new Scratch();
      await using server = await startExample(example, {
        // Time to end by itself, on a busy machine too.
        flags: ["--closems=10000"],
        bin: scratch.path,
      });
      const client = await Client.open(server.url);
      await using _ = client;
      const lines = [
        "hello",
        "",
        "-n",
        "%s",
        "  spaces, tabs\tand \\backslashes\\  ",
        "Zoë 🐢",
        "x".repeat(100_000),
      ];
      // One after the other: an answer that waits for more input would never come.
      for (const [i, line] of lines.entries()) {
        client.send(line);
        assertEquals(await client.message(i), `data: ${line}`);
      }
      client.send("two\nlines");
      assertEquals(await client.message(lines.length), "data: two");
      assertEquals(await client.message(lines.length + 1), "data: lines");

      const programs = Deno.build.os === "linux" ? childrenOf(server.pid) : [];
      client.close(1000);
      // It saw the end of its input, and ended by itself.
      await server.logged(/ exit:'0' .* \| DISCONNECT/);
      await allGone(programs);
      assertEquals(server.log.includes("| stderr"), false, server.log);
    },
  });
}
