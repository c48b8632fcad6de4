import { assert, assertEquals } from "@std/assert";
import {
  descendantsOf,
  findByUniqueId,
  startTimeOf,
} from "../../lib/process/proc_scan.ts";
import { eventually } from "../helpers/deadline.ts";
import { isRunning } from "../helpers/processes.ts";
import { Scratch } from "../helpers/scratch.ts";

const ignore = Deno.build.os !== "linux";

/** Runs a script with a `UNIQUE_ID` and waits until so many processes have written their ids to `$1`. */
async function start(
  script: string,
  { id, count }: { readonly id: string; readonly count: number },
): Promise<
  AsyncDisposable & { readonly pid: number; readonly pids: number[] }
> {
  const scratch = new Scratch();
  const child = new Deno.Command("bash", {
    args: ["-c", script, "bash", scratch.file("pids")],
    env: { UNIQUE_ID: id },
    stdin: "null",
  }).spawn();
  const lines = await eventually(() => {
    const lines = scratch.lines("pids");
    return lines.length === count && lines;
  }, "the processes");
  const pids = lines.map(Number);
  return {
    pid: child.pid,
    pids,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const pid of [child.pid, ...pids].filter(isRunning)) {
        Deno.kill(pid, "SIGKILL");
      }
      await child.status;
      scratch[Symbol.dispose]();
    },
  };
}

const NOTE = 'echo $BASHPID >>"$1"';

Deno.test({
  name: "descendantsOf finds children and their children, and nobody else",
  ignore,
  async fn(): Promise<void> {
    await using tree = await start(
      `(${NOTE}; (${NOTE}; exec sleep 100) & exec sleep 100) & (${NOTE}; exec sleep 100) & wait`,
      { id: crypto.randomUUID(), count: 3 },
    );
    const found = descendantsOf(tree.pid);
    for (const pid of tree.pids) assert(found.includes(pid));
    assert(!found.includes(tree.pid));
    assert(!found.includes(Deno.pid));
    assertEquals(descendantsOf(2 ** 22 + 1), []);
  },
});

Deno.test({
  name:
    "findByUniqueId finds those that left their parent, their group and their session, and only those of the id",
  ignore,
  async fn(): Promise<void> {
    const id = crypto.randomUUID();
    await using one = await start(
      `${NOTE}; (setsid bash -c '${NOTE}; exec sleep 100' bash "$1" &); exec sleep 100`,
      { id, count: 2 },
    );
    await using _other = await start(`${NOTE}; exec sleep 100`, {
      id: `${id}2`,
      count: 1,
    });
    const found = await findByUniqueId(id);
    assertEquals(found.sort(), one.pids.sort());
    assertEquals(await findByUniqueId("nobody"), []);
  },
});

Deno.test({
  name:
    "findByUniqueId does not find what was started after a scan it could have shared, without a new one",
  ignore,
  async fn(): Promise<void> {
    const id = crypto.randomUUID();
    const before = findByUniqueId(id);
    assertEquals(await before, []);
    await using _late = await start(`${NOTE}; exec sleep 100`, {
      id,
      count: 1,
    });
    assertEquals((await findByUniqueId(id)).length, 1);
  },
});

Deno.test({
  name:
    "findByUniqueId forgets a process that has ended, also when it was seen a moment ago",
  ignore,
  async fn(): Promise<void> {
    const id = crypto.randomUUID();
    const one = await start(`${NOTE}; exec sleep 100`, { id, count: 1 });
    assertEquals((await findByUniqueId(id)).length, 1);
    await one[Symbol.asyncDispose]();
    assertEquals(await findByUniqueId(id), []);
  },
});

Deno.test({
  name:
    "findByUniqueId finds a process although it starts another program again and again",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    // While a program is being started, there is a moment without environment,
    // and whoever is reading the one before sees only its beginning.
    const command = scratch.script("again", '#!/bin/sh\nexec "$0"\n');
    const counts = [];
    for (let round = 0; round < 12; round++) {
      const id = crypto.randomUUID();
      const env = { UNIQUE_ID: id, A: "a".repeat(1000), Z: "z".repeat(1000) };
      const children = [1, 2, 3, 4].map(() =>
        new Deno.Command(command, { env }).spawn()
      );
      counts.push((await findByUniqueId(id)).length);
      for (const child of children) child.kill("SIGKILL");
      for (const child of children) await child.status;
    }
    assertEquals(counts, new Array(12).fill(4));
  },
});

Deno.test({
  name:
    "findByUniqueId finds a process whose environment is too large to be read at once",
  ignore,
  async fn(): Promise<void> {
    const id = crypto.randomUUID();
    using scratch = new Scratch();
    const child = new Deno.Command("bash", {
      args: ["-c", 'echo >"$0"; exec sleep 100', scratch.file("up")],
      // A single variable may have 128 KiB.
      env: { A: "a".repeat(100_000), B: "b".repeat(100_000), UNIQUE_ID: id },
    }).spawn();
    await eventually(() => scratch.lines("up").length === 1, "the program");
    const found = await findByUniqueId(id);
    child.kill("SIGKILL");
    await child.status;
    assertEquals(found, [child.pid]);
  },
});

Deno.test({
  name:
    "startTimeOf names one process for good, and is null for one that has ended",
  ignore,
  async fn(): Promise<void> {
    const time = startTimeOf(Deno.pid);
    assert(time !== null && /^\d+$/.test(time));
    assertEquals(startTimeOf(Deno.pid), time);
    const child = new Deno.Command("true").spawn();
    const { pid } = child;
    await eventually(() => !isRunning(pid), "the end");
    assertEquals(startTimeOf(pid), null); // a zombie, or nothing any more
    await child.status;
    assertEquals(startTimeOf(pid), null);
  },
});
