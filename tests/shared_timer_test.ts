import { assert, assertEquals } from "@std/assert";
import { startTimer } from "../lib/shared_timer.ts";

/** What has been called, in order, when the last of `names` has. */
function calls(
  start: (call: (name: string) => () => void) => void,
  last: string,
): Promise<string[]> {
  const { promise, resolve } = Promise.withResolvers<string[]>();
  const names: string[] = [];
  start((name) => () => {
    names.push(name);
    if (name === last) resolve(names);
  });
  return promise;
}

Deno.test("startTimer calls back when the time is up, and not before", async () => {
  const startedAt = performance.now();
  await new Promise<void>((resolve) => startTimer(30, resolve));
  assert(performance.now() - startedAt >= 30);
});

Deno.test("startTimer gives each that waits for equally long its own time", async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  startTimer(40, () => {
    const startedAt = performance.now();
    startTimer(40, () => resolve(performance.now() - startedAt));
  });
  assert(await promise >= 40);
});

Deno.test("startTimer calls those who wait in order, the shorter wait first", async () => {
  assertEquals(
    await calls((call) => {
      startTimer(60, call("c"));
      startTimer(10, call("a"));
      startTimer(10, call("b"));
      startTimer(60, call("d"));
    }, "d"),
    ["a", "b", "c", "d"],
  );
});

Deno.test("startTimer calls nobody who has stopped it, and the others all the same", async () => {
  assertEquals(
    await calls((call) => {
      const stop = startTimer(10, call("stopped"));
      startTimer(10, call("a"));
      stop();
      stop();
      startTimer(10, call("b"));
    }, "b"),
    ["a", "b"],
  );
});

Deno.test("startTimer lets one who is called stop another whose time is up as well", async () => {
  assertEquals(
    await calls((call) => {
      startTimer(10, () => stop());
      const stop = startTimer(10, call("stopped"));
      startTimer(10, call("a"));
      startTimer(30, call("b"));
    }, "b"),
    ["a", "b"],
  );
});

Deno.test("startTimer leaves no timer behind when all have stopped it", () => {
  // The runtime's own check fails this test if one is left.
  const stops = [startTimer(60_000, () => {}), startTimer(60_000, () => {})];
  for (const stop of stops) stop();
});

Deno.test("startTimer reports an error, and calls the others", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  function onError(event: ErrorEvent): void {
    event.preventDefault();
    resolve(event.error.message);
  }
  globalThis.addEventListener("error", onError);
  try {
    const second = new Promise<void>((resolve) => {
      startTimer(10, () => {
        throw new Error("on purpose");
      });
      startTimer(10, resolve);
    });
    assertEquals(await promise, "on purpose");
    await second;
  } finally {
    globalThis.removeEventListener("error", onError);
  }
});
