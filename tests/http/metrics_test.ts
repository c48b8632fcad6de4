import { assert, assertEquals } from "@std/assert";
import type { Event } from "../../lib/events.ts";
import { type LiveSession, Metrics } from "../../lib/http/metrics.ts";
import {
  type Family,
  prometheusText,
} from "../../lib/http/metrics/prometheus.ts";
import {
  answered,
  FakeSession,
  refused,
  sessionInfo,
} from "./metrics_events.ts";
import { readPrometheus, valueOf } from "./prometheus_reader.ts";

/** Metrics that have seen some events. */
function metricsOf(
  events: readonly Event[] = [],
  live: readonly LiveSession[] = [],
): Metrics {
  const metrics = new Metrics({ live: () => live });
  events.forEach(metrics.sink);
  return metrics;
}

/** What a scrape shows, checked to be well-formed. */
function textOf(metrics: Metrics): string {
  const text = prometheusText(metrics.families());
  readPrometheus(text);
  return text;
}

/** The samples of a family that are not 0, by their labels. */
function countsOf(metrics: Metrics, name: string): Record<string, number> {
  const { samples } = readPrometheus(textOf(metrics)).get(name)!;
  return Object.fromEntries(
    samples.filter(({ value }) => value !== 0).map(({ labels, value }) => [
      Object.values(labels).join(" "),
      value,
    ]),
  );
}

/** Every counter of a scrape, by name and labels. */
function countersOf(families: readonly Family[]): Map<string, number> {
  const counters = new Map<string, number>();
  for (const { name, type, samples } of families) {
    if (type === "gauge") continue;
    for (const { suffix = "", labels, value } of samples) {
      counters.set(`${name}${suffix} ${JSON.stringify(labels)}`, value);
    }
  }
  return counters;
}

Deno.test("metrics: a server that has done nothing shows zeros, each refusal among them", () => {
  const text = textOf(metricsOf());
  const wrong = [...readPrometheus(text)].flatMap(([name, { samples }]) =>
    samples.filter(({ value }) =>
      value !== (name === "websocketd_build_info" ? 1 : 0)
    )
  );
  assertEquals(wrong, []);
  assertEquals(
    valueOf(
      text,
      "websocketd_refusals_total",
      'reason="limit-per-ip",status="429"',
    ),
    0,
  );
});

Deno.test("metrics: sessions are those that have opened and not closed", () => {
  const a = new FakeSession("a"), b = new FakeSession("b");
  const metrics = metricsOf([a.opened(), b.opened()]);
  assertEquals(valueOf(textOf(metrics), "websocketd_sessions"), 2);
  metrics.sink(a.closed());
  assertEquals(valueOf(textOf(metrics), "websocketd_sessions"), 1);
  assertEquals(valueOf(textOf(metrics), "websocketd_child_starts_total"), 2);
});

Deno.test("metrics: children are the programs of open sessions that have not ended", () => {
  const running = new FakeSession("a"), ended = new FakeSession("b");
  ended.isRunning = false;
  const metrics = metricsOf(
    [running.opened(), ended.opened()],
    [running, ended],
  );
  assertEquals(valueOf(textOf(metrics), "websocketd_sessions"), 2);
  assertEquals(valueOf(textOf(metrics), "websocketd_children"), 1);
});

Deno.test("metrics: exits are counted by status and signal, closes by code", () => {
  const exits = [
    { code: 0, signal: null },
    { code: 0, signal: null },
    { code: 255, signal: null },
    { code: 143, signal: "SIGTERM" },
    { code: 143, signal: null },
    { code: 3221225786, signal: null },
    null,
  ];
  const metrics = metricsOf(
    exits.map((exit) => new FakeSession("a").closed({ exit })),
  );
  assertEquals(countsOf(metrics, "websocketd_child_exits_total"), {
    "0 ": 2,
    "255 ": 1,
    "143 SIGTERM": 1,
    "143 ": 1,
    "other ": 1,
    "unknown ": 1,
  });
  assertEquals(countsOf(metrics, "websocketd_sessions_closed_total"), {
    "1000": 7,
  });
});

Deno.test("metrics: CGI scripts are counted by themselves, with how they ended and how long they took", () => {
  const session = sessionInfo("a");
  const started: Event = { type: "cgi.started", session, pid: 42, startMs: 1 };
  const metrics = metricsOf([started, started, started]);
  for (
    const [exit, durationMs] of [
      [{ code: 3, signal: null }, 20],
      [{ code: 137, signal: "SIGKILL" }, 30_000],
    ] as const
  ) {
    metrics.sink({ type: "cgi.ended", session, pid: 42, exit, durationMs });
  }
  const text = textOf(metrics);
  assertEquals(valueOf(text, "websocketd_cgi_scripts"), 1);
  assertEquals(valueOf(text, "websocketd_cgi_starts_total"), 3);
  assertEquals(countsOf(metrics, "websocketd_cgi_exits_total"), {
    "3 ": 1,
    "137 SIGKILL": 1,
  });
  assertEquals(valueOf(text, "websocketd_cgi_seconds_count"), 2);
  assertEquals(valueOf(text, "websocketd_cgi_seconds_sum"), 30.02);
  assertEquals(valueOf(text, "websocketd_child_starts_total"), 0);
});

