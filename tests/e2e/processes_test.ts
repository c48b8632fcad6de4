/** Processes: whatever a program does, nothing of it outlives its session, and it cannot hold one. */
import { assert, assertEquals } from "@std/assert";
import {
  BulkClient,
  closeFrame,
  ResettingClient,
  text,
} from "../helpers/bulk_client.ts";
import { Client } from "../helpers/client.ts";
import { eventually, pause, within } from "../helpers/deadline.ts";
import { allGone, childrenOf, isRunning } from "../helpers/processes.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { Scratch } from "../helpers/scratch.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";

// Where a process is, is read in /proc.
const ignore = Deno.build.os !== "linux";

/** Ways in which a client leaves. Each connects first and returns what makes it leave. */
const WAYS = {
  async "close frame"(port: number): Promise<() => Promise<void>> {
    const client = await BulkClient.open(port);
    return async () => {
      await client.write(closeFrame(1000));
      await client.readToEnd();
      client.drop();
    };
  },
  async "FIN"(port: number): Promise<() => Promise<void>> {
    const client = await BulkClient.open(port);
    return async () => {
      await client.finish();
      await client.readToEnd();
      client.drop();
    };
  },
  async "reset"(port: number): Promise<() => void> {
    const client = await ResettingClient.open(port);
    return () => client.reset();
  },
};

/** Writes down the process id; `$1` is the test's directory. */
const NOTE = 'echo $$ >>"$1/pids"; ';
/** A process of its own that ignores these signals, writes its id down and then goes on. */
const BASH = (script: string, ignores = "") =>
  `bash -c '${ignoring(ignores)}${NOTE}${script}' bash "$1"`;
/** Before the id is written down: whoever reads it may send them. */
const ignoring = (signals: string) =>
  signals === "" ? "" : `trap "" ${signals}; `;
/** Writes down the process id once more, when it has stopped. */
const NOTE_STOP =
  `{ until grep -q "^State:.T" /proc/$$/status; do sleep 0.01; done; ${NOTE}} & `;
const LIVE_ON = "while :; do sleep 0.1; done";

for (
  const { program, script, ignores = "", processes, signals } of [
    {
      program: "ends when its stdin does",
      script: "cat >/dev/null",
      processes: 1,
      signals: [],
    },
    {
      program: "never reads its stdin",
      script: LIVE_ON,
      processes: 1,
      signals: ["SIGINT"],
    },
    {
      program: "ignores SIGINT",
      script: LIVE_ON,
      ignores: "INT",
      processes: 1,
      signals: ["SIGINT", "SIGTERM"],
    },
    {
      program: "ignores SIGINT and SIGTERM",
      script: LIVE_ON,
      ignores: "INT TERM",
      processes: 1,
      signals: ["SIGINT", "SIGTERM", "SIGKILL"],
    },
    {
      program: "has stopped itself",
      script: NOTE_STOP + "kill -STOP $$",
      processes: 2,
      signals: ["SIGINT", "SIGTERM", "SIGKILL"],
    },
    {
      program: "waits for a child that ignores SIGINT and SIGTERM",
      script: BASH(LIVE_ON, "INT TERM"),
      processes: 2,
      signals: ["SIGINT", "SIGTERM", "SIGKILL"],
    },
    {
      program: "ends at EOF and leaves a child that ignores SIGINT and SIGTERM",
      script: BASH(LIVE_ON, "INT TERM") + " & cat >/dev/null",
      processes: 2,
      signals: ["SIGINT", "SIGTERM", "SIGKILL"],
    },
    {
      program: "has a tree of children, each with its own",
      script: `${BASH(`${LIVE_ON} & ${LIVE_ON} & ${LIVE_ON}`)} & ${
        BASH(`(${LIVE_ON})`)
      } & ${LIVE_ON}`,
      processes: 3,
      signals: ["SIGINT", "SIGTERM"], // a shell starts background jobs with SIGINT ignored
    },
    {
      program: "has a child in a session of its own (setsid)",
      script: `setsid ${BASH(LIVE_ON)} & ${LIVE_ON}`,
      processes: 2,
      signals: ["SIGINT", "SIGTERM"],
    },
    {
      program:
        "has a daemon (double fork, setsid, no streams, ignores SIGINT and SIGTERM)",
      script: `(setsid ${
        BASH(`cd /; ${LIVE_ON}`, "INT TERM")
      } </dev/null >/dev/null 2>&1 &); cat >/dev/null`,
      processes: 2,
      signals: ["SIGINT", "SIGTERM", "SIGKILL"],
    },
    {
      program:
        "waits for a child with an empty environment that ignores SIGINT and SIGTERM",
      script: `trap "exit 3" INT; env -i ${
        BASH(`PATH=/usr/bin:/bin; ${LIVE_ON}`, "INT TERM")
      } & wait`,
      processes: 2,
      signals: ["SIGINT", "SIGTERM", "SIGKILL"],
    },
    {
      program: "prints to stdout and stderr for ever",
      script: `yes >&2 & ${BASH("exec yes")}`,
      processes: 2,
      signals: undefined,
    },
    {
      program: "starts new children all the time, each of which ignores SIGINT",
      script: "while :; do (sleep 0.3; sleep 0.3) & sleep 0.02; done",
      ignores: "INT",
      processes: 1,
      signals: undefined,
    },
  ]
) {
  Deno.test({
    name:
      `a program that ${program} is gone with all its processes when its session has ended, however the client left`,
    ignore,
    async fn(): Promise<void> {
      using scratch = new Scratch();
      await using server = await ProgramServer.bash(
        ignoring(ignores) + NOTE + script,
        { args: [scratch.path] },
      );
      const leavers = [];
      for (const connect of Object.values(WAYS)) {
        leavers.push(await connect(server.port));
      }
      const sessions = leavers.length;
      const pids = await eventually(
        () => {
          const lines = scratch.lines("pids");
          return lines.length >= sessions * processes && lines.map(Number);
        },
        () => `all processes: ${scratch.read("pids")}`,
      );
      const left = leavers.map((leave) => leave());
      await server.next("session.closed", sessions - 1);
      const running = pids.filter(isRunning);
      await allGone(pids);
      assertEquals(running, [], "some outlived the session's end");
      await Promise.all(left);
      assertEquals(childrenOf(Deno.pid), [], "a zombie is left");
      if (signals !== undefined) {
        for (const { session } of server.of("session.closed")) {
          const got = server.of("child.signalled")
            .filter((event) => event.session.id === session.id)
            .map(({ signal }) => signal);
          assertEquals(got, signals);
        }
      }
    },
  });
}

