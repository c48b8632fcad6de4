/** A function as a child: its streams, its exit status, and every step of the ladder. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Exit } from "../../lib/events.ts";
import type { Child } from "../../lib/process/command.ts";
import {
  type ProgramFunction,
  type ProgramResult,
  startInline,
} from "../../lib/process/inline.ts";
import type { Output } from "../../lib/process/output.ts";
import type { ProgramIo } from "../../lib/process/program_io.ts";
import { terminate } from "../../lib/process/terminate.ts";
import { within } from "../helpers/deadline.ts";

const DECODER = new TextDecoder();
const bytes = (text: string) => new TextEncoder().encode(text);

async function textOf(output: Output): Promise<string> {
  let text = "";
  for (let chunk; (chunk = await output.read()) !== null;) {
    text += DECODER.decode(chunk);
  }
  return text;
}

interface Ended {
  readonly exit: Exit;
  readonly stdout: string;
  readonly stderr: string;
}

/** Reads everything until the child has ended. */
async function endOf(child: Child): Promise<Ended> {
  const [stdout, stderr, exit] = await within(
    Promise.all([textOf(child.stdout), textOf(child.stderr), child.exited]),
    "the function to end",
  );
  assertEquals(child.exit, exit);
  return { exit, stdout, stderr };
}

function start(run: ProgramFunction, input?: string): Child {
  const child = startInline({ run, args: ["a"] }, { UNIQUE_ID: "1" });
  if (input !== undefined) {
    void child.stdin.write(bytes(input)).then(() => child.stdin.close());
  }
  return child;
}

/** Ends it, and says which signals it got on the way. */
async function end(child: Child): Promise<Ended & { signals: string[] }> {
  const signals: string[] = [];
  const ended = endOf(child);
  await within(
    terminate(child, { onSignal: (signal) => void signals.push(signal) }),
    "the ladder to end",
  );
  return { ...await ended, signals };
}

const SUCCESS = { code: 0, signal: null };

Deno.test("a function gets its arguments and its environment, has no process id, and runs until it returns", async () => {
  let seen: Pick<ProgramIo, "args" | "env"> | undefined;
  const child = start(({ args, env }) => void (seen = { args, env }));
  assertEquals([child.pid, child.exit, seen], [0, null, undefined]);
  assertEquals(await endOf(child), { exit: SUCCESS, stdout: "", stderr: "" });
  assertEquals(seen, { args: ["a"], env: { UNIQUE_ID: "1" } });
});

for (
  const [result, exit] of [
    [undefined, SUCCESS],
    [0, SUCCESS],
    [3, { code: 3, signal: null }],
    [255, { code: 255, signal: null }],
    ["SIGTERM", { code: 143, signal: "SIGTERM" }],
    ["SIGKILL", { code: 137, signal: "SIGKILL" }],
  ] as const
) {
  Deno.test(`a function that returns ${result} has ended with ${JSON.stringify(exit)}`, async () => {
    assertEquals((await endOf(start(() => result))).exit, exit);
    assertEquals(
      (await endOf(start(() => Promise.resolve(result)))).exit,
      exit,
    );
  });
}

for (const result of [256, -1, 0.5, NaN, "SIGWHAT", "", null, {}] as const) {
  Deno.test(`a function that returns ${Deno.inspect(result)} has failed, and its stderr says why`, async () => {
    const { exit, stderr } = await endOf(start(() => result as ProgramResult));
    assertEquals(exit, { code: 1, signal: null });
    assertStringIncludes(
      stderr,
      `TypeError: Cannot end with ${
        Deno.inspect(result)
      }: a program returns its exit status, 0 to 255, the name of a signal such as SIGTERM, or nothing\n`,
    );
  });
}

for (
  const [how, run] of [
    ["throws", () => {
      throw new RangeError("too much");
    }],
    ["rejects", () => Promise.reject(new RangeError("too much"))],
  ] as [string, ProgramFunction][]
) {
  Deno.test(`a function that ${how} has ended with status 1, and its stderr says with what`, async () => {
    const { exit, stderr } = await endOf(start(run));
    assertEquals(exit, { code: 1, signal: null });
    assertEquals(stderr.split("\n")[0], "RangeError: too much");
  });
}

