/**
 * A page with programs behind WebSockets, for Deno Deploy: a clock, an echo, a
 * chat of all visitors, and a program that ends in every way a program can.
 * README.md beside it says how to deploy it. Here, it runs with
 *
 *   deno run -A examples/deploy/main.ts
 *
 * at http://localhost:8080/. PORT=9000 in the environment makes it another port.
 *
 * On Deno Deploy no program can be relied on but Deno. So clock, echo and
 * endings are functions that this file runs in processes of their own, by
 * `deno run main.ts NAME`; where no process can be started, the server calls
 * them itself. The chat is called in any case: its visitors share a room.
 */
import type {
  Handler,
  Options,
  ProgramFunction,
  ProgramIo,
} from "../../lib/mod.ts";

// The programs.

async function clock({ print, signal }: ProgramIo): Promise<void> {
  for (let second = 1; second <= 60; second++) {
    await print(new Date().toISOString());
    await sleep(1000, signal);
  }
}

async function echo({ lines, print, signal }: ProgramIo): Promise<void> {
  const pace = new Pace({ burst: 20, everyMs: 100 });
  for await (const line of lines()) {
    await pace.next(signal);
    await print(line);
  }
}

async function endings(
  { lines, print, printError, stdout, signal }: ProgramIo,
): Promise<number | "SIGTERM"> {
  const { value: line } = await lines().next();
  switch (line) {
    case "exit 0":
      await print("All done.");
      return 0;
    case "exit 3":
      await print("That did not work.");
      await printError("what is wrong goes to the server's log");
      return 3;
    case "crash":
      throw new Error("a bug in the program");
    case "signal":
      await print("Killing myself.");
      return "SIGTERM";
    case "long line":
      await print("The next line is too long.");
      await print("x".repeat(2 * LONGEST_LINE));
      await sleep(60_000, signal);
      return 0;
    case "no UTF-8":
      await print("The next line is not text.");
      await stdout.getWriter().write(Uint8Array.of(0xff, 0xfe, 0x0a));
      await sleep(60_000, signal);
      return 0;
    case "wait":
      await print("I wait.");
      await sleep(60_000, signal);
      return 0;
    default:
      await print("I do not know how to do that.");
      return 2;
  }
}

async function chat({ lines, print, signal }: ProgramIo): Promise<void> {
  const input = lines();
  const name = plain((await input.next()).value ?? "", 24) || "somebody";
  const visitor = room.join(print);
  const talk = async () => {
    const pace = new Pace({ burst: 5, everyMs: 2000 });
    for await (const line of input) {
      // Who sends faster is held back, by TCP, until it is read.
      await pace.next(signal);
      await room.pace.next(signal);
      const text = plain(line, 280);
      if (text !== "") room.say(name, text);
    }
  };
  try {
    await Promise.race([talk(), visitor.isBehind]);
  } finally {
    visitor.leave();
  }
}

const LONGEST_LINE = 4096;

// What they share.

/** Waits, or throws when the program has to end. */
function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Text on one line, without what would turn or hide other text, cut to a length. */
function plain(text: string, longest: number): string {
  const seen = text.toWellFormed()
    .replace(
      /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu,
      " ",
    )
    .trim();
  return [...seen].slice(0, longest).join("");
}

/** Lets some through at once, and then one at a time. */
class Pace {
  readonly #everyMs: number;
  readonly #burstMs: number;
  #free = 0;

  constructor({ burst, everyMs }: { burst: number; everyMs: number }) {
    this.#everyMs = everyMs;
    this.#burstMs = (burst - 1) * everyMs;
  }

  /** Resolves when the next may go. Rejects when the program has to end. */
  async next(signal: AbortSignal): Promise<void> {
    const now = performance.now();
    const wait = this.#free - this.#burstMs - now;
    this.#free = Math.max(this.#free, now) + this.#everyMs;
    if (wait > 0) await sleep(wait, signal);
  }
}

/** All who chat on this instance of the server, and what was said last. */
class Room {
  readonly pace = new Pace({ burst: 20, everyMs: 100 });
  readonly #visitors = new Set<(line: string) => void>();
  readonly #history: string[] = [];

