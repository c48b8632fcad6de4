/** The ladder, on a program that is none: it ends at the step the test wants. */
import { assert, assertEquals, assertLess } from "@std/assert";
import type { Exit } from "../../lib/events.ts";
import type { Child } from "../../lib/process/command.ts";
import type { Family, Signal } from "../../lib/process/family.ts";
import { terminate, terminateOrphans } from "../../lib/process/terminate.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";

type Step = "EOF" | Signal;

/** A program that ends at one step and whose last child ends at another. */
class FakeChild {
  /** What was done to it, and after how many milliseconds. */
  readonly steps: { readonly step: Step; readonly ms: number }[] = [];
  exit: Exit | null = null;
  readonly exited: Promise<Exit>;
  isAborted = false;
  readonly watch = new Stopwatch();
  readonly #endsAt: Step | null;
  readonly #familyEndsAt: Step | null;
  #isFamilyAlive = true;
  readonly #resolve: (exit: Exit) => void;

  constructor(endsAt: Step | null, familyEndsAt: Step | null = endsAt) {
    const { promise, resolve } = Promise.withResolvers<Exit>();
    this.exited = promise;
    this.#resolve = resolve;
    this.#endsAt = endsAt;
    this.#familyEndsAt = familyEndsAt;
  }

  get child(): Child {
    return this as unknown as Child;
  }

  readonly stdin = {
    close: (): Promise<void> => {
      this.reach("EOF");
      return Promise.resolve();
    },
    abort: (): Promise<void> => {
      this.isAborted = true;
      return Promise.resolve();
    },
  };

  readonly family: Pick<Family, "alive" | "signal"> = {
    alive: () => Promise.resolve(this.exit === null || this.#isFamilyAlive),
    signal: (signal) => {
      this.reach(signal);
      return Promise.resolve();
    },
  };

  reach(step: Step): void {
    this.steps.push({ step, ms: this.watch.wallMs });
    if (step === this.#familyEndsAt) this.#isFamilyAlive = false;
    if (step !== this.#endsAt) return;
    this.exit = { code: 0, signal: null };
    this.#resolve(this.exit);
  }
}

/** The steps were these, each about at its time. */
function assertSteps(
  child: FakeChild,
  expected: readonly [Step, number][],
): void {
  assertEquals(child.steps.map(({ step }) => step), expected.map(([s]) => s));
  for (const [i, [step, ms]] of expected.entries()) {
    const late = child.steps[i].ms - ms;
    assert(
      late > -5 && late < 150 + child.watch.busyMs,
      `${step} after ${child.steps[i].ms} ms`,
    );
  }
}

for (
  const { endsAt, steps } of [
    { endsAt: "EOF", steps: [["EOF", 0]] },
    { endsAt: "SIGINT", steps: [["EOF", 0], ["SIGINT", 100]] },
    {
      endsAt: "SIGTERM",
      steps: [["EOF", 0], ["SIGINT", 100], ["SIGTERM", 350]],
    },
    {
      endsAt: "SIGKILL",
      steps: [["EOF", 0], ["SIGINT", 100], ["SIGTERM", 350], ["SIGKILL", 850]],
    },
  ] as { endsAt: Step; steps: [Step, number][] }[]
) {
  Deno.test(`terminate goes up to ${endsAt} for a program that ends at it, and waits no longer`, async () => {
    const child = new FakeChild(endsAt);
    await terminate(child.child);
    assertSteps(child, steps);
    assertLess(child.watch.ms, steps.at(-1)![1] + 150);
    assert(child.isAborted);
  });

  Deno.test(`terminate goes up to ${endsAt} for a child that ends at it, when the program has ended at EOF`, async () => {
    const child = new FakeChild("EOF", endsAt);
    await terminate(child.child);
    assertSteps(child, steps);
  });
}

Deno.test("terminate adds closeMs to each wait, and reports each signal", async () => {
  const child = new FakeChild("SIGTERM");
  const signals: string[] = [];
  await terminate(child.child, {
    closeMs: 100,
    onSignal: (signal) => signals.push(signal),
  });
  assertSteps(child, [["EOF", 0], ["SIGINT", 200], ["SIGTERM", 550]]);
  assertEquals(signals, ["SIGINT", "SIGTERM"]);
});

for (const who of ["program", "child"]) {
  Deno.test(`terminate kills at once, whatever closeMs is, when somebody is in a hurry while it waits for a ${who}`, async () => {
    const child = who === "program"
      ? new FakeChild("SIGKILL")
      : new FakeChild("EOF", "SIGKILL");
    const hurry = Promise.withResolvers<void>();
    setTimeout(hurry.resolve, 60);
    await terminate(child.child, { closeMs: 60_000, hurry: hurry.promise });
    assertSteps(child, [["EOF", 0], ["SIGKILL", 60]]);
  });
}

Deno.test("terminate kills again what goes on living, and gives up after a second", async () => {
  const child = new FakeChild(null);
  const watch = new Stopwatch();
  await terminate(child.child, { hurry: Promise.resolve() });
  const { wallMs, ms } = watch;
  assert(wallMs > 950 && ms < 1500, `${wallMs} ms`);
  const kills = child.steps.filter(({ step }) => step === "SIGKILL").length;
  assert(kills > 5, `${kills}`);
});

Deno.test("terminateOrphans begins with SIGINT at once, and does nothing when nobody is left", async () => {
  const child = new FakeChild("EOF", "SIGTERM");
  child.reach("EOF");
  await terminateOrphans(child.child, { closeMs: 50 });
  assertSteps(child, [["EOF", 0], ["SIGINT", 0], ["SIGTERM", 300]]);
  await terminateOrphans(child.child);
  assertEquals(child.steps.length, 3);
});
