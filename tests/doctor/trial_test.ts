import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { Trial } from "../../lib/doctor/trial.ts";

const ENV = { PATH: Deno.env.get("PATH") ?? "" };

/** Starts a shell. */
function start(script: string): Trial {
  const program = { command: "/bin/sh", args: ["-c", script] };
  return new Trial(program, { ...ENV, UNIQUE_ID: crypto.randomUUID() });
}

Deno.test("Trial counts the time of an answer from when the line was sent", async () => {
  const trial = start("read line; echo answer; cat");
  await trial.provoke(new TextEncoder().encode("hello\n"), 300, 30_000);
  // The line came after 300 ms.
  assertLessOrEqual(trial.reactionMs!, trial.ageMs - 300);
  assert(trial.wasSent);
  await trial.end(0);
});

Deno.test("Trial counts the time of what comes by itself from the start", async () => {
  const trial = start("echo ready; cat");
  await trial.provoke(new TextEncoder().encode("hello\n"), 30_000);
  assertEquals(trial.reactionMs, trial.firstMs);
  assert(!trial.wasSent);
  await trial.end(0);
});