for (const closeMs of [0, 300]) {
  Deno.test({
    name: `the ladder: stdin ends at once, SIGINT after ${
      100 + closeMs
    } ms, SIGTERM after ${250 + closeMs} more, SIGKILL after ${
      500 + closeMs
    } more (--closems=${closeMs})`,
    ignore,
    async fn(): Promise<void> {
      using scratch = new Scratch();
      const note = (name: string) => `echo ${name} $EPOCHREALTIME >>"$1/times"`;
      await using server = await ProgramServer.bash(
        `trap '${note("INT")}' INT; trap '${note("TERM")}' TERM; echo up
         while read -r; do :; done; ${note("EOF")}
         while :; do sleep 0.01; done`,
        { args: [scratch.path], closeMs },
      );
      using client = await BulkClient.open(server.port);
      await client.next();
      const left = Date.now(), watch = new Stopwatch();
      client.drop();
      const { exit } = await server.next("session.closed");
      const ended = Date.now();
      assertEquals(exit?.signal, "SIGKILL");
      const times = scratch.lines("times").map((line) => line.split(" "));
      assertEquals(times.map(([name]) => name), ["EOF", "INT", "TERM"]);
      const at = [...times.map(([, time]) => 1000 * Number(time)), ended];
      const steps = [0, 100, 350, 850].map((ms, i) => ms + i * closeMs);
      for (const [i, ms] of steps.entries()) {
        const late = at[i] - left - ms;
        assert(
          late > -15 && late < 250 + watch.busyMs,
          `step ${i}: ${at[i] - left} ms`,
        );
      }
    },
  });
}

Deno.test({
  name:
    "a program is given no signal it does not need: it may take its time after SIGINT",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      "trap 'sleep 0.15; echo bye >&2; exit 0' INT; echo up; while :; do sleep 0.01; done",
    );
    const client = await BulkClient.open(server.port);
    await client.next();
    client.drop();
    const { exit } = await server.next("session.closed");
    assertEquals(exit, { code: 0, signal: null });
    assertEquals(server.of("child.signalled").map(({ signal }) => signal), [
      "SIGINT",
    ]);
    assertEquals(server.of("child.stderr").map(({ line }) => line), ["bye"]);
  },
});

