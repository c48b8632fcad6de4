import { assert, assertEquals } from "@std/assert";
import { Backoff } from "../lib/backoff.ts";

Deno.test("waits at most 0.5 s, then twice as long each time, up to 30 s", () => {
  const backoff = new Backoff(() => 1);
  assertEquals(Array.from({ length: 9 }, () => backoff.next()), [
    500,
    1000,
    2000,
    4000,
    8000,
    16000,
    30000,
    30000,
    30000,
  ]);
  backoff.reset();
  assertEquals(backoff.next(), 500);
});

Deno.test("waits are spread over all of that time", () => {
  const backoffs = Array.from({ length: 1000 }, () => new Backoff());
  const waits = backoffs.map((backoff) => backoff.next());
  assert(waits.every((wait) => wait >= 0 && wait < 500));
  assert(waits.some((wait) => wait < 50) && waits.some((wait) => wait > 450));
});

Deno.test("however often it has waited, no wait is longer", () => {
  const backoff = new Backoff(() => 1);
  for (let i = 0; i < 2000; i++) backoff.next();
  assertEquals(backoff.next(), 30000);
});