Deno.test("a function reads lines: without newline or CRLF, empty ones too, and a last one without its end", async () => {
  const seen: string[] = [];
  const child = start(async ({ lines }) => {
    for await (const line of lines()) seen.push(line);
  }, "one\n\ntwo\r\n\xe4\u2028\n\ufefflast");
  assertEquals((await endOf(child)).exit, SUCCESS);
  assertEquals(seen, ["one", "", "two", "\xe4\u2028", "\ufefflast"]);
});

Deno.test("a function reads a line of 16 MiB, and fails on a longer one", async () => {
  const longest = 16 << 20;
  for (const size of [longest, longest + 1]) {
    let length = 0;
    const child = start(async ({ lines }) => {
      for await (const line of lines()) length = line.length;
    }, "x".repeat(size) + "\n");
    const { exit, stderr } = await endOf(child);
    assertEquals(exit.code, size === longest ? 0 : 1);
    assertEquals(length, size === longest ? longest : 0);
    assertEquals(
      stderr.split("\n")[0],
      size === longest
        ? ""
        : "LineTooLongError: Cannot read a line of more than 16 MiB: read stdin as bytes",
    );
  }
});

Deno.test("a function may leave off reading lines, and read on later", async () => {
  const child = start(async ({ lines, stdin }) => {
    for await (const line of lines()) {
      if (line === "first") break;
    }
    return await new Response(stdin).text() === "" ? 0 : 2;
  });
  await child.stdin.write(bytes("first\n"));
  await child.stdin.close();
  assertEquals((await endOf(child)).exit, SUCCESS);
});

Deno.test("a function reads and writes bytes by streams", async () => {
  const child = start(
    ({ stdin, stdout }) => stdin.pipeTo(stdout),
    "x".repeat(300_000) + "y",
  );
  assertEquals((await endOf(child)).stdout, "x".repeat(300_000) + "y");
});

Deno.test("a function prints on stdout and stderr, by lines and by streams, in order", async () => {
  const child = start(async ({ print, printError, stdout, stderr }) => {
    await print("one");
    const writer = stdout.getWriter();
    await writer.write(bytes("two"));
    await print(" and more");
    await writer.close();
    await printError("three");
    await stderr.getWriter().write(bytes("four"));
  });
  assertEquals(await endOf(child), {
    exit: SUCCESS,
    stdout: "one\ntwo and more\n",
    stderr: "three\nfour",
  });
});

Deno.test("all that a function has printed is there when it has ended, waited for or not", async () => {
  const child = start(({ print }) => {
    for (let i = 0; i < 20_000; i++) void print(`${i}`);
    return 7;
  });
  const { exit, stdout } = await endOf(child);
  assertEquals(exit.code, 7);
  assertEquals(stdout.split("\n").length, 20_001);
});

Deno.test("a function that nobody listens to waits, and that does not listen is waited for", async () => {
  let printed = 0;
  const child = start(async ({ print, lines }) => {
    for (; printed < 1000; printed++) await print("x".repeat(999));
    for await (const _ of lines());
  });
  const written = child.stdin.write(new Uint8Array(200_000));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assertEquals([printed, child.stdin.written], [65, 65_536]);
  const ended = endOf(child);
  await within(written, "the input to be read");
  await child.stdin.close();
  assertEquals((await ended).stdout.length, 1_000_000);
});

Deno.test("a function that has ended takes no more input, as a program that has", async () => {
  const child = start(() => 0);
  const written = child.stdin.write(new Uint8Array(100_000));
  await endOf(child);
  await within(written, "the write to end");
  assertEquals(child.stdin.open, false);
});

Deno.test("what a function prints after its end rejects, and goes nowhere", async () => {
  let io!: ProgramIo;
  await endOf(start((given) => void (io = given)));
  const { promise, resolve } = Promise.withResolvers<unknown>();
  io.print("late").catch(resolve);
  assert(await promise instanceof Deno.errors.BrokenPipe);
});