  get size(): number {
    return this.#visitors.size;
  }

  join(
    print: ProgramIo["print"],
  ): { readonly isBehind: Promise<void>; leave(): void } {
    const behind = Promise.withResolvers<void>();
    let waiting = 0;
    const tell = (line: string) => {
      if (waiting === 200) {
        return behind.reject(new Error("This visitor does not read"));
      }
      waiting++;
      print(line).then(() => waiting--, behind.reject);
    };
    for (const line of this.#history) tell(line);
    this.#visitors.add(tell);
    this.#count();
    return {
      isBehind: behind.promise,
      leave: () => {
        if (this.#visitors.delete(tell)) this.#count();
      },
    };
  }

  say(name: string, text: string): void {
    const line = JSON.stringify({ time: Date.now(), name, text });
    this.#history.push(line);
    if (this.#history.length > 50) this.#history.shift();
    for (const tell of this.#visitors) tell(line);
  }

  #count(): void {
    const line = JSON.stringify({ here: this.size });
    for (const tell of this.#visitors) tell(line);
  }
}

const room = new Room();

// The server.

const PROGRAMS = { clock, echo, endings };
type ProgramName = keyof typeof PROGRAMS;

/** What one page of the web may ask for. Each process takes some 16 MiB of its own; an instance has 768. */
const LIMITS: Readonly<Record<ProgramName | "chat", Options>> = {
  clock: { maxForks: 10, maxPerIp: 3, timeoutMs: 90_000 },
  echo: { maxForks: 6, maxPerIp: 3, timeoutMs: 300_000, idleMs: 60_000 },
  endings: { maxForks: 6, maxPerIp: 4, timeoutMs: 30_000, idleMs: 5000 },
  chat: { maxForks: 200, maxPerIp: 8, idleMs: 600_000 },
};

/** Loaded by the server only. Written out in import(), Deno would read all of it for each program too, which takes twice the memory. */
const LIBRARY = "../../lib/mod.ts";
/** Nothing else of the environment gets to a program. */
const PASS_ENV = ["PATH", "HOME", "DENO_DIR"];

/** The command that runs one of the programs. Its only permission is to kill itself, where it does. */
function commandOf(name: ProgramName): { command: string; args: string[] } {
  const permissions = name === "endings" ? ["--allow-run"] : [];
  return {
    command: Deno.execPath(),
    args: [
      ...["run", "--quiet", "--no-prompt", "--no-lock", "--no-config"],
      ...[...permissions, import.meta.filename!, name],
    ],
  };
}

/** Whether a program answers that is started this way. */
async function canStartProcesses(): Promise<boolean> {
  const { command, args } = commandOf("echo");
  const env = PASS_ENV.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  try {
    const process = new Deno.Command(command, {
      args,
      env: Object.fromEntries(env),
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
      signal: AbortSignal.timeout(10_000),
    }).spawn();
    const output = process.output();
    const stdin = process.stdin.getWriter();
    await stdin.write(new TextEncoder().encode("hello\n"));
    await stdin.close();
    return new TextDecoder().decode((await output).stdout) === "hello\n";
  } catch {
    return false;
  }
}

interface Served {
  readonly inProcesses: boolean;
  readonly handlers: Readonly<Record<string, Handler>>;
}

async function prepare(): Promise<Served> {
  const [{ handler }, inProcesses] = await Promise.all([
    import(LIBRARY) as Promise<typeof import("../../lib/mod.ts")>,
    canStartProcesses(),
  ]);
  const serve = (name: keyof typeof LIMITS, program: Options) =>
    handler({
      ...program,
      ...LIMITS[name],
      passEnv: PASS_ENV,
      maxFrameSize: 4096,
      maxLine: LONGEST_LINE,
      invalidUtf8: "close",
      // The page is public, by whatever name.
      host: ["*"],
      // Clients are told apart by address, also where a proxy on the same machine hands them over.
      trustProxy: ["unix", "127.0.0.0/8", "::1"],
      drainMs: 500,
      onEvent(event): void {
        if (event.type === "session.closed") {
          const seconds = (event.durationMs / 1000).toFixed(1);
          console.log(`${name}: ${event.code} ${event.reason} (${seconds} s)`);
        } else if (event.type === "child.stderr") {
          console.log(`${name}: ${event.line}`);
        } else if (event.type === "error") console.error(event.message);
      },
    });
  const names = Object.keys(PROGRAMS) as ProgramName[];
  return {
    inProcesses,
    handlers: {
      ...Object.fromEntries(
        names.map((name) => [
          name,
          serve(
            name,
            inProcesses ? commandOf(name) : { program: PROGRAMS[name] },
          ),
        ]),
      ),
      chat: serve("chat", { program: chat }),
    },
  };
}

function serve(): void {
  const instance = crypto.randomUUID().slice(0, 4);
  const prepared = prepare();
  const whole = page();
  const server = Deno.serve(
    // Deno Deploy sets DENO_SERVE_ADDRESS, which wins.
    { hostname: "127.0.0.1", port: Number(Deno.env.get("PORT") ?? 8080) },
    async (request, info) => {
      const path = new URL(request.url).pathname;
      if (path === "/") return (await whole)();
      const { inProcesses, handlers } = await prepared;
      if (path === "/status") {
        return Response.json({
          instance,
          deno: Deno.version.deno,
          inProcesses,
          programs: Object.fromEntries(
            Object.entries(handlers).map(([name, { sessions }]) => [
              name,
              {
                running: sessions,
                places: LIMITS[name as keyof typeof LIMITS].maxForks,
              },
            ]),
          ),
        }, { headers: { "cache-control": "no-store" } });
      }
      const handle = Object.hasOwn(handlers, path.slice(1))
        ? handlers[path.slice(1)]
        : null;
      return await handle?.(request, info) ??
        new Response("Not found\n", { status: 404 });
    },
  );

  let isStopping = false;
  const stop = async () => {
    if (isStopping) return;
    isStopping = true;
    // 5 s after SIGINT everything is killed. Sessions get half a second to end, then their clients are told.
    const { handlers } = await prepared;
    await Promise.all(Object.values(handlers).map(({ drain }) => drain()));
    await Promise.race([server.shutdown(), sleep(500)]);
    Deno.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => void stop());
  }
}

// A program in a process of its own.

/** Runs a program with the streams of this process, and ends the process as it ends. */
async function run(program: ProgramFunction): Promise<void> {
  const printOn = (stream: typeof Deno.stdout) => async (line: string) => {
    let bytes = new TextEncoder().encode(`${line}\n`);
    while (bytes.length > 0) bytes = bytes.subarray(await stream.write(bytes));
  };
  const result = await program({
    stdin: Deno.stdin.readable,
    stdout: Deno.stdout.writable,
    stderr: Deno.stderr.writable,
    env: {},
    args: [],
    signal: new AbortController().signal,
    lines: linesOfStdin,
    print: printOn(Deno.stdout),
    printError: printOn(Deno.stderr),
  });
  if (typeof result === "string") {
    Deno.kill(Deno.pid, result);
    await sleep(60_000);
  }
  Deno.exit(result as number | undefined);
}

async function* linesOfStdin(): AsyncGenerator<string> {
  let rest = "";
  const texts = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  for await (const text of texts) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== "") yield rest;
}

// The page. Its colours are those of the console (--devconsole).

const STYLE = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f3f4f7, #0e1116);
  --surface: light-dark(#ffffff, #151920);
  --sunken: light-dark(#f8f9fb, #11151b);
  --line: light-dark(#e0e4ea, #262c37);
  --edge: light-dark(#c4cad4, #3a4250);
  --text: light-dark(#1a1f29, #e6e9ef);
  --quiet: light-dark(#586174, #98a2b3);
  --accent: light-dark(#3451b2, #93a8f4);
  --accent-fill: light-dark(#3a57c4, #3f5bc9);
  --accent-soft: light-dark(#eaeefb, #1d2543);
  --in: light-dark(#0b7261, #57c9b3);
  --good: light-dark(#1a7f37, #4cc26d);
  --wait: light-dark(#8a5a00, #e2b340);
  --bad: light-dark(#b3261e, #ff8f85);
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif;
  color: var(--text);
  background: var(--page);
  accent-color: var(--accent-fill);
}
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0 auto; max-width: 1160px; padding: 0 16px 24px; overflow-wrap: anywhere; }
h1, h2, h3, p, ol, pre { margin: 0; padding: 0; }
ol { list-style: none; }
pre, .mono, code { font-family: var(--mono); }
code { font-size: .92em; }
.quiet { color: var(--quiet); }

.top { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; padding: 14px 0 10px; }
.top h1 { display: flex; align-items: center; gap: 9px; font-size: 16px; font-weight: 650; letter-spacing: -.01em; }
.logo { width: 24px; height: 24px; fill: none; stroke: #fff; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.logo rect { fill: var(--accent-fill); stroke: none; }
.intro { max-width: 68ch; padding-bottom: 14px; }

button, input { font: inherit; color: inherit; background: var(--surface); border: 1px solid var(--edge); border-radius: 6px; padding: 5px 11px; min-height: 36px; min-width: 0; }
button { font-weight: 500; cursor: pointer; white-space: nowrap; }
button:hover { background: var(--sunken); border-color: var(--quiet); }
button:disabled { opacity: .55; cursor: default; }
.primary { background: var(--accent-fill); border-color: var(--accent-fill); color: #fff; }
.primary:hover { background: color-mix(in srgb, var(--accent-fill), #000 14%); border-color: transparent; }
::placeholder { color: var(--quiet); opacity: 1; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }

main { display: grid; gap: 14px; grid-template: "clock chat" auto "echo chat" 1fr "endings endings" auto / minmax(0, 1fr) minmax(0, 1fr); }
.card { display: flex; flex-direction: column; gap: 10px; min-width: 0; padding: 14px 16px; background: var(--surface); border: 1px solid var(--line); border-radius: 8px; }
.card > header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 10px; }
.card h2 { font-size: 16px; font-weight: 650; }
.state { --state: var(--quiet); margin-left: auto; display: flex; align-items: center; gap: 7px; font: 12.5px/1.6 var(--mono); color: var(--state); }
.state::before { content: ""; flex: none; width: 8px; height: 8px; border-radius: 50%; border: 1.5px solid var(--state); }
.state[data-state="0"], .state[data-state="2"] { --state: var(--wait); }
.state[data-state="1"] { --state: var(--good); }
.state[data-state="1"]::before { background: var(--state); }
.state[data-state="failed"] { --state: var(--bad); }
.row { display: flex; gap: 8px; align-items: center; }
.row > input { flex: 1; }
.log { flex: 1; overflow: auto; border: 1px solid var(--line); border-radius: 6px; background: var(--sunken); overscroll-behavior: contain; }
.log:focus-visible { outline-offset: -2px; }
.log > li { padding: 4px 10px; }
.log > li + li { border-top: 1px solid var(--line); }
.log > .empty { display: block !important; color: var(--quiet); }
details summary { width: fit-content; cursor: pointer; color: var(--accent); font-size: 13.5px; border-radius: 4px; }
details pre { margin-top: 6px; padding: 10px; max-height: 280px; overflow: auto; font-size: 12px; line-height: 1.55; background: var(--sunken); border: 1px solid var(--line); border-radius: 6px; }

#clock { grid-area: clock; }
.time { font-size: clamp(44px, 8vw, 68px); line-height: 1.1; font-weight: 650; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.time.stale { color: var(--quiet); }
progress { flex: 1; height: 6px; appearance: none; border: 0; border-radius: 3px; background: var(--line); overflow: hidden; }
progress::-webkit-progress-bar { background: var(--line); }
progress::-webkit-progress-value { background: var(--accent-fill); border-radius: 3px; }
progress::-moz-progress-bar { background: var(--accent-fill); border-radius: 3px; }

#echo { grid-area: echo; }
#echo .log { font: 13px/1.5 var(--mono); height: 132px; flex: none; }
#echo li { display: grid; grid-template-columns: 16px minmax(0, 1fr) auto; gap: 6px; }
.sent .arrow { color: var(--accent); }
.received .arrow { color: var(--in); }

#chat { grid-area: chat; min-height: 420px; }
#chat .log { flex: 1 1 0; min-height: 180px; padding: 4px 0; }
#chat .log > li { border: 0; padding: 3px 12px; }
#chat .log time { float: right; margin-left: 10px; font-size: 12px; line-height: 1.9; color: var(--quiet); font-variant-numeric: tabular-nums; }
#chat .log b { font-weight: 650; color: var(--accent); }
#chat .log .mine b { color: var(--in); }
#chat .name { flex: 0 0 34%; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }

#endings { grid-area: endings; }
.choices { display: grid; gap: 12px 20px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)); }
.choices h3 { font-size: 13px; font-weight: 600; color: var(--quiet); padding-bottom: 5px; }
.choices p { display: flex; flex-wrap: wrap; gap: 6px; align-content: start; }
#endings .log { max-height: 330px; flex: none; }
#endings .log > li { display: grid; grid-template-columns: 56px minmax(0, 1fr); gap: 0 12px; padding: 8px 12px; }
.code { font: 600 15px/1.5 var(--mono); font-variant-numeric: tabular-nums; }
.good .code { color: var(--good); }
.bad .code { color: var(--bad); }
.limit .code { color: var(--wait); }
.result { grid-column: 2; }
.result .mono { font-size: 13px; }
.printed { white-space: pre-wrap; color: var(--quiet); }
footer { padding: 14px 0 0; font-size: 13.5px; color: var(--quiet); }

@media (max-width: 780px) {
  main { grid-template: "clock" "chat" "echo" "endings" / minmax(0, 1fr); }
  #chat { min-height: 0; }
  #chat .log { flex: none; height: 260px; }
  #chat form { flex-wrap: wrap; }
  #chat .name { flex: 1 0 100%; }
  button, input { min-height: 42px; font-size: 16px; }
}
@media (prefers-reduced-motion: no-preference) {
  progress::-webkit-progress-value { transition: inline-size .3s; }
}
`;

const SCRIPT = String.raw`
"use strict";
const STATES = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"];
const $ = (selector) => document.querySelector(selector);
const element = (name, text = "", className = "") => {
  const made = document.createElement(name);
  made.textContent = text;
  if (className !== "") made.className = className;
  return made;
};

/** Opens a WebSocket and shows its state in a card. */
function open(path, hooks) {
  const state = $("#" + path + " .state");
  const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/" + path);
  const show = () => {
    state.dataset.state = socket.readyState;
    state.textContent = STATES[socket.readyState];
  };
  show();
  let wasOpen = false;
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    wasOpen = true;
    show();
    hooks.open?.(socket);
  };
  socket.onmessage = ({ data }) => hooks.message?.(data);
  socket.onclose = async ({ code, reason }) => {
    const isFailure = code !== 1000 && !(code >= 3000 && code < 4000);
    state.dataset.state = isFailure ? "failed" : 3;
    state.textContent = ("CLOSED " + code + " " + reason).trim();
    const why = wasOpen ? explain(code) : await whyRefused(path);
    if (!wasOpen) state.textContent = why;
    hooks.close?.({ code, reason, why, wasOpen });
  };
  return socket;
}

/** A browser does not tell a page why it was not let in. */
async function whyRefused(path) {
  try {
    const { programs: { [path]: { running, places } } } = await showStatus();
    if (running >= places) return "All " + places + " places are taken: try again in a minute";
    return "Not let in: you have this open too often, or the server is stopping";
  } catch {
    return "The server cannot be reached";
  }
}

function explain(code) {
  if (code >= 4500 && code < 4600) return "A signal killed the program: 4500 and the number of the signal.";
  if (code > 4000 && code <= 4255) return "The program failed: 4000 and its exit status.";
  return {
    1000: "The program ended well, or has nothing more to say.",
    1001: "The server stops. Another instance takes over: connect again.",
    1003: "A binary message, where the program reads lines of text.",
    1006: "The connection was lost: nobody said why.",
    1008: "A time limit was reached.",
    1009: "Your message was longer than the server takes.",
    1011: "The program printed what cannot be a message.",
    1013: "The program reads more slowly than you send.",
  }[code] ?? (code >= 3000 && code < 4000 ? "You closed, with a code of your own." : "");
}

/** Appends to a log, which follows if its end was in view. */
function append(log, item, most) {
  const follows = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  log.querySelector(".empty")?.remove();
  log.append(item);
  while (log.children.length > most) log.firstElementChild.remove();
  if (follows) log.scrollTop = log.scrollHeight;
}

// Clock

let clock = null;
let ticks = 0;
function startClock() {
  ticks = 0;
  $("#clock button").textContent = "Stop";
  clock = open("clock", {
    message(text) {
      const time = new Date(text);
      const shown = $("#clock time");
      shown.dateTime = text;
      shown.textContent = time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
      shown.classList.remove("stale");
      $("#clock progress").value = ++ticks;
      $("#clock .count").textContent = ticks + " of 60";
    },
    close() {
      clock = null;
      $("#clock button").textContent = "Start";
      $("#clock time").classList.add("stale");
    },
  });
}
$("#clock button").onclick = () => clock === null ? startClock() : clock.close();

// Nobody sees a clock in a hidden tab, and others wait for its place.
let wasRunning = false;
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    wasRunning = clock !== null;
    clock?.close();
  } else {
    if (wasRunning && clock === null) startClock();
    if (chat === null && retry !== null) joinChat();
  }
});

// Echo

let echo = null;
const waiting = [];
function echoRow(kind, text, note) {
  const row = element("li", "", kind);
  const arrow = element("span", kind === "sent" ? "↑" : kind === "received" ? "↓" : "·", "arrow");
  arrow.setAttribute("aria-label", kind);
  arrow.setAttribute("role", "img");
  row.append(arrow, element("bdi", text), element("span", note, "quiet"));
  append($("#echo .log"), row, 100);
}
function sendEcho(text) {
  waiting.push(performance.now());
  echoRow("sent", text, "");
  echo.send(text);
}
$("#echo form").onsubmit = (event) => {
  event.preventDefault();
  const field = $("#echo input");
  const text = field.value;
  field.value = "";
  field.focus();
  if (echo?.readyState === WebSocket.OPEN) return sendEcho(text);
  if (echo !== null) return;
  waiting.length = 0;
  echo = open("echo", {
    open: () => sendEcho(text),
    message: (data) => echoRow("received", data, (performance.now() - waiting.shift()).toFixed(1) + " ms"),
    close({ code, why, wasOpen }) {
      echo = null;
      echoRow("closed", wasOpen ? "closed: " + code + ". " + why : why, "");
    },
  });
};

// Close codes

const ENDINGS = {
  big: (socket) => socket.send("x".repeat(4097)),
  binary: (socket) => socket.send(Uint8Array.of(1, 2, 3)),
  close: (socket) => socket.close(3000, "enough"),
};
$("#endings .choices").onclick = ({ target }) => {
  const button = target.closest("button");
  if (button === null) return;
  const { ending } = button.dataset;
  button.disabled = true;
  const printed = [];
  open("endings", {
    open: (socket) => (ENDINGS[ending] ?? (() => socket.send(ending)))(socket),
    message: (data) => printed.push(data),
    close({ code, reason, why, wasOpen }) {
      button.disabled = false;
      const kind = code === 1000 || (code >= 3000 && code < 4000) ? "good" : code >= 4000 ? "bad" : "limit";
      const row = element("li", "", kind);
      const result = element("div", "", "result");
      if (wasOpen) {
        const facts = element("p");
        facts.append(element("b", button.textContent), element("span", reason === "" ? "" : "  reason ", "quiet"), element("span", reason, "mono"));
        result.append(facts);
      }
      result.append(element("p", why));
      for (const line of printed) result.append(element("p", "printed before: " + line, "mono printed"));
      row.append(element("span", code, "code"), result);
      $("#endings .empty")?.remove();
      $("#endings .log").prepend(row);
      $("#endings .log").scrollTop = 0;
    },
  });
};

// Chat

let chat = null;
let retry = null;
let retries = 0;
const nameField = $("#chat .name");
const messageField = $("#chat .message");
const NAMES = ["Otter", "Heron", "Lynx", "Wren", "Badger", "Newt", "Ibex", "Stoat", "Finch", "Marten"];
nameField.value = NAMES[Math.floor(Math.random() * NAMES.length)] + " " + Math.floor(10 + Math.random() * 90);
let joinedAs = "";
let unsent = [];
function joinChat() {
  clearTimeout(retry);
  retry = null;
  let isNew = true;
  chat = open("chat", {
    open(socket) {
      joinedAs = nameField.value.trim();
      socket.send(joinedAs);
      for (const text of unsent) socket.send(text);
      unsent = [];
    },
    message(data) {
      // What was said before comes again after each join.
      if (isNew) for (const old of document.querySelectorAll("#chat .log > :not(.empty)")) old.remove();
      isNew = false;
      retries = 0;
      const { here, name, text, time } = JSON.parse(data);
      if (here !== undefined) {
        $("#chat .here").textContent = here === 1 ? "You are alone here" : here + " are here";
        return;
      }
      const row = element("li", "", name === joinedAs ? "mine" : "");
      const at = element("time", new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
      at.dateTime = new Date(time).toISOString();
      const who = element("b");
      who.append(element("bdi", name));
      row.append(at, who, " ", element("bdi", text));
      append($("#chat .log"), row, 200);
    },
    close({ code, why }) {
      chat = null;
      $("#chat .here").textContent = code === 1008
        ? "It has been quiet for ten minutes: say something to come back."
        : why;
      // Ended by the visitor, or for silence: until there is something to say.
      if (code === 1000 || code === 1008) return;
      const waitMs = Math.min(30_000, 1000 * 2 ** retries++) * (0.5 + Math.random());
      retry = setTimeout(joinChat, waitMs);
    },
  });
}
$("#chat form").onsubmit = (event) => {
  event.preventDefault();
  const text = messageField.value.trim();
  messageField.value = "";
  messageField.focus();
  const isOpen = chat?.readyState === WebSocket.OPEN;
  if (isOpen && nameField.value.trim() === joinedAs) {
    if (text !== "") chat.send(text);
    return;
  }
  if (text !== "") unsent.push(text);
  // The program reads the name once: another one takes another session.
  if (isOpen) {
    const old = chat;
    old.onclose = old.onmessage = null;
    old.close(1000);
  }
  if (chat === null || isOpen) joinChat();
};

// Status

async function showStatus() {
  const status = await (await fetch("/status", { cache: "no-store" })).json();
  $("footer span").textContent = "This is instance " + status.instance + ". Its programs are " +
    (status.inProcesses
      ? "processes of Deno " + status.deno + ", one for each connection; the chat is a function in the server."
      : "functions in the server: no process could be started here (Deno " + status.deno + ").");
  return status;
}

startClock();
joinChat();
showStatus().catch(() => {});
`;

const LOGO =
  `<svg class="logo" viewBox="0 0 24 24" aria-hidden="true"><rect width="24" height="24" rx="6"/><path d="M5.5 9h11l-3.2-3.2M18.5 15h-11l3.2 3.2"/></svg>`;

/** A program, to read: as this file has it. */
function sourceOf(name: string, file: string): string {
  const [text] = new RegExp(`^async function ${name}\\(.*?^}$`, "ms").exec(
    file,
  )!;
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<details><summary>The program</summary><pre tabindex="0" aria-label="Source of the program">${escaped}</pre></details>`;
}

function choices(title: string, endings: Record<string, string>): string {
  const buttons = Object.entries(endings).map(([ending, text]) =>
    `<button type="button" data-ending="${ending}">${text}</button>`
  );
  return `<div role="group" aria-label="${title}"><h3>${title}</h3><p>${
    buttons.join("")
  }</p></div>`;
}

const html = (file: string) =>
  `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="Programs behind WebSockets: a clock, an echo, a chat, and every way to end.">
<title>websocketd</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header class="top">
  <h1>${LOGO}<span>websocketd</span></h1>
  <p class="quiet">programs behind WebSockets</p>
</header>
<p class="intro">Behind each box runs a program that knows nothing of the web: it reads lines and prints lines. Each line that it prints is a message to this page, each message from here is a line that it reads, and the close code says how it ended.</p>
<main>
<section class="card" id="clock" aria-labelledby="clock-title">
  <header><h2 id="clock-title">Clock</h2><p class="state" data-state="3">CLOSED</p></header>
  <p class="quiet">Prints the time each second, and ends after a minute.</p>
  <p class="time mono"><time class="stale">--:--:--</time></p>
  <div class="row"><progress max="60" value="0" aria-label="Messages"></progress><span class="count quiet mono">0 of 60</span><button type="button">Start</button></div>
  ${sourceOf("clock", file)}
</section>
<section class="card" id="echo" aria-labelledby="echo-title">
  <header><h2 id="echo-title">Echo</h2><p class="state" data-state="3">CLOSED</p></header>
  <p class="quiet">Prints each line that it reads. Its process is started by your first message.</p>
  <form class="row" autocomplete="off"><input type="text" maxlength="200" required aria-label="Message for the echo" placeholder="Hello, program" enterkeyhint="send"><button class="primary">Send</button></form>
  <ol class="log" role="log" tabindex="0" aria-label="Messages of the echo"><li class="empty">Nothing yet</li></ol>
  ${sourceOf("echo", file)}
</section>
<section class="card" id="chat" aria-labelledby="chat-title">
  <header><h2 id="chat-title">Chat</h2><p class="state" data-state="3">CLOSED</p></header>
  <p class="quiet">All visitors of this instance. <span class="here" role="status"></span></p>
  <ol class="log" role="log" tabindex="0" aria-label="What was said"><li class="empty">Nothing was said yet</li></ol>
  <form class="row" autocomplete="off"><input class="name" type="text" maxlength="24" required aria-label="Your name"><input class="message" type="text" maxlength="280" aria-label="Message for the chat" placeholder="Say something" enterkeyhint="send"><button class="primary">Send</button></form>
  ${sourceOf("chat", file)}
</section>
<section class="card" id="endings" aria-labelledby="endings-title">
  <header><h2 id="endings-title">Close codes</h2><p class="state" data-state="3">CLOSED</p></header>
  <p class="quiet">Choose how the program ends, and see what the browser is told.</p>
  <div class="choices">
    ${
    choices("The program", {
      "exit 0": "exits with 0",
      "exit 3": "exits with 3",
      crash: "throws an error",
      signal: "kills itself",
    })
  }
    ${
    choices("What it prints, or you send, breaks a rule", {
      "long line": "prints 8 KiB in a line",
      "no UTF-8": "prints what is not text",
      big: "gets 4 KiB and a byte",
      binary: "gets bytes",
    })
  }
    ${
    choices("Somebody has had enough", {
      wait: "nobody speaks for 5 s",
      close: "you close with 3000",
    })
  }
  </div>
  <ol class="log" role="log" tabindex="0" aria-label="How programs ended, the last one first"><li class="empty">Nothing has ended yet</li></ol>
  ${sourceOf("endings", file)}
</section>
</main>
<footer><span></span></footer>
<noscript><p>This page talks to programs by WebSockets, and that takes JavaScript.</p></noscript>
<script type="module">${SCRIPT}</script>
</body>
</html>
`;

/** The page, the same for everybody. Nothing runs in it but its own script, and it asks nobody but this server. */
async function page(): Promise<() => Response> {
  const csp = [
    "default-src 'none'",
    `script-src 'sha256-${await digest(SCRIPT)}'`,
    `style-src 'sha256-${await digest(STYLE)}'`,
    "img-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": csp.join("; "),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-cache",
  };
  const file = await Deno.readTextFile(new URL(import.meta.url));
  const body = html(file);
  return () => new Response(body, { headers });
}

/** SHA-256 in base64. */
async function digest(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return btoa(String.fromCharCode(...new Uint8Array(hash)));
}

if (import.meta.main) {
  const [name] = Deno.args;
  if (name === undefined) serve();
  else await run(PROGRAMS[name as ProgramName]);
}
