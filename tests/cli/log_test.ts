import { assert, assertEquals } from "@std/assert";
import type { Event, RequestInfo, SessionInfo } from "../../lib/events.ts";
import { type LogOptions, startLog } from "../../lib/cli/log.ts";

const REQUEST: RequestInfo = {
  remoteAddr: "10.0.0.7",
  remoteHost: "10.0.0.7",
  remotePort: 50000,
  method: "GET",
  url: "http://h:8080/x?token=hunter2&a=1",
  origin: "http://h:8080",
  user: "",
  authType: "",
  certificate: null,
  requestId: null,
};

const SESSION: SessionInfo = {
  ...REQUEST,
  id: "0123",
  command: ["/bin/cat", "--secret=s"],
};

const OF_PROGRAM =
  "url:'http://h:8080/x?token=***&a=1' id:'0123' remote:'10.0.0.7' command:'/bin/cat' origin:'http://h:8080' pid:'42'";

const IN_SESSION = `${OF_PROGRAM} status:'101'`;

const CLOSED: Event = {
  type: "session.closed",
  session: SESSION,
  pid: 42,
  code: 4003,
  reason: "exit 3",
  exit: { code: 3, signal: null },
  durationMs: 1500,
  sent: { messages: 3, bytes: 30 },
  received: { messages: 1, bytes: 5 },
  stalls: { client: { count: 0, ms: 0 }, program: { count: 0, ms: 0 } },
};

/** What a log writes about some events. */
async function logged(
  events: readonly Event[],
  options: LogOptions = {},
): Promise<string> {
  let text = "";
  const log = startLog({
    level: "debug",
    ...options,
    write: (bytes) => {
      text += new TextDecoder().decode(bytes);
      return Promise.resolve(bytes.length);
    },
  });
  for (const event of events) log.sink(event);
  await log.flush(1000);
  return text;
}

for (
  const [event, line] of [
    [
      {
        type: "server.listening",
        url: "ws://127.0.0.1:8080/",
        hostname: "127.0.0.1",
        port: 8080,
      },
      "INFO   | server     |  | Starting WebSocket server   : ws://127.0.0.1:8080/",
    ],
    [
      { type: "request", request: REQUEST, status: 404, message: "NOT FOUND" },
      "ACCESS | http       | url:'http://h:8080/x?token=***&a=1' remote:'10.0.0.7' status:'404' | NOT FOUND",
    ],
    [
      {
        type: "request",
        request: REQUEST,
        status: 200,
        message: "CGI",
        script: "/srv/env.cgi",
      },
      "ACCESS | http       | url:'http://h:8080/x?token=***&a=1' cgiscript:'/srv/env.cgi' remote:'10.0.0.7' status:'200' | CGI",
    ],
    [
      {
        type: "session.refused",
        request: REQUEST,
        status: 403,
        reason: "origin",
        message: "Not this one: see --origin",
      },
      "ACCESS | session    | url:'http://h:8080/x?token=***&a=1' remote:'10.0.0.7' origin:'http://h:8080' status:'403' | Not this one: see --origin",
    ],
    [
      {
        type: "session.refused",
        request: { ...REQUEST, origin: null },
        status: 429,
        reason: "limit",
        message: "Full: see --maxforks",
      },
      "ERROR  | http       | url:'http://h:8080/x?token=***&a=1' remote:'10.0.0.7' origin:'file:' status:'429' | Full: see --maxforks",
    ],
    [
      {
        type: "session.refused",
        request: { ...REQUEST, origin: null },
        status: 429,
        reason: "limit-clients",
        message: "Full: see --maxclients",
      },
      "ERROR  | http       | url:'http://h:8080/x?token=***&a=1' remote:'10.0.0.7' origin:'file:' status:'429' | Full: see --maxclients",
    ],
    [
      { type: "session.opened", session: SESSION, pid: 42 },
      `ACCESS | session    | ${IN_SESSION} | CONNECT`,
    ],
    [
      CLOSED,
      `ACCESS | session    | ${IN_SESSION} code:'4003' reason:'exit 3' exit:'3' duration:'1.500s' | DISCONNECT`,
    ],
    [
      {
        ...CLOSED,
        code: 4515,
        reason: "signal SIGTERM",
        exit: { code: 143, signal: "SIGTERM" },
      },
      `ACCESS | session    | ${IN_SESSION} code:'4515' reason:'signal SIGTERM' exit:'143' signal:'SIGTERM' duration:'1.500s' | DISCONNECT`,
    ],
    [
      { ...CLOSED, pid: null, code: 1011, reason: "cannot start", exit: null },
      `ACCESS | session    | ${
        IN_SESSION.replace("pid:'42' ", "")
      } code:'1011' reason:'cannot start' duration:'1.500s' | DISCONNECT`,
    ],
    [
      { type: "child.stderr", session: SESSION, pid: 42, line: "oh\x1b[0m no" },
      `ERROR  | stderr     | ${OF_PROGRAM} | oh\\u001b[0m no`,
    ],
    [
      { type: "child.signalled", session: SESSION, pid: 42, signal: "SIGINT" },
      `DEBUG  | process    | ${OF_PROGRAM} | SIGINT sent to process 42`,
    ],
    [
      {
        type: "tls.failed",
        remoteAddr: "192.0.2.7",
        remotePort: 4711,
        reason: "received fatal alert: UnknownCA",
      },
      "ACCESS | http       | remote:'192.0.2.7' | TLS failed: received fatal alert: UnknownCA",
    ],
    [
      { type: "cgi.started", session: SESSION, pid: 42, startMs: 1 },
      `DEBUG  | process    | ${OF_PROGRAM} | CGI script started as process 42`,
    ],
    [
      {
        type: "cgi.ended",
        session: SESSION,
        pid: 42,
        exit: { code: 3, signal: null },
        durationMs: 1500,
      },
      `DEBUG  | process    | ${OF_PROGRAM} exit:'3' duration:'1.500s' | CGI script ended`,
    ],
    [
      { type: "drain.started", sessions: 2 },
      "INFO   | server     |  | Stopping, open sessions: 2",
    ],
    [
      { type: "drain.finished", killed: 0 },
      "INFO   | server     |  | Stopped",
    ],
    [
      { type: "drain.finished", killed: 2 },
      "INFO   | server     |  | Stopped, programs ended by force: 2",
    ],
    [
      { type: "error", message: "Something" },
      "ERROR  | server     |  | Something",
    ],
    [
      { type: "error", session: SESSION, message: 'Cannot start "x": why' },
      `ERROR  | process    | ${
        OF_PROGRAM.replace(" pid:'42'", "")
      } | Cannot start "x": why`,
    ],
    [
      { type: "error", message: "Something", error: Object.create(null) },
      "ERROR  | server     |  | Something: [Object: null prototype] {}",
    ],
  ] as [Event, string][]
) {
  Deno.test(`the log tells of ${event.type}: ${line.slice(-40)}`, async () => {
    const text = await logged([event]);
    assertEquals(text.slice(text.indexOf("| ") + 2), `${line}\n`);
  });
}

