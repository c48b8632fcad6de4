import { assert, assertEquals, assertMatch } from "@std/assert";
import { createSessionId } from "../../lib/http/session_id.ts";

Deno.test("100,000 session ids are all different, and in order", () => {
  const ids = Array.from({ length: 100_000 }, createSessionId);
  assertEquals(new Set(ids).size, ids.length);
});

Deno.test("a session id is the time in nanoseconds, as the original's, and nine digits that cannot be guessed", () => {
  const before = Date.now();
  const ids = Array.from({ length: 100 }, createSessionId);
  for (const id of ids) {
    assertMatch(id, /^\d{28}$/);
    const ms = Number(id.slice(0, 13));
    assert(before <= ms && ms <= Date.now());
  }
  assertEquals(new Set(ids.map((id) => id.slice(19))).size, ids.length);
});
