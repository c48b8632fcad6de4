/** Nothing that a program printed before its end is lost, whatever the client does meanwhile. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { BulkClient, concat, text } from "../helpers/bulk_client.ts";
import { Client } from "../helpers/client.ts";
import { pause, within } from "../helpers/deadline.ts";
import { allGone } from "../helpers/processes.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { Scratch } from "../helpers/scratch.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";

const ignore = Deno.build.os === "windows";
const linux = Deno.build.os === "linux";

/** Reads lines that are the numbers from 1 up to the end; returns how many there were and how it ended. */
async function readNumbers(
  client: BulkClient,
  each: (count: number) => void | Promise<void> = () => {},
): Promise<{ readonly count: number; readonly close: unknown }> {
  let count = 0;
  const decoder = new TextDecoder();
  const close = await client.readToEnd(({ payload }) => {
    count++;
    const line = decoder.decode(payload);
    if (Number.parseInt(line) !== count) {
      throw new Error(`Line ${count} is "${line.slice(0, 20)}"`);
    }
    return each(count);
  });
  return { count, close };
}

Deno.test({
  name:
    "the last line reaches the client without a newline, a lone empty line too",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash("printf 'a\\n\\nb'");
    assertEquals((await Client.run(server.url)).messages, ["a", "", "b"]);
  },
});

Deno.test({
  name: "a burst right before the exit arrives whole: 3 MB in 400,000 lines",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash("seq 1 400000; exit 7");
    using client = await BulkClient.open(server.port);
    assertEquals(await readNumbers(client), {
      count: 400_000,
      close: { code: 4007, reason: "exit 7" },
    });
  },
});

Deno.test({
  name:
    "2 MB and the close frame reach a client that sends 60 late messages before it reads",
  ignore,
  async fn(): Promise<void> {
    // 2,000 lines of 1,000 bytes; nothing of the client is ever read.
    await using server = await ProgramServer.bash(
      "seq -f '%0999.0f' 1 2000; exit 3",
    );
    for (let i = 0; i < 3; i++) {
      using client = await BulkClient.open(server.port);
      await pause(300); // the program has exited by then
      for (let j = 0; j < 60; j++) {
        await client.write(text(`late ${j}`));
        await pause(2);
      }
      assertEquals(await readNumbers(client), {
        count: 2000,
        close: { code: 4003, reason: "exit 3" },
      });
    }
  },
});

Deno.test({
  name:
    "20 MB reach a client that reads with pauses and goes on sending, long after the exit",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      "seq -f '%0999.0f' 1 20000; exit 3",
    );
    using client = await BulkClient.open(server.port);
    const begin = performance.now();
    const result = await readNumbers(client, async (count) => {
      if (count % 1000 !== 0) return;
      await client.write(text("still here"));
      await pause(200);
    });
    assertEquals(result, {
      count: 20_000,
      close: { code: 4003, reason: "exit 3" },
    });
    assert(performance.now() - begin >= 3900);
  },
});

Deno.test({
  name:
    "8 MB reach a client that first pauses longer than a close frame is waited for",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash("seq -f '%0999.0f' 1 8000");
    using client = await BulkClient.open(server.port);
    await pause(2500);
    await client.write(text("late"));
    await pause(200);
    assertEquals(await readNumbers(client), {
      count: 8000,
      close: { code: 1000, reason: "exit 0" },
    });
  },
});

Deno.test({
  name:
    "what fits in the system's buffers is not lost when the client takes longer than 2 s to read it",
  ignore,
  async fn(): Promise<void> {
    // Small enough to have left the server before the client begins to read.
    await using server = await ProgramServer.bash("seq -f '%0999.0f' 1 1500");
    using client = await BulkClient.open(server.port);
    for (let i = 0; i < 6; i++) {
      await pause(500);
      await client.write(text("late"));
    }
    assertEquals(await readNumbers(client), {
      count: 1500,
      close: { code: 1000, reason: "exit 0" },
    });
  },
});