Deno.test("the log gives the reason of an error, and the stack only for debugging", async () => {
  const event: Event = {
    type: "error",
    message: "Cannot do it",
    error: new TypeError("boom"),
  };
  const quiet = await logged([event], { level: "access" });
  assert(quiet.endsWith("| Cannot do it: TypeError: boom\n"), quiet);
  const loud = await logged([event], { level: "debug" });
  assert(loud.includes("Cannot do it: TypeError: boom\\n    at "), loud);
});

Deno.test("the log gives the address beside a name that was looked up", async () => {
  const request = { ...REQUEST, remoteHost: "c.example." };
  const text = await logged([
    { type: "request", request, status: 404, message: "NOT FOUND" },
  ]);
  assert(text.includes(" remote:'c.example.' addr:'10.0.0.7' status:'404' "));
});

Deno.test("the log as JSON has what the text has, and the traffic", async () => {
  const { time, ...rest } = JSON.parse(
    await logged([CLOSED], { format: "json" }),
  );
  assert(!Number.isNaN(Date.parse(time)), time);
  assertEquals(rest, {
    level: "access",
    category: "session",
    message: "DISCONNECT",
    url: "http://h:8080/x?token=***&a=1",
    id: "0123",
    remote: "10.0.0.7",
    command: "/bin/cat",
    origin: "http://h:8080",
    pid: 42,
    status: 101,
    code: 4003,
    reason: "exit 3",
    exit: 3,
    durationMs: 1500,
    sent: { messages: 3, bytes: 30 },
    received: { messages: 1, bytes: 5 },
  });
});

Deno.test("the log as JSON says in one word why a client was refused", async () => {
  const { refusal, status } = JSON.parse(
    await logged([{
      type: "session.refused",
      request: REQUEST,
      status: 403,
      reason: "host",
      message: "",
    }], { format: "json" }),
  );
  assertEquals([refusal, status], ["host", 403]);
});

const LEVELS = ["debug", "access", "info", "error", "fatal", "none"] as const;

for (const [index, level] of LEVELS.entries()) {
  const shown = LEVELS.slice(index, -1);
  Deno.test(`--loglevel=${level} shows ${shown.join(", ") || "nothing"}`, async () => {
    let text = "";
    const log = startLog({
      level,
      write: (bytes) => {
        text += new TextDecoder().decode(bytes);
        return Promise.resolve(bytes.length);
      },
    });
    for (const level of LEVELS.slice(0, -1)) {
      log.server(level as Exclude<typeof level, "none">, level);
    }
    await log.flush(1000);
    const seen = text.split("\n").slice(0, -1)
      .map((line) => line.split(" | ").at(-1));
    assertEquals(seen, [...shown]);
  });
}

Deno.test("the log reports lost lines, but not to those who asked for silence", async () => {
  for (const level of ["error", "fatal"] as const) {
    let text = "";
    const log = startLog({
      level,
      limit: 300,
      write: (bytes) => {
        text += new TextDecoder().decode(bytes);
        return Promise.resolve(bytes.length);
      },
    });
    for (let i = 0; i < 20; i++) log.server("fatal", "x");
    await log.flush(1000);
    assertEquals(
      text.includes("ERROR  | server     |  | Log lines lost because"),
      level === "error",
    );
  }
});
