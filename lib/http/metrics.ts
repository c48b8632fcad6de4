/**
 * What a server has done, in numbers.
 *
 * @module
 */
import type { Event, EventSink, Exit, RefusalReason } from "../events.ts";
import { VERSION } from "../version.ts";
import { Histogram } from "./metrics/histogram.ts";
import {
  counter,
  type Family,
  gauge,
  type Labels,
} from "./metrics/prometheus.ts";
import { type Carried, SessionTotals } from "./metrics/session_totals.ts";
import { Tally } from "./metrics/tally.ts";

/** An open session, as it is at the moment. */
export interface LiveSession extends Carried {
  /** That of its events. */
  readonly id: string;
  /** Whether its program has not ended yet. */
  readonly isRunning: boolean;
  /** How long the client took to answer the last ping, in milliseconds; null before it has, missing if the engine does not tell. */
  readonly rttMs?: number | null;
}

/** Where metrics come from. */
export interface MetricsSource {
  /** Everything as it is now. No counter is ever lower than at the last call. Never rejects. */
  families(): readonly Family[] | Promise<readonly Family[]>;
}

/** What metrics are made from besides events. */
export interface MetricsSources {
  /** The sessions that are open. Called when somebody asks for metrics; one that has not opened yet, or has closed, may be among them. */
  readonly live: () => Iterable<LiveSession>;
}

/** From 1 ms, in which a small program starts, to 10 s, after which people have left. */
const SECONDS = [
  ...[0.001, 0.0025, 0.005],
  ...[0.01, 0.025, 0.05],
  ...[0.1, 0.25, 0.5],
  ...[1, 2.5, 5, 10],
];

/** Refusals that are worth an alarm when the first comes. */
const REFUSALS: readonly (readonly [RefusalReason, number])[] = [
  ["handshake", 400],
  ["method", 405],
  ["version", 426],
  ["host", 403],
  ["origin", 403],
  ["auth", 401],
  ["program", 404],
  ["limit", 429],
  ["limit-per-ip", 429],
  ["limit-clients", 429],
  ["draining", 503],
];

type Opened = Extract<Event, { readonly type: "session.opened" }>;
type Closed = Extract<Event, { readonly type: "session.closed" }>;

/**
 * Counts what happens. What is open is looked at when somebody asks, so that a
 * session that lives for days shows while it does. No label comes from a
 * client: however many there are and whatever they send, there is a bounded
 * number of samples.
 */
export class Metrics implements MetricsSource {
  /** To be given every event. */
  readonly sink: EventSink = (event) => this.#count(event);

  readonly #live: () => Iterable<LiveSession>;
  /** The sessions that have opened and not closed, each with the round trip seen last. */
  readonly #open = new Map<string, number | null>();
  /** The shared programs that run. */
  readonly #hubs = new Set<string>();
  readonly #ended = new SessionTotals();
  readonly #closes = new Tally();
  readonly #refusals = new Tally(REFUSALS.map(refusalLabels));
  readonly #responses = new Tally();
  readonly #exits = new Tally();
  readonly #signals = new Tally();
  readonly #starts = new Histogram(SECONDS);
  readonly #roundTrips = new Histogram(SECONDS);
  #started = 0;
  #failedStarts = 0;
  #restarts = 0;
  #resumed = 0;
  #skipped = 0;
  readonly #cgiExits = new Tally();
  readonly #cgiRuns = new Histogram(SECONDS);
  #cgiRunning = 0;
  #cgiStarted = 0;
  #tlsFailures = 0;
  #stderrLines = 0;
  #errors = 0;
  #isDraining = false;

  constructor({ live }: MetricsSources) {
    this.#live = live;
  }

