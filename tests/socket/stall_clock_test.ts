import { assertEquals } from "@std/assert";
import { STALL_MS, StallClock } from "../../lib/socket/stall_clock.ts";

Deno.test("StallClock counts a wait of a moment's length, and none that is shorter", () => {
  const clock = new StallClock();
  clock.begin(1000);
  clock.end(1000 + STALL_MS - 0.01);
  assertEquals(clock.read(5000), { count: 0, ms: 0, isStalled: false });
  clock.begin(2000);
  clock.end(2000 + STALL_MS);
  assertEquals(clock.read(5000), { count: 1, ms: STALL_MS, isStalled: false });
});

Deno.test("StallClock shows a wait while it lasts, and never takes back what it has shown", () => {
  const clock = new StallClock();
  clock.begin(1000);
  const seen = [1000 + STALL_MS - 1, 1000 + STALL_MS, 2000, 9000]
    .map((now) => clock.read(now));
  clock.end(9001);
  seen.push(clock.read(9999));
  assertEquals(seen, [
    { count: 0, ms: 0, isStalled: false },
    { count: 1, ms: STALL_MS, isStalled: true },
    { count: 1, ms: 1000, isStalled: true },
    { count: 1, ms: 8000, isStalled: true },
    { count: 1, ms: 8001, isStalled: false },
  ]);
});

Deno.test("StallClock takes waits that overlap for one", () => {
  const clock = new StallClock();
  clock.begin(1000);
  clock.begin(1100);
  clock.end(1200);
  assertEquals(clock.read(1250), { count: 1, ms: 250, isStalled: true });
  clock.end(1300);
  assertEquals(clock.read(2000), { count: 1, ms: 300, isStalled: false });
});

Deno.test("StallClock adds up", () => {
  const clock = new StallClock();
  for (const ms of [100, 5, 300]) {
    clock.begin(0);
    clock.end(ms);
  }
  assertEquals(clock.read(1), { count: 2, ms: 400, isStalled: false });
});

Deno.test("StallClock reads the clock by itself", () => {
  const clock = new StallClock();
  const since = performance.now() - 3_600_000;
  clock.begin(since);
  const under = clock.read();
  clock.end();
  const { count, ms } = clock.read();
  assertEquals([under.isStalled, under.count, count], [true, 1, 1]);
  assertEquals(ms >= under.ms && ms <= performance.now() - since, true);
});
