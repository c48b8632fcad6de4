import { assertEquals, assertGreater } from "@std/assert";
import { Client } from "../helpers/client.ts";
import { within } from "../helpers/deadline.ts";
import { ENGINE } from "../helpers/engine.ts";
import { Scratch } from "../helpers/scratch.ts";
import { startExample } from "./example.ts";
import { lacks, type Language, LANGUAGES } from "./languages.ts";

const nameIn = ({ folder, extension }: Language) =>
  `${folder}/counter.${extension}`;

/** Runs one counter to its end. */
async function count(example: string): Promise<void> {
  using scratch = new Scratch();
  await using server = await startExample(example, { bin: scratch.path });
  await using client = await Client.open(server.url);
  assertEquals(await client.message(0), "1");
  const firstAt = performance.now();
  assertEquals(client.messages.length, 1, example);
  assertEquals(await client.message(2), "3");
  // Printed two seconds after the first; far less would mean that they came together.
  assertGreater(performance.now() - firstAt, 1500, example);
  assertEquals(
    await within(client.closed, "the counter to end"),
    { code: 1000, reason: "exit 0" },
    example,
  );
  assertEquals(client.messages, ["1", "2", "3"], example);
}

// A count takes its time, and languages do not differ by engine: one is enough for the second.
const languages = LANGUAGES.filter(({ folder }) =>
  ENGINE === "native" || folder === "bash"
);

for (const language of languages) {
  Deno.test({
    name: `${
      nameIn(language)
    } sends 1, 2 and 3 as they are printed, then close 1000`,
    ignore: lacks(language),
    fn: () => count(nameIn(language)),
  });
}