  families(): Family[] {
    const { totals, running, stalled } = this.#look();
    const { sent, received, stalls } = totals;
    return [
      gauge("websocketd_build_info", "Always 1: what this server is", [{
        labels: { version: VERSION, deno: Deno.version.deno },
        value: 1,
      }]),
      gauge(
        "websocketd_draining",
        "Whether it stops: 1 if so",
        +this.#isDraining,
      ),
      gauge("websocketd_sessions", "Open sessions", this.#open.size),
      counter(
        "websocketd_sessions_closed_total",
        "Sessions that have ended, by close code; 3xxx and 4xxx stand for all of theirs",
        this.#closes.samples,
      ),
      counter(
        "websocketd_refusals_total",
        "Requests that were refused, by reason and HTTP status",
        this.#refusals.samples,
      ),
      counter(
        "websocketd_http_responses_total",
        "Plain requests that were answered, but those for metrics and health, by class of the HTTP status",
        this.#responses.samples,
      ),
      counter(
        "websocketd_tls_failures_total",
        "Clients that could not connect because TLS came to nothing",
        this.#tlsFailures,
      ),
      gauge(
        "websocketd_children",
        "Running programs, of one client each or shared",
        running + this.#hubs.size,
      ),
      gauge(
        "websocketd_shared_children",
        "Running programs that clients share",
        this.#hubs.size,
      ),
      counter(
        "websocketd_shared_child_restarts_total",
        "Shared programs that were started again after they had ended",
        this.#restarts,
      ),
      counter(
        "websocketd_sessions_resumed_total",
        "Clients that came back after they had lost their connection",
        this.#resumed,
      ),
      counter(
        "websocketd_messages_skipped_total",
        "Messages left out for clients that read too slowly",
        this.#skipped,
      ),
      counter(
        "websocketd_child_starts_total",
        "Programs that were started for one session, or for several",
        this.#started,
      ),
      counter(
        "websocketd_child_start_failures_total",
        "Programs that could not be started",
        this.#failedStarts,
      ),
      this.#starts.family(
        "websocketd_child_start_seconds",
        "How long it takes to start a program",
      ),
      counter(
        "websocketd_child_exits_total",
        "Programs that have ended, by exit status and by the signal that ended them",
        this.#exits.samples,
      ),
      gauge("websocketd_cgi_scripts", "Running CGI scripts", this.#cgiRunning),
      counter(
        "websocketd_cgi_starts_total",
        "CGI scripts that were started",
        this.#cgiStarted,
      ),
      counter(
        "websocketd_cgi_exits_total",
        "CGI scripts that have ended, by exit status and by the signal that ended them",
        this.#cgiExits.samples,
      ),
      this.#cgiRuns.family(
        "websocketd_cgi_seconds",
        "How long CGI scripts run, until all of them has ended",
      ),
      counter(
        "websocketd_child_signals_total",
        "Signals that were sent to programs and CGI scripts to end them",
        this.#signals.samples,
      ),
      counter(
        "websocketd_stderr_lines_total",
        "Lines that programs and CGI scripts have printed to stderr",
        this.#stderrLines,
      ),
      counter(
        "websocketd_messages_total",
        "Messages: sent is from programs to clients",
        [
          { labels: { direction: "sent" }, value: sent.messages },
          { labels: { direction: "received" }, value: received.messages },
        ],
      ),
      counter(
        "websocketd_message_bytes_total",
        "Payload of messages, before compression: sent is from programs to clients",
        [
          { labels: { direction: "sent" }, value: sent.bytes },
          { labels: { direction: "received" }, value: received.bytes },
        ],
      ),
      counter(
        "websocketd_stalls_total",
        "Times that the other side was held back because this one was behind",
        bySide(stalls.client.count, stalls.program.count),
      ),
      counter(
        "websocketd_stalled_seconds_total",
        "How long the other side was held back because this one was behind",
        bySide(stalls.client.ms / 1000, stalls.program.ms / 1000),
      ),
      gauge(
        "websocketd_stalled_sessions",
        "Sessions in which the other side is held back because this one is behind",
        bySide(stalled.client, stalled.program),
      ),
      this.#roundTrips.family(
        "websocketd_ping_rtt_seconds",
        "How long clients take to answer a ping, at most once for each session and scrape; --engine=wire only",
      ),
      counter(
        "websocketd_errors_total",
        "Failures that no client is told about; the log says which",
        this.#errors,
      ),
    ];
  }

  #count(event: Event): void {
    switch (event.type) {
      case "session.opened":
        return this.#opened(event);
      case "session.closed":
        return this.#closed(event);
      case "session.resumed":
        this.#resumed++;
        return;
      case "session.skipped":
        this.#skipped += event.messages;
        return;
      case "hub.started":
        this.#hubs.add(event.session.id);
        if (event.restarts > 0) this.#restarts++;
        return this.#startedIn(event.startMs);
      case "hub.stopped":
        this.#hubs.delete(event.session.id);
        return this.#exited(event);
      case "session.refused":
        return this.#refusals.add(refusalLabels([event.reason, event.status]));
      case "request":
        return this.#responses.add({ status: statusClass(event.status) });
      case "cgi.started":
        this.#cgiRunning++;
        this.#cgiStarted++;
        return;
      case "cgi.ended":
        this.#cgiRunning--;
        this.#cgiExits.add(exitLabels(event.exit));
        return this.#cgiRuns.observe(event.durationMs / 1000);
      case "tls.failed":
        this.#tlsFailures++;
        return;
      case "child.signalled":
        return this.#signals.add({ signal: event.signal });
      case "child.stderr":
        this.#stderrLines++;
        return;
      case "drain.started":
        this.#isDraining = true;
        return;
      case "error":
        this.#errors++;
        return;
    }
  }

  #opened({ session, startMs }: Opened): void {
    this.#open.set(session.id, null);
    // A shared program is counted by itself.
    if (session.hub === undefined) this.#startedIn(startMs);
  }

  #startedIn(startMs: number | undefined): void {
    this.#started++;
    if (startMs !== undefined) this.#starts.observe(startMs / 1000);
  }

  #exited(
    { pid, exit }: { readonly pid: number | null; readonly exit: Exit | null },
  ): void {
    if (pid === null) this.#failedStarts++;
    else this.#exits.add(exitLabels(exit));
  }

  #closed(event: Closed & Pick<Carried, "stalls">): void {
    this.#open.delete(event.session.id);
    this.#ended.add(event);
    this.#closes.add({ code: closeClass(event.code) });
    if (event.session.hub === undefined) this.#exited(event);
  }

  /** What ended sessions have carried and what open ones have so far. */
  #look(): {
    readonly totals: SessionTotals;
    readonly running: number;
    readonly stalled: { readonly client: number; readonly program: number };
  } {
    const totals = new SessionTotals();
    totals.add(this.#ended);
    let running = 0;
    const stalled = { client: 0, program: 0 };
    for (const session of this.#live()) {
      const { id, isRunning, rttMs, stalls } = session;
      const lastRtt = this.#open.get(id);
      // Not open yet, or closed and counted for good.
      if (lastRtt === undefined) continue;
      totals.add(session);
      if (isRunning) running++;
      if (stalls?.client.isStalled) stalled.client++;
      if (stalls?.program.isStalled) stalled.program++;
      if (typeof rttMs === "number" && rttMs !== lastRtt) {
        this.#roundTrips.observe(rttMs / 1000);
        this.#open.set(id, rttMs);
      }
    }
    return { totals, running, stalled };
  }
}

function bySide(
  client: number,
  program: number,
): { readonly labels: Labels; readonly value: number }[] {
  return [
    { labels: { behind: "client" }, value: client },
    { labels: { behind: "program" }, value: program },
  ];
}

function refusalLabels([reason, status]: readonly [string, number]): Labels {
  return { reason, status: String(status) };
}

/** `404` as `4xx`. */
function statusClass(status: number): string {
  return status >= 100 && status < 600
    ? `${Math.floor(status / 100)}xx`
    : "other";
}

/** A close code; those that clients choose as they like (RFC 6455 §7.4.2) by their thousand. */
function closeClass(code: number): string {
  if (code >= 1000 && code <= 1015) return String(code);
  return code >= 3000 && code < 5000
    ? `${Math.floor(code / 1000)}xxx`
    : "other";
}

function exitLabels(exit: Exit | null): Labels {
  // Null: it could not be ended. Windows has statuses of 32 bits.
  const code = exit === null
    ? "unknown"
    : exit.code >= 0 && exit.code <= 255
    ? String(exit.code)
    : "other";
  return { code, signal: exit?.signal ?? "" };
}
