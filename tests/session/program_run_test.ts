import { assert, assertEquals } from "@std/assert";
import { createFraming } from "../../lib/framing/create_framing.ts";
import type { ProgramFunction } from "../../lib/process/inline.ts";
import { ProgramRun, type RunHooks } from "../../lib/session/program_run.ts";
import { pause, within } from "../helpers/deadline.ts";

Deno.test("ProgramRun.ranMs leaves out the time that a program is given after it has printed its last", async () => {
  const closeMs = 400;
  const run = start(async (io) => {
    await io.stdout.close();
    await new Promise((resolve) =>
      io.signal.addEventListener("abort", resolve)
    );
    return 1;
  }, { closeMs });
  assertEquals(run.ranMs, null);
  const startedAt = performance.now();
  await within(run.ended, "the program to end");
  assert(performance.now() - startedAt - run.ranMs! >= closeMs);
});

Deno.test("ProgramRun.ranMs leaves out the time that clients take for what a program has printed", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const run = start(async (io) => {
    await io.print("last words");
    return 1;
  }, { output: { send: () => promise } });
  const startedAt = performance.now();
  await within(run.child.exited, "the program to end");
  await pause(400);
  resolve();
  await within(run.ended, "the output to be taken");
  assert(performance.now() - startedAt - run.ranMs! >= 300);
});

function start(run: ProgramFunction, hooks: Partial<RunHooks>): ProgramRun {
  return new ProgramRun(
    { run },
    {},
    createFraming({ framing: "lines" }),
    {
      output: { send: () => Promise.resolve() },
      closeMs: 0,
      onStderrLine(): void {},
      onSignal(): void {},
      ...hooks,
    },
  );
}
