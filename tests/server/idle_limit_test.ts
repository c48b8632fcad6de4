import { assertEquals, assertGreater } from "@std/assert";
import { IdleLimit } from "../../lib/server/idle_limit.ts";
import { pause } from "../helpers/deadline.ts";

Deno.test("IdleLimit calls back when nothing goes on, however long something did", async () => {
  const idle = Promise.withResolvers<void>();
  const limit = new IdleLimit(50, idle.resolve);
  const actions = [1, 2, 3].map(() => Promise.withResolvers<void>());
  for (const { promise } of actions) limit.during(promise);
  let isIdle = false;
  void idle.promise.then(() => isIdle = true);
  await pause(200);
  actions[0].resolve();
  actions[1].reject(new Error("as when a client leaves"));
  await pause(200);
  assertEquals(isIdle, false);
  const since = performance.now();
  actions[2].resolve();
  await idle.promise;
  assertGreater(performance.now() - since, 45);
});

Deno.test("IdleLimit does not call back when it was stopped, nor when what goes on then ends", async () => {
  let calls = 0;
  const count = () => calls++;
  new IdleLimit(20, count).stop();
  const action = Promise.withResolvers<void>();
  const limit = new IdleLimit(20, count);
  limit.during(action.promise);
  limit.stop();
  action.resolve();
  await pause(100);
  assertEquals(calls, 0);
});