Deno.test("a function that reads to the end of its input ends without a signal", async () => {
  const child = start(async ({ lines, signal }) => {
    for await (const _ of lines());
    return signal.aborted ? 1 : 5;
  });
  assertEquals(await end(child), {
    exit: { code: 5, signal: null },
    stdout: "",
    stderr: "",
    signals: [],
  });
});

Deno.test("a function that waits with its signal ends as by SIGINT, without a word on stderr", async () => {
  const child = start(({ signal }) =>
    new Promise<void>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    })
  );
  assertEquals(await end(child), {
    exit: { code: 130, signal: "SIGINT" },
    stdout: "",
    stderr: "",
    signals: ["SIGINT"],
  });
});

Deno.test("a function that looks after its signal still prints, and says how it ended", async () => {
  const child = start(async ({ print, signal }) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    await print("bye");
    return 4;
  });
  const { exit, stdout, signals } = await end(child);
  assertEquals([exit.code, stdout, signals], [4, "bye\n", ["SIGINT"]]);
});

Deno.test("a function that fails while it ends has failed, and its stderr says with what", async () => {
  const child = start(async ({ signal }) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    throw new Error("on the way out");
  });
  const { exit, stderr } = await end(child);
  assertEquals(exit, { code: 1, signal: null });
  assertEquals(stderr.split("\n")[0], "Error: on the way out");
});

for (
  const [what, run] of [
    ["prints for ever", async ({ print }) => {
      for (;;) {
        await print("on and on");
        await nextTurn();
      }
    }],
    ["copies for ever", ({ stdout }) =>
      new ReadableStream<Uint8Array>({
        async pull(controller): Promise<void> {
          await nextTurn();
          controller.enqueue(bytes("on and on\n"));
        },
      }).pipeTo(stdout)],
  ] as [string, ProgramFunction][]
) {
  Deno.test(`a function that ${what} and does not look at its signal ends as by SIGTERM`, async () => {
    const { exit, stderr, signals } = await end(start(run));
    assertEquals(exit, { code: 143, signal: "SIGTERM" });
    assertEquals([stderr, signals], ["", ["SIGINT", "SIGTERM"]]);
    // It may be in the middle of it.
    await turn;
  });
}

/** The turn that is being waited for. */
let turn: Promise<void> = Promise.resolve();

function nextTurn(): Promise<void> {
  return turn = new Promise((resolve) => setTimeout(resolve));
}

Deno.test("a function whose output nobody reads ends as by SIGTERM", async () => {
  const child = start(async ({ print }) => {
    for (;;) await print("x".repeat(1000));
  });
  await within(terminate(child), "the ladder to end");
  assertEquals(child.exit, { code: 143, signal: "SIGTERM" });
});

Deno.test("a function that ignores everything is forgotten, as by SIGKILL, and what it does then goes nowhere", async () => {
  const go = Promise.withResolvers<void>();
  const done = Promise.withResolvers<string>();
  const child = start(async ({ print }) => {
    await go.promise;
    await print("still here").catch(() => {});
    done.resolve("ran on");
    throw new Error("that nobody hears");
  });
  assertEquals(await end(child), {
    exit: { code: 137, signal: "SIGKILL" },
    stdout: "",
    stderr: "",
    signals: ["SIGINT", "SIGTERM", "SIGKILL"],
  });
  go.resolve();
  assertEquals(await within(done.promise, "the function"), "ran on");
  assertEquals(child.exit, { code: 137, signal: "SIGKILL" });
});

Deno.test("a function that is ended in a hurry is aborted and forgotten at once", async () => {
  let reason: unknown;
  const child = start(({ signal }) =>
    new Promise<void>(() => {
      signal.addEventListener("abort", () => reason = signal.reason);
    })
  );
  const signals: string[] = [];
  await within(
    terminate(child, {
      closeMs: 60_000,
      hurry: Promise.resolve(),
      onSignal: (signal) => void signals.push(signal),
    }),
    "the ladder to end",
  );
  assertEquals(child.exit, { code: 137, signal: "SIGKILL" });
  assertEquals(signals, ["SIGKILL"]);
  assertEquals(String(reason), "AbortError: The program got SIGKILL");
});
