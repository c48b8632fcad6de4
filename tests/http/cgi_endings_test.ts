import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { eventually, pause, within } from "../helpers/deadline.ts";
import { allGone, isRunning, openFiles } from "../helpers/processes.ts";
import { RawClient } from "../helpers/raw_client.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";
import { CgiSite } from "./cgi_site.ts";

const PID = 'echo $$ >>"$DIR/pids"';
const HEAD = "echo Content-Type: text/plain; echo";
/** Starts a process and writes down its id. */
const BACKGROUND = 'sleep 600 & echo $! >>"$DIR/pids"';
const STUBBORN = "trap '' INT TERM; while :; do sleep 600; done";
const GET = "HTTP/1.1\r\nHost: localhost\r\n\r\n";

/** The error a body ends with, or null if it ends well. */
async function failureOf(response: Response): Promise<unknown> {
  try {
    await response.text();
    return null;
  } catch (error) {
    return error;
  }
}

Deno.test("cgi: a script that says nothing in its time is 504, and ends with everything it has started", async () => {
  await using site = new CgiSite({
    timeoutMs: 300,
    scripts: { "silent.cgi": `${PID}; ${BACKGROUND}; ${STUBBORN}` },
  });
  const answer = await within(site.fetch("/silent.cgi"), "an answer");
  assertEquals(answer.status, 504);
  assertMatch(
    await answer.text(),
    /^The CGI script "\/silent.cgi" did not end within 0.3 s \(--cgitimeout\)\n$/,
  );
  await allGone(await site.pids(2));
  await site.idle();
  assertMatch(site.problems.join(), /did not end within 0.3 s/);
  const signals = site.events.flatMap((event) =>
    event.type === "child.signalled" ? [event.signal] : []
  );
  assertEquals(signals.slice(0, 3), ["SIGINT", "SIGTERM", "SIGKILL"]);
});

Deno.test("cgi: a script that has begun to answer and does not end in its time: the client is told that something is missing", async () => {
  await using site = new CgiSite({
    timeoutMs: 500,
    scripts: {
      "endless.cgi": `${PID}; ${HEAD}; exec cat /dev/zero`,
      "half.cgi": `${PID}; ${HEAD}; echo half; exec sleep 600`,
    },
  });
  for (const path of ["/endless.cgi", "/half.cgi"]) {
    const answer = await within(site.fetch(path), "an answer");
    assertEquals(answer.status, 200);
    assert(await within(failureOf(answer), "the end") !== null, path);
  }
  await allGone(await site.pids(2));
  await site.idle();
  assertEquals(site.failures.length, 2);
  await eventually(() => site.problems.length === 2, "two reports");
});

Deno.test("cgi: a time limit of 0 is none", async () => {
  await using site = new CgiSite({
    timeoutMs: 0,
    scripts: { "slow.cgi": `sleep 0.3; ${HEAD}; echo done` },
  });
  assertEquals(await site.text("/slow.cgi"), "done\n");
});

Deno.test("cgi: a client that leaves before the answer ends the script and all it has started", async () => {
  await using site = new CgiSite({
    scripts: { "silent.cgi": `${PID}; ${BACKGROUND}; exec sleep 600` },
  });
  {
    using client = await RawClient.connect(site.port);
    await client.write(`GET /silent.cgi ${GET}`);
    await site.pids(2);
  }
  await allGone(await site.pids(2));
  await site.idle();
});

Deno.test("cgi: a client that leaves during the answer ends the script, whether that prints or is silent", async () => {
  await using site = new CgiSite({
    scripts: {
      "silent.cgi": `${PID}; ${HEAD}; echo one; ${STUBBORN}`,
      "endless.cgi": `${PID}; ${HEAD}; exec yes`,
      "setsid.cgi":
        `${HEAD}; echo one; setsid sh -c 'echo $$ >>"$DIR/pids"; exec sleep 600'`,
    },
  });
  for (
    const [index, path] of ["/silent.cgi", "/endless.cgi", "/setsid.cgi"]
      .entries()
  ) {
    {
      using client = await RawClient.connect(site.port);
      await client.write(`GET ${path} ${GET}`);
      assertEquals((await client.head()).status, 200);
      await site.pids(index + 1);
    }
    await allGone(await site.pids(index + 1));
    await site.idle();
  }
  assertEquals(site.failures, []);
});

Deno.test("cgi: a client that leaves during its own body ends the script", async () => {
  await using site = new CgiSite({
    scripts: { "up.cgi": `${PID}; cat >/dev/null; exec sleep 600` },
  });
  {
    using client = await RawClient.connect(site.port);
    await client.write(
      "POST /up.cgi HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc",
    );
    await site.pids(1);
  }
  await allGone(await site.pids(1));
  await site.idle();
});