Deno.test({
  name:
    "what a client sent before it left reaches a program that reads more slowly than the ladder is, as long as it reads",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    await using server = await ProgramServer.bash(
      `trap "" INT
       while n=$(head -c 20000 | wc -c); [ $n -gt 0 ]; do echo $n >>"$1/in"; sleep 0.02; done`,
      { args: [scratch.path] },
    );
    using client = await BulkClient.open(server.port);
    for (let i = 0; i < 20; i++) await client.write(text("x".repeat(19_999)));
    await client.write(closeFrame(1000));
    await client.readToEnd();
    const { exit } = await server.next("session.closed");
    assertEquals(exit, { code: 0, signal: null });
    assertEquals(scratch.lines("in"), new Array(20).fill("20000"));
  },
});

Deno.test({
  name:
    "a program that closes its stdin goes on being heard, also while the client sends",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      "exec <&-; for i in 1 2 3 4 5 6; do echo $i; sleep 0.05; done; exit 9",
    );
    await using client = await Client.open(server.url);
    for (let i = 0; i < 6; i++) {
      client.send("is anybody there?".repeat(10_000));
      await client.message(i);
    }
    assertEquals(await within(client.closed, "close"), {
      code: 4009,
      reason: "exit 9",
    });
    assertEquals(client.messages, ["1", "2", "3", "4", "5", "6"]);
  },
});

Deno.test({
  name:
    "10 MB of stderr in one line, then 3,000 lines of it, hold nothing up: stdout goes on, the log has the lines, the long one cut",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      `head -c 10000000 /dev/zero | tr '\\0' e >&2; echo >&2
       seq 1 3000 >&2; echo done; read -r; echo "$REPLY"`,
    );
    await using client = await Client.open(server.url);
    assertEquals(await client.message(0), "done");
    client.send("and on");
    await within(client.closed, "close");
    assertEquals(client.messages, ["done", "and on"]);
    await server.next("session.closed");
    const lines = server.of("child.stderr").map(({ line }) => line);
    assertEquals(lines.length, 3001);
    assertEquals(lines[0], "e".repeat(8192) + "… (9991808 more bytes)");
    assertEquals(
      lines.slice(1),
      Array.from({ length: 3000 }, (_, i) => `${i + 1}`),
    );
  },
});

Deno.test({
  name:
    "a process that hides (own session, empty environment, streams kept) cannot hold the session: its client, its slot, the end of the server",
  ignore,
  // What was being written to its stdin stays so until it ends.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    // Not found by its parent, which has ended, nor by its environment.
    const hide =
      `(env -i setsid bash -c 'echo $$ >>"$0/pids"; trap "" INT TERM; while :; do /bin/sleep 0.1; done' "$1" <&0 &)`;
    try {
      for (const then of ["exit 3", "cat >/dev/null", LIVE_ON]) {
        await using server = await ProgramServer.bash(
          `${hide}; while [ ! -s "$1/pids" ]; do sleep 0.01; done; echo up; ${then}`,
          // A client that is held back shows by a ping that it has left.
          { args: [scratch.path], maxForks: 1, pingMs: 1000 },
        );
        using client = await BulkClient.open(server.port);
        await client.nextText();
        // More than a pipe takes, so that a write to stdin is under way.
        const written = client.write(text("x".repeat(200_000)));
        if (then !== "exit 3") {
          await pause(100);
          client.drop();
        }
        const closed = await server.next("session.closed", 0, 6000);
        if (then === "exit 3") assertEquals(closed.code, 4003);
        await written.catch(() => {});
        await using next = await Client.open(server.url);
        await next.message(0);
      }
    } finally {
      for (const pid of scratch.lines("pids").map(Number)) {
        if (isRunning(pid)) Deno.kill(pid, "SIGKILL");
      }
    }
  },
});

Deno.test({
  name: "a process that starts its like and ends, over and over, is caught",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const command = scratch.script(
      "relay",
      `#!/bin/bash
       trap "" INT TERM
       echo $$ >>"${scratch.path}/pids"
       sleep 0.05
       "$0" >/dev/null 2>&1 </dev/null &`,
    );
    await using server = await ProgramServer.start({ command });
    await Client.run(server.url);
    await server.next("session.closed");
    await eventually(async () => {
      const count = scratch.lines("pids").length;
      await pause(250);
      return scratch.lines("pids").length === count;
    }, "the end of the chain");
  },
});

Deno.test({
  name: "programs of other sessions are left alone when one session ends",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash("sleep 1000 & echo $!; cat");
    await using stays = await Client.open(server.url);
    const sleeper = Number(await stays.message(0));
    for (let i = 0; i < 3; i++) {
      await using leaves = await Client.open(server.url);
      const other = Number(await leaves.message(0));
      leaves.close();
      await server.next("session.closed", i);
      assert(!isRunning(other));
    }
    assert(isRunning(sleeper));
    stays.send("still here");
    assertEquals(await stays.message(1), "still here");
  },
});
