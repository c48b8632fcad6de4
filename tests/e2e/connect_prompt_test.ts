/** The prompt of `connect URL`, in a real terminal. */
import { assertEquals } from "@std/assert";
import { CONNECT } from "../connect/connect_process.ts";
import { COLUMNS, LACKS_TMUX, Terminal } from "../connect/terminal.ts";
import { eventually } from "../helpers/deadline.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { Scratch } from "../helpers/scratch.ts";

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: LACKS_TMUX, fn });
}

/** A program that prints a line for each line that is added to a file, and echoes its input. */
async function serve(scratch: Scratch): Promise<ProgramServer> {
  await Deno.writeTextFile(scratch.file("news"), "");
  return await ProgramServer.bash(
    `
    tail -n +1 -f "$1" &
    while read -r line; do
      echo "got $line"
      [[ $line == bye ]] && exit 7
    done
    `,
    { args: [scratch.file("news")] },
  );
}

/** Makes the program print something. */
function print(scratch: Scratch, text: string): void {
  Deno.writeTextFileSync(scratch.file("news"), text, { append: true });
}

/** A client at a terminal, connected. */
async function start(
  server: ProgramServer,
  ...flags: string[]
): Promise<Terminal> {
  const terminal = await Terminal.start([
    ...CONNECT,
    "--history=",
    ...flags,
    server.url,
  ]);
  await terminal.ends("Connected; Ctrl-D ends", ">");
  return terminal;
}

test("prompt: lines are sent, answers stand above what is being typed", async () => {
  using scratch = new Scratch();
  await using server = await serve(scratch);
  await using terminal = await start(server);
  await terminal.press("hello", "Enter");
  await terminal.ends("> hello", "got hello", ">");
  await terminal.press("half of a li");
  await terminal.ends("got hello", "> half of a li");
  print(scratch, "news 1\nnews 2\n");
  await terminal.ends("got hello", "news 1", "news 2", "> half of a li");
  await terminal.press("ne", "Enter");
  await terminal.ends("> half of a line", "got half of a line", ">");
  await terminal.press("bye", "Enter");
  await terminal.ends(
    "> bye",
    "got bye",
    "Closed by the server: 4007 exit 7",
    "status 7",
    " icanon",
  );
});

test("prompt: a line that is longer than the screen is wide stays whole", async () => {
  using scratch = new Scratch();
  await using server = await serve(scratch);
  await using terminal = await start(server);
  const line = "x".repeat(COLUMNS + 20);
  const shown = [`> ${line.slice(2, COLUMNS)}`, line.slice(0, 22)];
  await terminal.press(line);
  await terminal.ends(...shown);
  for (const news of ["a", "b"]) {
    print(scratch, `${news}\n`);
    await terminal.ends(news, ...shown);
  }
  // In the first row of it.
  await terminal.press("C-a");
  print(scratch, "c\n");
  await terminal.ends("a", "b", "c", ...shown);
  await terminal.press("Y", "Enter");
  await terminal.ends(
    `got Y${line.slice(0, COLUMNS - 5)}`,
    line.slice(0, 25),
    ">",
  );
});

test("prompt: Ctrl-D closes with 1000 after all that was typed, and ends with 0", async () => {
  using scratch = new Scratch();
  await using server = await serve(scratch);
  await using terminal = await start(server);
  await terminal.press("one", "Enter");
  await terminal.ends("> one", "got one", ">");
  await terminal.press("C-d");
  await terminal.ends(
    "Closed after the end of the input",
    "status 0",
    " icanon",
  );
  const { code, received } = await server.next("session.closed");
  assertEquals([code, received.messages], [1000, 1]);
});

test("prompt: Ctrl-C closes with 1001, takes what was being typed away, and ends with 130", async () => {
  using scratch = new Scratch();
  await using server = await serve(scratch);
  await using terminal = await start(server);
  await terminal.press("half", "C-c");
  await terminal.ends("Connected; Ctrl-D ends", "status 130", " icanon");
  assertEquals((await server.next("session.closed")).code, 1001);
});

test("prompt: the lines of former times come back with the arrow keys, but no secrets", async () => {
  using scratch = new Scratch();
  const history = scratch.file("state/history");
  for (
    const [line, before] of [["first", null], ["second", "first"]] as const
  ) {
    await using server = await serve(scratch);
    await using terminal = await start(server, `--history=${history}`);
    if (before !== null) {
      await terminal.press("Up");
      await terminal.ends(`> ${before}`);
      await terminal.press("C-u");
    }
    await terminal.press(line, "Enter");
    await terminal.ends(`> ${line}`, `got ${line}`, ">");
    await terminal.press(" secret", "Enter");
    await terminal.ends(">  secret", "got secret", ">");
    await terminal.press("Up");
    await terminal.ends("got secret", `> ${line}`);
    await terminal.press("C-c");
    await terminal.ends("status 130", " icanon");
  }
  assertEquals(await Deno.readTextFile(history), "first\nsecond\n");
  assertEquals((await Deno.stat(history)).mode! & 0o777, 0o600);
});

test("prompt: --once ends with the answer", async () => {
  using scratch = new Scratch();
  await using server = await serve(scratch);
  await using terminal = await start(server, "--once");
  await terminal.press("question", "Enter");
  await terminal.ends(
    "> question",
    "got question",
    "Closed after the first answer",
    "status 0",
    " icanon",
  );
});

test("prompt: what is printed without a newline is not typed over", async () => {
  await using server = await ProgramServer.bash("printf abc; cat", {
    framing: "raw",
  });
  await using terminal = await Terminal.start([
    ...CONNECT,
    "--history=",
    server.url,
  ]);
  await terminal.ends("abc", ">");
});

test("prompt: stdout that goes elsewhere holds messages only", async () => {
  using scratch = new Scratch();
  await using server = await serve(scratch);
  const file = scratch.file("out");
  await using terminal = await Terminal.start([
    "bash",
    "-c",
    'out=$1; shift; "$@" >"$out"',
    "bash",
    file,
    ...CONNECT,
    "--history=",
    server.url,
  ]);
  await terminal.ends("Connected; Ctrl-D ends", ">");
  await terminal.press("hello", "Enter");
  await terminal.ends("> hello", ">");
  await eventually(() => scratch.read("out") === "got hello\n", "the answer");
  await terminal.press("bye", "Enter");
  await terminal.ends(
    "Closed by the server: 4007 exit 7",
    "status 7",
    " icanon",
  );
  assertEquals(scratch.read("out"), "got hello\ngot bye\n");
});

test("prompt: a refused connection gives the terminal back", async () => {
  await using server = await ProgramServer.start({ command: "cat" });
  await using terminal = await Terminal.start([
    ...CONNECT,
    "--history=",
    "--header=Origin: http://x",
    server.url,
  ]);
  await terminal.ends("status 69", " icanon");
});
