import { assert, assertEquals } from "@std/assert";
import { LogQueue, type LogQueueOptions } from "../../lib/cli/log_queue.ts";
import { eventually, pause } from "../helpers/deadline.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";

/** An output under the test's control. */
class Output {
  /** Everything written so far. */
  text = "";
  writes = 0;
  /** What the next writes do: take all, take some bytes, fail, or wait for `open`. */
  next: ("all" | "stuck" | number | Error)[] = [];
  #opened = Promise.withResolvers<void>();

  readonly write = async (bytes: Uint8Array): Promise<number> => {
    this.writes++;
    const what = this.next.shift() ?? "all";
    if (what instanceof Error) throw what;
    if (what === "stuck") await this.#opened.promise;
    const count = typeof what === "number" ? what : bytes.length;
    this.text += new TextDecoder().decode(bytes.subarray(0, count));
    return count;
  };

  /** Lets a write that is stuck go on. */
  open(): void {
    this.#opened.resolve();
  }
}

function start(
  output: Output,
  options: Partial<LogQueueOptions> = {},
): LogQueue {
  return new LogQueue(output.write, {
    lossReport: (lines) => `lost ${lines}\n`,
    ...options,
  });
}

Deno.test("LogQueue writes lines in order, those of one turn in one write", async () => {
  const output = new Output();
  const queue = start(output);
  for (let i = 0; i < 100; i++) queue.push(`${i}\n`);
  await queue.flush(1000);
  assertEquals(
    output.text,
    Array.from({ length: 100 }, (_, i) => `${i}\n`).join(""),
  );
  assertEquals(output.writes, 1);
});

Deno.test("LogQueue writes the first line at once, and lines soon after a write together", async () => {
  const output = new Output();
  const queue = start(output, { pauseMs: 60_000 });
  queue.push("1\n");
  await eventually(() => output.text === "1\n", "the first line is written");
  queue.push("2\n");
  await pause(0); // another turn
  queue.push("3\n");
  assertEquals(output.text, "1\n");
  await queue.flush(1000);
  assertEquals(output.text, "1\n2\n3\n");
  assertEquals(output.writes, 2);
});

Deno.test("LogQueue lets 64 KiB wait for no other lines, a byte less for a flush", async () => {
  for (const more of [0, 1]) {
    const output = new Output();
    const queue = start(output, { pauseMs: 60_000 });
    queue.push("1\n");
    await eventually(() => output.text === "1\n", "the first line is written");
    queue.push("x".repeat(65_534) + "\n");
    for (let i = 0; i < more; i++) queue.push("\n");
    if (more === 1) {
      await eventually(() => output.writes === 2, "64 KiB are written");
    }
    await pause(0); // another turn
    assertEquals(output.writes, 1 + more);
    await queue.flush(1000);
    assertEquals(output.text.length, 2 + 65_535 + more);
  }
});

Deno.test("LogQueue writes at most 64 KiB at once, and a longer line whole", async () => {
  const output = new Output();
  const queue = start(output);
  const lines = [30_000, 35_536, 1, 70_000, 1].map((n) =>
    "x".repeat(n - 1) + "\n"
  );
  for (const line of lines) queue.push(line);
  await queue.flush(1000);
  assertEquals(output.text, lines.join(""));
  assertEquals(output.writes, 4);
});

Deno.test("LogQueue holds its limit, loses the line past it, and reports it where it is missing", async () => {
  const output = new Output();
  output.next = ["stuck"];
  const queue = start(output, { limit: 8 });
  queue.push("aa\n");
  await Promise.resolve();
  // The first line still counts: it is being written. These five bytes are the limit.
  queue.push("bbbb\n");
  queue.push("\n");
  queue.push("\n");
  output.open();
  await queue.flush(1000);
  queue.push("c\n");
  await queue.flush(1000);
  assertEquals(output.text, "aa\nbbbb\nlost 2\nc\n");
});

Deno.test("LogQueue reports losses before the next line that fits", async () => {
  const output = new Output();
  output.next = ["all", "stuck"];
  const queue = start(output, { limit: 20 });
  queue.push("a\n");
  await queue.flush(1000);
  queue.push("b\n");
  await Promise.resolve();
  queue.push("x".repeat(100));
  queue.push("c\n");
  output.open();
  await queue.flush(1000);
  assertEquals(output.text, "a\nb\nlost 1\nc\n");
});

Deno.test("LogQueue goes on after a reader that is gone, and counts what it lost", async () => {
  const output = new Output();
  const gone = new Deno.errors.BrokenPipe("gone");
  output.next = [gone, gone, gone];
  const queue = start(output);
  for (const line of ["a\n", "b\n", "c\n"]) {
    queue.push(line);
    await queue.flush(1000);
  }
  assertEquals(output.writes, 3);
  queue.push("d\n");
  await queue.flush(1000);
  assertEquals(output.text, "lost 3\nd\n");
});

Deno.test("LogQueue does not try again by itself after a failure", async () => {
  const output = new Output();
  output.next = [new Error("disk full")];
  const queue = start(output);
  queue.push("a\n");
  await queue.flush(1000);
  assertEquals(output.writes, 1);
});

Deno.test("LogQueue goes on after a write that took only a part", async () => {
  const output = new Output();
  output.next = [1, 2];
  const queue = start(output);
  queue.push("abcdef\n");
  await queue.flush(1000);
  assertEquals([output.text, output.writes], ["abcdef\n", 3]);
});

Deno.test("LogQueue ends a line that failed halfway before it writes another", async () => {
  const output = new Output();
  output.next = [4, new Error("disk full")];
  const queue = start(output);
  queue.push("a\n");
  queue.push("bcde\n");
  await queue.flush(1000);
  queue.push("f\n");
  await queue.flush(1000);
  assertEquals(output.text, "a\nbc\nlost 1\nf\n");
});

Deno.test("LogQueue tries again when the output is full and does not block", async () => {
  const output = new Output();
  output.next = [
    new Deno.errors.WouldBlock("full"),
    1,
    new Deno.errors.WouldBlock("full"),
  ];
  const queue = start(output);
  queue.push("abc\n");
  await queue.flush(1000);
  assertEquals(output.text, "abc\n");
});

Deno.test("LogQueue.flush() waits no longer than it is told to", async () => {
  const output = new Output();
  output.next = ["stuck"];
  const queue = start(output);
  queue.push("a\n");
  const watch = new Stopwatch();
  await queue.flush(30);
  const { wallMs, ms } = watch;
  assert(wallMs >= 25 && ms < 1000, `${wallMs} ms`);
  assertEquals(output.text, "");
  output.open();
  await queue.flush(1000);
  assertEquals(output.text, "a\n");
});

Deno.test("LogQueue.flush() has nothing to wait for at first", async () => {
  await start(new Output()).flush(1e9);
});