Deno.test("cgi: what a script leaves behind holds up neither the end of the answer nor a slot, and is ended", async () => {
  await using site = new CgiSite({
    scripts: {
      "holding.cgi": `${HEAD}; echo all; ${BACKGROUND}`,
      "deaf.cgi":
        `${HEAD}; echo all; (trap '' INT TERM HUP; while :; do sleep 600; done) & echo $! >>"$DIR/pids"`,
      "detached.cgi":
        `${HEAD}; echo all; setsid sleep 600 >/dev/null 2>&1 & echo $! >>"$DIR/pids"`,
      "stderr.cgi":
        `${HEAD}; echo all; sleep 600 >/dev/null & echo $! >>"$DIR/pids"`,
      "printing.cgi": `${HEAD}; yes & echo $! >>"$DIR/pids"`,
    },
  });
  for (
    const path of ["/holding.cgi", "/deaf.cgi", "/detached.cgi", "/stderr.cgi"]
  ) assertEquals(await within(site.text(path), "the answer"), "all\n", path);
  const answer = await within(site.fetch("/printing.cgi"), "the answer");
  for await (const _ of answer.body!);
  await allGone(await site.pids(5));
  await site.idle();
  assertEquals(site.failures, []);
});

Deno.test("cgi: a script that closes its output and goes on is ended, and its answer is whole", async () => {
  await using site = new CgiSite({
    scripts: {
      "closing.cgi": `${PID}; ${HEAD}; echo all; exec >&- 2>&-; ${STUBBORN}`,
    },
  });
  const watch = new Stopwatch();
  assertEquals(await site.text("/closing.cgi"), "all\n");
  assertLess(watch.ms, 5000);
  await allGone(await site.pids(1));
  await site.idle();
  assertEquals(site.failures, []);
});

Deno.test("cgi: HEAD waits for nothing, and a script that prints for nobody without end is ended", async () => {
  await using site = new CgiSite({
    scripts: { "endless.cgi": `${PID}; ${HEAD}; exec yes` },
  });
  const answer = await within(
    site.fetch("/endless.cgi", { method: "HEAD" }),
    "the head",
  );
  assertEquals([answer.status, await answer.text()], [200, ""]);
  await allGone(await site.pids(1));
  await site.idle();
});

Deno.test("cgi: when the server stops, a script may finish in time; what is left ends: 503 before the answer, a cut answer later", async () => {
  await using site = new CgiSite({
    scripts: {
      "silent.cgi": `${PID}; ${STUBBORN}`,
      "half.cgi": `${PID}; ${HEAD}; echo half; exec sleep 600`,
      "short.cgi": `${PID}; sleep 0.5; ${HEAD}; echo done`,
    },
  });
  const [silent, half, short] = ["/silent.cgi", "/half.cgi", "/short.cgi"]
    .map((path) => site.fetch(path));
  await site.pids(3);
  const failure = half.then(failureOf);
  assertEquals(await within(site.sessions.drain(1500), "the drain"), 2);
  assertEquals((await site.pids(3)).filter(isRunning), []);
  assertEquals(await (await short).text(), "done\n");
  assertEquals((await silent).status, 503);
  await (await silent).body?.cancel();
  assert(await failure !== null);
});

Deno.test("cgi: killing ends scripts that resist at once", async () => {
  await using site = new CgiSite({
    scripts: { "silent.cgi": `${PID}; ${BACKGROUND}; ${STUBBORN}` },
  });
  const answers = [1, 2, 3].map(() => site.fetch("/silent.cgi"));
  await site.pids(6);
  const watch = new Stopwatch();
  await within(site.sessions.kill(), "the end");
  const { ms } = watch;
  assert(ms < 3000, `${ms} ms`);
  assertEquals((await site.pids(6)).filter(isRunning), []);
  for (const answer of await Promise.all(answers)) {
    assertEquals(answer.status, 503);
    await answer.body?.cancel();
  }
});

Deno.test("cgi: nothing is left of many requests, however they end", async () => {
  await using site = new CgiSite({
    scripts: {
      "ok.cgi": `${PID}; cat >/dev/null; ${HEAD}; echo ok`,
      "bad.cgi": `${PID}; echo bad`,
      "silent.cgi": `${PID}; exec sleep 600`,
    },
  });
  const round = async (): Promise<void> => {
    const left = await RawClient.connect(site.port);
    await left.write(`GET /silent.cgi ${GET}`);
    await Promise.all(
      ["/ok.cgi", "/bad.cgi"].map(async (path) => {
        await site.text(path, { method: "POST", body: "x".repeat(100_000) });
      }),
    );
    await eventually(
      () => site.scratch.lines("pids").length % 3 === 0,
      "all three scripts to start",
    );
    left[Symbol.dispose]();
    await site.idle();
  };
  await round();
  await pause(700);
  const before = openFiles(Deno.pid);
  for (let i = 0; i < 8; i++) await round();
  await allGone(await site.pids(27));
  await eventually(
    () => openFiles(Deno.pid) <= before + 4,
    () => `${openFiles(Deno.pid)} open files to become ${before}`,
  );
});