Deno.test({
  name:
    "2 MB reach a client that was held back while it sent, because the program never read",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      "sleep 0.3; seq -f '%0999.0f' 1 2000",
    );
    using client = await BulkClient.open(server.port);
    const message = text("x".repeat(60_000));
    const written = client.write(concat(new Array(200).fill(message))); // 12 MB
    assertEquals(await readNumbers(client), {
      count: 2000,
      close: { code: 1000, reason: "exit 0" },
    });
    await written.catch(() => {}); // the rest of it meets a closed connection
  },
});

Deno.test({
  name:
    "a child that outlives the program and keeps its stdout open is ended a second after the exit; what it printed before is delivered",
  ignore: !linux,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      "(sleep 0.2; echo from the child; exec sleep 1000) & echo $!; exit 4",
    );
    const watch = new Stopwatch();
    const { messages, code } = await Client.run(server.url);
    assertEquals([messages[1], code], ["from the child", 4004]);
    const { wallMs, ms } = watch;
    assert(wallMs > 900 && ms < 4000, `${wallMs} ms`);
    await allGone([Number(messages[0])]);
  },
});

Deno.test({
  name:
    "a child that floods stdout after the program's exit is ended, and the session with it",
  ignore: !linux,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash("yes & echo $!; exit 5");
    using client = await BulkClient.open(server.port);
    const pid = Number(await client.nextText());
    const watch = new Stopwatch();
    const close = await client.readToEnd();
    assertEquals(close, { code: 4005, reason: "exit 5" });
    assertLess(watch.ms, 6000);
    await allGone([pid]);
  },
});

Deno.test({
  name:
    "a child that floods stdout after the program's exit does not keep the session of a client that does not read",
  ignore: !linux,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    await using server = await ProgramServer.bash(
      `yes & echo $! >${scratch.file("pid")}; exit 5`,
      { timeoutMs: 2000 },
    );
    using _client = await BulkClient.open(server.port);
    await server.next("session.closed");
    await allGone([Number(scratch.read("pid"))]);
  },
});

Deno.test({
  name:
    "a child left behind without its output is gone soon after the session, whose client does not wait for it",
  ignore: !linux,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      "sleep 1000 >/dev/null 2>&1 & echo $!; exit 0",
    );
    const watch = new Stopwatch();
    const { messages, code } = await Client.run(server.url);
    assertEquals(code, 1000);
    assertLess(watch.ms, 800);
    await allGone([Number(messages[0])]);
  },
});

for (const framing of ["lines", "tagged"] as const) {
  for (
    const [what, loop] of [
      ["holds stderr open in silence", "exec sleep 1000"],
      [
        "prints to stderr for ever, slowly",
        "while :; do echo x >&2; sleep 0.05; done",
      ],
      ["floods stderr for ever", 'yes "$(printf %0200d 0)" >&2'],
    ]
  ) {
    Deno.test({
      name:
        `--framing=${framing}: a child that outlives the program and ${what} does not hold the session`,
      ignore: !linux,
      async fn(): Promise<void> {
        await using server = await ProgramServer.bash(
          `(${loop}) >/dev/null & echo $!; exit 6`,
          { framing },
        );
        using client = await BulkClient.open(server.port);
        const first = await client.nextText() ?? "";
        const pid = Number(/\d+/.exec(first));
        const watch = new Stopwatch();
        const close = await within(client.readToEnd(), "the end", 10_000);
        assertEquals(close, { code: 4006, reason: "exit 6" });
        assertLess(watch.ms, 5000);
        await allGone([pid]);
      },
    });
  }
}

Deno.test({
  name:
    "the last stderr lines of a program are logged, without a newline too, 3,000 of them in one burst",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.bash(
      "seq 1 3000 >&2; printf last >&2",
    );
    await Client.run(server.url);
    await server.next("session.closed");
    const lines = server.of("child.stderr").map(({ line }) => line);
    assertEquals(lines.length, 3001);
    assertEquals(lines[2999], "3000");
    assertEquals(lines[3000], "last");
  },
});