Deno.test("metrics: clients that TLS came to nothing with are counted", () => {
  const failed: Event = {
    type: "tls.failed",
    remoteAddr: "192.0.2.7",
    remotePort: 4711,
    reason: "received fatal alert: UnknownCA",
  };
  const text = textOf(metricsOf([failed, failed]));
  assertEquals(valueOf(text, "websocketd_tls_failures_total"), 2);
});

Deno.test("metrics: a program that could not be started is a failed start, neither a start nor an exit", () => {
  const failed = new FakeSession("a").closed({
    pid: null,
    exit: null,
    code: 1011,
  });
  const metrics = metricsOf([failed]);
  const text = textOf(metrics);
  assertEquals(valueOf(text, "websocketd_child_start_failures_total"), 1);
  assertEquals(valueOf(text, "websocketd_child_starts_total"), 0);
  assertEquals(valueOf(text, "websocketd_sessions"), 0);
  assertEquals(countsOf(metrics, "websocketd_child_exits_total"), {});
  assertEquals(countsOf(metrics, "websocketd_sessions_closed_total"), {
    "1011": 1,
  });
});

Deno.test("metrics: refusals are counted by reason and status, plain answers by class", () => {
  const metrics = metricsOf([
    refused("origin", 403),
    refused("origin", 403),
    refused("program", 404),
    refused("program", 500),
    ...[200, 206, 304, 404, 500, 599, 99, 600].map(answered),
  ]);
  assertEquals(countsOf(metrics, "websocketd_refusals_total"), {
    "origin 403": 2,
    "program 404": 1,
    "program 500": 1,
  });
  assertEquals(countsOf(metrics, "websocketd_http_responses_total"), {
    "2xx": 2,
    "3xx": 1,
    "4xx": 1,
    "5xx": 2,
    "other": 2,
  });
});

Deno.test("metrics: signals, lines on stderr, failures and a drain are counted", () => {
  const session = sessionInfo("a");
  const metrics = metricsOf([
    { type: "child.signalled", session, pid: 1, signal: "SIGINT" },
    { type: "child.signalled", session, pid: 1, signal: "SIGKILL" },
    { type: "child.signalled", session, pid: 2, signal: "SIGINT" },
    { type: "child.stderr", session, pid: 1, line: "a" },
    { type: "child.stderr", session, pid: 1, line: "b" },
    { type: "error", message: "Cannot" },
    { type: "drain.started", sessions: 1 },
  ]);
  const text = textOf(metrics);
  assertEquals(countsOf(metrics, "websocketd_child_signals_total"), {
    SIGINT: 2,
    SIGKILL: 1,
  });
  assertEquals(valueOf(text, "websocketd_stderr_lines_total"), 2);
  assertEquals(valueOf(text, "websocketd_errors_total"), 1);
  assertEquals(valueOf(text, "websocketd_draining"), 1);
});

Deno.test("metrics: what an open session carries shows before it ends", () => {
  const session = new FakeSession("a");
  const metrics = metricsOf([session.opened()], [session]);
  session.sent.messages = 5;
  session.sent.bytes = 500;
  session.received.messages = 2;
  session.received.bytes = 20;
  const counts = () => [
    countsOf(metrics, "websocketd_messages_total"),
    countsOf(metrics, "websocketd_message_bytes_total"),
  ];
  assertEquals(counts(), [
    { sent: 5, received: 2 },
    { sent: 500, received: 20 },
  ]);
  session.sent.messages++;
  session.sent.bytes += 100;
  assertEquals(counts(), [
    { sent: 6, received: 2 },
    { sent: 600, received: 20 },
  ]);
});

Deno.test("metrics: no counter goes back or counts twice while sessions come and go, however long the ended are still listed", () => {
  const listed: FakeSession[] = [];
  const metrics = new Metrics({ live: () => listed });
  let before = countersOf(metrics.families());
  let scrapes = 0;
  const scrape = () => {
    const now = countersOf(metrics.families());
    for (const [key, value] of before) {
      assert((now.get(key) ?? -1) >= value, `${key} went back`);
    }
    before = now;
    scrapes++;
  };
  const carry = (session: FakeSession) => {
    session.sent = { messages: session.sent.messages + 3, bytes: 7 };
    session.received.messages++;
    session.stalls = {
      client: { count: session.stalls.client.count + 1, ms: 50 },
      program: session.stalls.program,
    };
    scrape();
  };
  for (let i = 0; i < 20; i++) {
    const session = new FakeSession(String(i));
    listed.push(session);
    scrape();
    metrics.sink(session.opened());
    carry(session);
    metrics.sink(session.closed());
    scrape();
    // Its socket may count a little longer, for nobody.
    carry(session);
    if (i % 2 === 0) listed.pop();
    scrape();
  }
  assertEquals(scrapes, 100);
  assertEquals(countsOf(metrics, "websocketd_messages_total"), {
    sent: 20 * 3,
    received: 20,
  });
  assertEquals(countsOf(metrics, "websocketd_stalled_seconds_total"), {
    client: 1,
  });
});

