/** The real program, started as a user starts it. */
import { fileURLToPath } from "node:url";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { Client } from "../helpers/client.ts";
import { EXECUTABLE, IS_SOURCE } from "../helpers/executable.ts";
import { Scratch } from "../helpers/scratch.ts";

const ROOT = new URL("../../", import.meta.url);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs, and whose output can be waited for. */
class Running implements AsyncDisposable {
  stdout = "";
  stderr = "";
  readonly #child: Deno.ChildProcess;
  readonly #done: Promise<unknown>;
  #changed = Promise.withResolvers<void>();

  constructor(args: readonly string[], env = {}, command = EXECUTABLE) {
    const [program, ...words] = command;
    this.#child = new Deno.Command(program, {
      args: [...words, ...args],
      cwd: ROOT,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#done = Promise.all([
      this.#read(this.#child.stdout, "stdout"),
      this.#read(this.#child.stderr, "stderr"),
    ]);
  }

  /** Waits for text on stdout, with a deadline. */
  async saw(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = AbortSignal.timeout(10_000);
    const late = Promise.withResolvers<void>();
    deadline.onabort = () => late.resolve();
    while (true) {
      const match = pattern.exec(this.stdout);
      if (match !== null) return match;
      assert(
        !deadline.aborted,
        `no ${pattern} in ${this.stdout}${this.stderr}`,
      );
      await Promise.race([this.#changed.promise, late.promise]);
    }
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  async ended(): Promise<Ended> {
    const { code } = await this.#child.status;
    await this.#done;
    return { code, stdout: this.stdout, stderr: this.stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.ended();
  }

  async #read(
    stream: ReadableStream<Uint8Array>,
    name: "stdout" | "stderr",
  ): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this[name] += decoder.decode(chunk, { stream: true });
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }
}

async function run(...args: string[]): Promise<Ended> {
  await using running = new Running(args);
  return await running.ended();
}

for (
  const [line, code, stdout, stderr] of [
    ["", 1, /^Command line arguments are missing\.\n$/, /^\nUsage:\n/],
    ["--help", 0, /^websocketd \S+ .*\nTurns any program/, /^$/],
    ["--version", 0, /^websocketd \S+ \(deno \S+ \S+\)\n$/, /^$/],
    ["--license", 0, /\nMIT License\n/, /^$/],
    ["--nosuch", 2, /^$/, /^flag provided but not defined: -nosuch\n/],
    [
      "no-such-one",
      1,
      /^$/,
      /^Unable to locate specified COMMAND 'no-such-one'/,
    ],
    [
      "--port=99999 cat",
      3,
      /\| FATAL {2}\| server {5}\| {2}\| Can't start server: listen tcp: address 99999: invalid port/,
      /^$/,
    ],
    ["--address=192.0.2.1 --port=0 cat", 3, /Can't start server: /, /^$/],
    ["--header=nonsense\x01:x --port=0 cat", 1, /Serving using/, /\S/],
    [
      "--listing --port=0 cat",
      1,
      /Serving/,
      /^Cannot use listing \(--listing\)/,
    ],
    [
      "--adminaddress=127.0.0.1:0 --port=0 cat",
      1,
      /Serving using/,
      /^Cannot use adminAddress \(--adminaddress\) without metrics/,
    ],
    [
      "--metrics=/x --health=/x --port=0 cat",
      1,
      /Serving using/,
      /^Cannot answer \/x with both metrics \(--metrics\) and health/,
    ],
    ["connect", 2, /^$/, /^The address is missing\n/],
    ["connect --verbose", 2, /^$/, /^The address is missing\n/],
    ["connect ftp://x", 2, /^$/, /^Cannot connect to "ftp:\/\/x": not an add/],
    ["connect localhost b", 2, /^$/, /^Cannot connect to more than one addr/],
  ] as const
) {
  Deno.test(`main.ts ${JSON.stringify(line)} exits with ${code}`, async () => {
    const ended = await run(...(line === "" ? [] : line.split(" ")));
    assertMatch(ended.stdout, stdout);
    assertMatch(ended.stderr, stderr);
    assertEquals(ended.code, code);
  });
}

for (const [hostname, warns] of [["0.0.0.0", true], ["127.0.0.1", false]]) {
  Deno.test(`main.ts --adminaddress on ${hostname} ${warns ? "tells" : "has nothing to tell"} who can read there`, async () => {
    await using server = new Running([
      ...["--port=0", `--adminaddress=${hostname}:0`, "--health=/healthz"],
      "cat",
    ]);
    // The last line of the start.
    await server.saw(/Only this machine can connect/);
    assertEquals(
      server.stdout.includes("Other machines can read what --adminaddress"),
      warns,
    );
  });
}

Deno.test({
  name: "main.ts serves a program in PATH that is called connect",
  ignore: Deno.build.os === "windows",
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const program = scratch.script("connect", "#!/bin/sh\n");
    const PATH = `${scratch.path}:${Deno.env.get("PATH")}`;
    // It says so before it listens, whether or not it can.
    await using server = new Running(["connect", "localhost"], { PATH });
    const [, path] = await server.saw(/Serving using application *: (\S+) /);
    assertEquals(path, program);
  },
});

for (
  const [name, args] of [
    ["FOO", ["--passenv=FOO", "cat"]],
    ["LD_LIBRARY_PATH", ["cat"]],
    ["PATH", ["cat"]],
  ] as const
) {
  Deno.test({
    name:
      `main.ts says in one sentence that ${name} is not UTF-8 and cannot be handed down, and exits with 1`,
    ignore: Deno.build.os === "windows",
    async fn(): Promise<void> {
      const set = `${name}=$${name}$(printf ':\\377') exec "$@"`;
      await using running = new Running(["--port=0", ...args], {}, [
        "sh",
        "-c",
        set,
        "sh",
        ...EXECUTABLE,
      ]);
      const { code, stderr } = await running.ended();
      assertEquals(code, 1);
      assertStringIncludes(
        stderr,
        `Cannot use the environment variable ${name}: its value is not UTF-8; set it to one that is, or leave it out of --passenv\n`,
      );
      assertEquals(stderr.includes("    at "), false);
    },
  });
}

Deno.test("main.ts shows in its help how it was started", async () => {
  const own = IS_SOURCE
    ? "deno run -A main.ts"
    : EXECUTABLE[0].replace(/^.*\//, "");
  assertStringIncludes((await run()).stderr, `\n    ${own} --help`);
});

Deno.test("main.ts names the free port it took, tells how to let others in, and ends with 0 on SIGTERM", async () => {
  await using server = new Running(["--port=0", "cat", "-u"]);
  const [, port] = await server.saw(
    /Starting WebSocket server {3}: ws:\/\/127\.0\.0\.1:(\d+)\/\n/,
  );
  await server.saw(/Only this machine can connect; --address='\*' opens it/);
  assertEquals(
    server.stdout.split("\n")[0].split(" | ").slice(1).join(" | "),
    "INFO   | server     |  | Serving using application   : /usr/bin/cat -u",
  );
  assert(Number(port) > 0);
  server.kill("SIGTERM");
  const { code, stderr } = await server.ended();
  assertEquals([code, stderr], [0, ""]);
});

Deno.test({
  name: "main.ts goes on when the terminal closes, started with nohup",
  ignore: Deno.build.os !== "linux",
  async fn(): Promise<void> {
    await using server = new Running(
      ["--port=0", "--address=127.0.0.1", "--drainms=60000", "cat"],
      {},
      // What it does to a terminal. The signal itself is ignored, too, until the runtime hears of it.
      ["sh", "-c", 'exec nohup "$@" 0>/dev/null', "sh", ...EXECUTABLE],
    );
    const [, url] = await server.saw(
      /Starting WebSocket server {3}: (ws:\/\/\S+)\n/,
    );
    await using client = await Client.open(url);
    server.kill("SIGHUP");
    // Would be the second signal, which ends it at once, had it heard the first.
    server.kill("SIGTERM");
    await server.saw(/Stopping, open sessions: 1/);
    client.close(1000);
    assertEquals((await server.ended()).code, 0);
  },
});

Deno.test("main.ts says nothing of opening when an address is given", async () => {
  await using server = new Running([
    "--port=0",
    "--address=127.0.0.1",
    "cat",
  ]);
  await server.saw(/Starting WebSocket server/);
  server.kill("SIGINT");
  const { code, stdout } = await server.ended();
  assertEquals(code, 0);
  assert(!stdout.includes("Only this machine"), stdout);
});

Deno.test("main.ts says in the log that a port is taken, and exits with 3", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { code, stdout } = await run(`--port=${taken.addr.port}`, "cat");
  assertEquals(code, 3);
  assertMatch(
    stdout,
    /\| FATAL .*Can't start server: .*address already in use/,
  );
});

Deno.test("main.ts logs a session with its client, pid, status and ending, and hides secrets", async () => {
  await using server = new Running([
    "--port=0",
    "sh",
    "-c",
    "echo hi; exit 3",
  ]);
  const [, port] = await server.saw(/ws:\/\/127\.0\.0\.1:(\d+)\//);
  const client = new WebSocket(`ws://127.0.0.1:${port}/x?token=hunter2`);
  await server.saw(/DISCONNECT\n/);
  client.close();
  const keys =
    `url:'http://127\\.0\\.0\\.1:${port}/x\\?token=\\*{3}' id:'\\S+' remote:'127\\.0\\.0\\.1' command:'/\\S+/sh' origin:'\\S+' pid:'\\d+' status:'101'`;
  assertMatch(
    server.stdout,
    new RegExp(`\\| ACCESS \\| session    \\| ${keys} \\| CONNECT\n`),
  );
  assertMatch(
    server.stdout,
    new RegExp(
      `\\| ${keys} code:'4003' reason:'exit 3' exit:'3' duration:'\\d+\\.\\d{3}s' \\| DISCONNECT\n`,
    ),
  );
  assert(!server.stdout.includes("hunter2"), server.stdout);
});

Deno.test("main.ts logs errors that nobody caught, and goes on", async () => {
  await using server = new Running(["--port=0", "cat"], {}, [
    Deno.execPath(),
    ...["run", "-A", "--quiet"],
    fileURLToPath(new URL("fixtures/unhandled.ts", import.meta.url)),
  ]);
  await server.saw(/Unhandled rejection: Error: nobody caught me\\n {4}at /);
  await server.saw(/Unhandled error: TypeError: nor\\u001b me\\n {4}at /);
  const [, port] = await server.saw(/ws:\/\/127\.0\.0\.1:(\d+)\//);
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  await answer.body?.cancel();
  assertEquals(answer.status, 404);
});

Deno.test("main.ts logs in the zone that TZ names", async () => {
  await using server = new Running(["--port=0", "cat"], {
    TZ: "Asia/Kolkata",
  });
  await server.saw(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0530 \| INFO/);
});

Deno.test("main.ts --logformat=json logs one object a line, from the first", async () => {
  await using server = new Running([
    "--port=0",
    "--logformat=json",
    "cat",
  ]);
  await server.saw(/Only this machine.*\n/);
  const messages = server.stdout.trim().split("\n")
    .map((line) => JSON.parse(line).message);
  assertEquals(messages[0], "Serving using application   : /usr/bin/cat ");
});

const FLOOD = fileURLToPath(new URL("fixtures/log_flood.ts", import.meta.url));

for (const reader of ["stuck", "gone"] as const) {
  Deno.test(`a reader of the log that is ${reader} neither delays nor ends the server`, async () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", FLOOD],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    if (reader === "gone") await child.stdout.cancel();
    const stderr = await new Response(child.stderr).text();
    assertMatch(stderr, /^logged in \d{1,4} ms\n$/);
    assertEquals((await child.status).code, 7);
    if (reader === "stuck") await child.stdout.cancel();
  });
}

Deno.test("a slow reader of the log gets whole lines and is told how many are missing", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", FLOOD],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = child.stderr.getReader();
  // Nothing is read before everything is logged.
  await errors.read();
  const text = await new Response(child.stdout).text();
  await errors.cancel();
  await child.status;
  const lines = text.split("\n").slice(0, -1).map((line) =>
    line.split(" | ")[4]
  );
  const [, lost] = /^Log lines lost .*: (\d+)$/.exec(lines.pop()!) ?? [];
  assertEquals(lines.length + Number(lost), 8192);
  for (const [i, line] of lines.entries()) {
    assertEquals(line, `${i} ${"x".repeat(1000)}`);
  }
});
