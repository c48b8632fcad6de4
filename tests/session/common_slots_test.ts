import { assert, assertEquals } from "@std/assert";
import {
  type NoSlot,
  Sessions,
  type Slot,
} from "../../lib/session/sessions.ts";
import { within } from "../helpers/deadline.ts";

/** Slots that several share, given as another server would. */
function shared(answers: (NoSlot | "slot")[]): {
  readonly sessions: Sessions;
  readonly asked: string[];
  readonly released: string[];
} {
  const sessions = new Sessions({ maxForks: 2 });
  const asked: string[] = [];
  const released: string[] = [];
  sessions.share({
    take(ip: string): Promise<Slot | NoSlot> {
      asked.push(ip);
      const answer = answers.shift()!;
      return Promise.resolve(
        answer === "slot" ? { release: () => released.push(ip) } : answer,
      );
    },
  });
  return { sessions, asked, released };
}

Deno.test("Sessions.take is acquire while nothing is shared", async () => {
  const sessions = new Sessions({ maxForks: 1 });
  const slot = await sessions.take("a") as Slot;
  assertEquals(await sessions.take("a"), "limit");
  slot.release();
  assertEquals(sessions.size, 0);
});

Deno.test("Sessions.take takes a slot of its own and of all, and releases both", async () => {
  const { sessions, asked, released } = shared(["slot"]);
  const slot = await sessions.take("a") as Slot;
  assertEquals([asked, sessions.size], [["a"], 1]);
  slot.release();
  assertEquals([released, sessions.size], [["a"], 0]);
});

for (const limit of ["limit", "limit-per-ip"] as const) {
  Deno.test(`Sessions.take keeps nothing when all together say ${limit}`, async () => {
    const { sessions, released } = shared([limit]);
    assertEquals(await sessions.take("a"), limit);
    assertEquals([released, sessions.size], [[], 0]);
  });
}

Deno.test("Sessions.take asks nobody when its own limit leaves no room", async () => {
  const { sessions, asked } = shared(["slot", "slot"]);
  await sessions.take("a");
  await sessions.take("b");
  assertEquals(await sessions.take("c"), "limit");
  assertEquals(asked, ["a", "b"]);
});

Deno.test("Sessions.drain waits for an answer about a slot", async () => {
  const sessions = new Sessions();
  const answer = Promise.withResolvers<Slot | NoSlot>();
  sessions.share({ take: () => answer.promise });
  const taken = sessions.take("a");
  let isDrained = false;
  const drained = sessions.drain(60_000).then((killed) => {
    isDrained = true;
    return killed;
  });
  await Promise.resolve();
  assert(!isDrained);
  answer.resolve("limit");
  assertEquals(await taken, "limit");
  assertEquals(await within(drained, "the drain"), 0);
});