Deno.test("metrics: stalls of ended and of open sessions are added, those under way are shown", () => {
  const ended = new FakeSession("a"), open = new FakeSession("b");
  ended.stalls = {
    client: { count: 2, ms: 1500 },
    program: { count: 0, ms: 0 },
  };
  open.stalls = {
    client: { count: 1, ms: 250, isStalled: false },
    program: { count: 4, ms: 60_000, isStalled: true },
  };
  const metrics = metricsOf(
    [ended.opened(), ended.closed(), open.opened()],
    [ended, open],
  );
  assertEquals(countsOf(metrics, "websocketd_stalls_total"), {
    client: 3,
    program: 4,
  });
  assertEquals(countsOf(metrics, "websocketd_stalled_seconds_total"), {
    client: 1.75,
    program: 60,
  });
  assertEquals(countsOf(metrics, "websocketd_stalled_sessions"), {
    program: 1,
  });
});

Deno.test("metrics: an engine that counts no stalls and no round trips is no trouble", () => {
  const { id, sent, received } = new FakeSession("a");
  const live = { id, sent, received, isRunning: true };
  const metrics = metricsOf([new FakeSession("a").opened()], [live]);
  assertEquals(countsOf(metrics, "websocketd_stalls_total"), {});
  assertEquals(
    valueOf(textOf(metrics), "websocketd_ping_rtt_seconds_count"),
    0,
  );
});

Deno.test("metrics: each round trip is counted once, however often somebody looks", () => {
  const session = new FakeSession("a");
  const metrics = metricsOf([session.opened()], [session]);
  textOf(metrics);
  session.rttMs = 250;
  textOf(metrics);
  textOf(metrics);
  session.rttMs = 500;
  const text = textOf(metrics);
  const name = "websocketd_ping_rtt_seconds";
  assertEquals(valueOf(text, `${name}_count`), 2);
  assertEquals(valueOf(text, `${name}_sum`), 0.75);
  assertEquals(valueOf(text, `${name}_bucket`, 'le="0.1"'), 0);
  assertEquals(valueOf(text, `${name}_bucket`, 'le="0.25"'), 1);
});

Deno.test("metrics: the time to start is a histogram in seconds", () => {
  const metrics = metricsOf(
    [1, 1.01, 2600, 20_000].map((ms, at) =>
      new FakeSession(String(at)).opened(ms)
    ),
  );
  const text = textOf(metrics);
  const name = "websocketd_child_start_seconds";
  assertEquals(valueOf(text, `${name}_bucket`, 'le="0.001"'), 1);
  assertEquals(valueOf(text, `${name}_bucket`, 'le="0.0025"'), 2);
  assertEquals(valueOf(text, `${name}_bucket`, 'le="5"'), 3);
  assertEquals(valueOf(text, `${name}_bucket`, 'le="10"'), 3);
  assertEquals(valueOf(text, `${name}_bucket`, 'le="+Inf"'), 4);
  assertEquals(valueOf(text, `${name}_sum`).toFixed(5), "22.60201");
});

Deno.test("metrics: whatever clients send, there is a bounded number of samples and none of their words", () => {
  const metrics = metricsOf();
  const random = () => `hostile${Math.random()}`;
  const request = () => ({
    ...sessionInfo(random()),
    ...{ url: random(), user: random(), method: random(), origin: random() },
    ...{ remoteAddr: random(), remoteHost: random(), requestId: random() },
    ...{ authType: random(), certificate: random(), command: [random()] },
  });
  const samples = () =>
    metrics.families().reduce((sum, { samples }) => sum + samples.length, 0);
  const attack = (count: number) => {
    for (let i = 0; i < count; i++) {
      const session = request(), message = random(), line = random();
      const opened = new FakeSession(session.id);
      metrics.sink({ ...opened.opened(), session } as Event);
      metrics.sink({ type: "child.stderr", session, pid: i, line });
      metrics.sink({ type: "error", session, message, error: random() });
      metrics.sink({
        ...opened.closed({
          code: i % 65536,
          exit: { code: i % 256, signal: null },
        }),
        ...{ session, reason: random() },
      } as Event);
      metrics.sink(
        { ...refused("auth", 401), request: session, message } as Event,
      );
      metrics.sink({ ...answered(i % 700), request: session } as Event);
    }
  };
  attack(65536);
  const most = samples();
  attack(1000);
  assertEquals(samples(), most);
  // 256 exit statuses, 16 close codes of the protocol, and what is fixed.
  assert(most < 400, `${most} samples`);
  const text = textOf(metrics);
  assertEquals(text.includes("hostile"), false);
  assertEquals(
    countsOf(metrics, "websocketd_sessions_closed_total")["4xxx"],
    1000,
  );
});
