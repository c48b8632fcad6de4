import { assert, assertEquals } from "@std/assert";
import type { Session } from "../../lib/session/session.ts";
import { Sessions, type Slot } from "../../lib/session/sessions.ts";
import { within } from "../helpers/deadline.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";

/** A session that ends when it is told to, or when the test wants. */
class FakeSession {
  readonly calls: string[] = [];
  readonly ended = Promise.withResolvers<void>();
  readonly #isStubborn: boolean;

  constructor({ isStubborn = false } = {}) {
    this.#isStubborn = isStubborn;
  }

  async run(): Promise<void> {
    await this.ended.promise;
  }

  endOrphans(): Promise<void> {
    this.calls.push("endOrphans");
    return Promise.resolve();
  }

  end(code: number, reason: string): void {
    this.calls.push(`end ${code} ${reason}`);
    if (!this.#isStubborn) this.ended.resolve();
  }

  kill(): void {
    this.calls.push("kill");
    this.ended.resolve();
  }
}

function run(sessions: Sessions, fake: FakeSession): Promise<void> {
  const slot = sessions.acquire("1.2.3.4") as Slot;
  return sessions.run(fake as unknown as Session, slot);
}

Deno.test("Sessions gives as many slots as maxForks says, and not one more until one is released", () => {
  const sessions = new Sessions({ maxForks: 2 });
  const first = sessions.acquire("a") as Slot;
  const second = sessions.acquire("b");
  assert(typeof second !== "string");
  assertEquals(sessions.acquire("c"), "limit");
  assertEquals(sessions.size, 2);
  first.release();
  first.release();
  assertEquals(sessions.size, 1);
  assert(typeof sessions.acquire("c") !== "string");
  assertEquals(sessions.acquire("d"), "limit");
});

Deno.test("Sessions gives each address as many slots as maxPerIp says", () => {
  const sessions = new Sessions({ maxForks: 5, maxPerIp: 2 });
  const first = sessions.acquire("a") as Slot;
  assert(typeof sessions.acquire("a") !== "string");
  assertEquals(sessions.acquire("a"), "limit-per-ip");
  assert(typeof sessions.acquire("b") !== "string");
  first.release();
  assert(typeof sessions.acquire("a") !== "string");
  assertEquals(sessions.acquire("a"), "limit-per-ip");
});

for (const limit of [0, -1]) {
  Deno.test(`Sessions takes ${limit} for no limit`, () => {
    const sessions = new Sessions({ maxForks: limit, maxPerIp: limit });
    for (let i = 0; i < 3000; i++) {
      assert(typeof sessions.acquire("a") !== "string");
    }
    assertEquals(sessions.size, 3000);
  });
}

Deno.test("Sessions has room for 1024 unless it is told otherwise", () => {
  const sessions = new Sessions();
  for (let i = 0; i < 1024; i++) {
    assert(typeof sessions.acquire("a") !== "string");
  }
  assertEquals(sessions.acquire("b"), "limit");
});

Deno.test("Sessions frees the slot of a session that has ended, and then ends what it left behind", async () => {
  const sessions = new Sessions({ maxForks: 1 });
  const fake = new FakeSession();
  const ran = run(sessions, fake);
  assertEquals(sessions.acquire("b"), "limit");
  fake.ended.resolve();
  await within(ran, "the session");
  assertEquals(fake.calls, ["endOrphans"]);
  assertEquals(sessions.size, 0);
});

Deno.test("Sessions.drain resolves at once without sessions, and admits no more", async () => {
  const sessions = new Sessions();
  assertEquals(sessions.draining, false);
  assertEquals(await within(sessions.drain(60_000), "the drain", 1000), 0);
  assertEquals(sessions.draining, true);
});

Deno.test("Sessions.drain waits for sessions that end by themselves, and ends none of them", async () => {
  const sessions = new Sessions();
  const fake = new FakeSession();
  const ran = run(sessions, fake);
  const drained = sessions.drain(60_000);
  fake.ended.resolve();
  assertEquals(await within(drained, "the drain", 2000), 0);
  await ran;
  assertEquals(fake.calls, ["endOrphans"]);
});

Deno.test("Sessions.drain ends with 1001 what is left after its time, and tells how many", async () => {
  const sessions = new Sessions();
  const fakes = [new FakeSession(), new FakeSession()];
  const ran = fakes.map((fake) => run(sessions, fake));
  const watch = new Stopwatch();
  assertEquals(await within(sessions.drain(100), "the drain"), 2);
  const { wallMs, ms } = watch;
  assert(wallMs > 90 && ms < 1000, `${wallMs} ms`);
  for (const { calls } of fakes) {
    assertEquals(calls, ["end 1001 server stopping", "endOrphans"]);
  }
  await Promise.all(ran);
});

Deno.test("Sessions.drain kills what does not end within 4 s more", async () => {
  const sessions = new Sessions();
  const fake = new FakeSession({ isStubborn: true });
  const ran = run(sessions, fake);
  assertEquals(await within(sessions.drain(0), "the drain", 6000), 1);
  assertEquals(fake.calls.slice(0, 2), ["end 1001 server stopping", "kill"]);
  await ran;
});

Deno.test("Sessions.drain is one drain, however often it is called", async () => {
  const sessions = new Sessions();
  const fake = new FakeSession();
  const ran = run(sessions, fake);
  const results = await within(
    Promise.all([sessions.drain(50), sessions.drain(60_000)]),
    "both",
    2000,
  );
  assertEquals(results, [1, 1]);
  await ran;
});

Deno.test("Sessions.kill kills at once, during a drain too", async () => {
  const sessions = new Sessions();
  const fake = new FakeSession();
  const ran = run(sessions, fake);
  const drained = sessions.drain(60_000);
  await within(sessions.kill(), "the kill", 1000);
  await within(drained, "the drain", 1000);
  assertEquals(fake.calls, ["kill", "endOrphans"]);
  await ran;
});
