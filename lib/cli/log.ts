/**
 * The log: events in, lines on stdout out.
 *
 * @module
 */
import type { Event, EventSink, RequestInfo, SessionInfo } from "../mod.ts";
import { LOG_LEVELS } from "./flags.ts";
import {
  jsonLine,
  type LogFields,
  type LogFormat,
  type LogLevel,
  type LogRecord,
  textLine,
} from "./log_line.ts";
import { LogQueue, type Write } from "./log_queue.ts";
import { redactUrl } from "./redact.ts";

/** Options of {@linkcode startLog}. */
export interface LogOptions {
  /** The least severe level to log. @default {"access"} */
  readonly level?: LogLevel;
  /** @default {"text"} */
  readonly format?: LogFormat;
  /** Where the lines go. @default {stdout} */
  readonly write?: Write;
  /** Bytes that wait for a slow reader. @default {1048576} */
  readonly limit?: number;
}

/** A running log. */
export interface Log {
  /** Takes the server's events. Never waits, never throws. */
  readonly sink: EventSink;
  /** A line about the server itself. */
  server(level: LogRecord["level"], message: string): void;
  /** Waits until everything is written, at most `ms` milliseconds. Never rejects. */
  flush(ms: number): Promise<void>;
}

/**
 * Starts a log.
 *
 * One event is at most one line, whatever clients and programs put into it.
 * Secrets in addresses are hidden. A reader of the log that is slow or gone
 * costs lines, never a session.
 */
export function startLog(options: LogOptions = {}): Log {
  const {
    level = "access",
    format = "text",
    write = (bytes) => Deno.stdout.write(bytes),
    limit,
  } = options;
  const line = format === "json" ? jsonLine : textLine;
  const queue = new LogQueue(write, { limit, lossReport });

  function lossReport(lines: number): string {
    const message = `Log lines lost because nothing read them: ${lines}`;
    return isLogged("error", level)
      ? line({ level: "error", category: "server", message }, new Date())
      : "";
  }

  function log(record: LogRecord): void {
    if (isLogged(record.level, level)) queue.push(line(record, new Date()));
  }

  return {
    sink: (event) => log(describe(event, level)),
    server: (level, message) => log({ level, category: "server", message }),
    flush: (ms) => queue.flush(ms),
  };
}

function isLogged(level: LogLevel, least: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least);
}

function whereItListens(
  { url, purpose }: Extract<Event, { readonly type: "server.listening" }>,
): string {
  const where = url.replace(/^unix:/, "unix socket at ");
  if (purpose === "redirect") return `Starting redirect server   : ${where}`;
  if (purpose === "admin") return `Metrics and health          : ${where}`;
  return url.startsWith("http")
    ? `Serving CGI or static files : ${where}`
    : `Starting WebSocket server   : ${where}`;
}

/** What the log says about an event. The words are the original's where it has any. */
function describe(event: Event, level: LogLevel): LogRecord {
  switch (event.type) {
    case "server.listening":
      return {
        level: "info",
        category: "server",
        message: whereItListens(event),
      };
    case "tls.failed":
      return {
        level: "access",
        category: "http",
        message: `TLS failed: ${event.reason}`,
        fields: { remote: event.remoteAddr },
      };
    case "cgi.started":
      return {
        level: "debug",
        category: "process",
        message: `CGI script started as process ${event.pid}`,
        fields: programFields(event.session, event.pid),
      };
    case "cgi.ended":
      return {
        level: "debug",
        category: "process",
        message: "CGI script ended",
        fields: {
          ...programFields(event.session, event.pid),
          exit: event.exit?.code,
          signal: event.exit?.signal ?? undefined,
          durationMs: event.durationMs,
        },
      };
    case "request":
      return {
        level: "access",
        category: "http",
        message: event.message,
        fields: {
          ...requestFields(event.request),
          cgiscript: event.script,
          status: event.status,
        },
      };
    case "session.refused":
      return describeRefusal(event);
    case "session.opened":
      return {
        level: "access",
        category: "session",
        message: "CONNECT",
        fields: sessionFields(event.session, event.pid),
      };
    case "session.closed":
      return {
        level: "access",
        category: "session",
        message: "DISCONNECT",
        fields: {
          ...sessionFields(event.session, event.pid),
          code: event.code,
          reason: event.reason,
          exit: event.exit?.code,
          signal: event.exit?.signal ?? undefined,
          durationMs: event.durationMs,
          sent: event.sent,
          received: event.received,
        },
      };
    case "session.lost":
      return {
        level: "access",
        category: "session",
        message: "LOST",
        fields: {
          ...sessionFields(event.session, null),
          reason: event.reason,
        },
      };
    case "session.resumed":
      return {
        level: "access",
        category: "session",
        message: event.lost === 0
          ? "RESUMED"
          : `RESUMED, messages lost: ${event.lost}`,
        fields: sessionFields(event.session, null),
      };
    case "session.skipped":
      return {
        level: "error",
        category: "session",
        message:
          `Messages left out for a slow client (--slow=drop): ${event.messages}`,
        fields: sessionFields(event.session, null),
      };
    case "relay.changed":
      return {
        level: event.isConnected ? "info" : "error",
        category: "server",
        message: event.message,
        fields: {},
      };
    case "hub.started":
      return {
        level: "access",
        category: "process",
        message: event.restarts === 0 ? "START" : `RESTART ${event.restarts}`,
        fields: hubFields(event.session, event.pid),
      };
    case "hub.stopped":
      return {
        level: "access",
        category: "process",
        message: event.againMs === null
          ? "STOP"
          : `STOP, starting again in ${(event.againMs / 1000).toFixed(1)} s`,
        fields: {
          ...hubFields(event.session, event.pid),
          reason: event.reason,
          exit: event.exit?.code,
          signal: event.exit?.signal ?? undefined,
        },
      };
    case "child.stderr":
      return {
        level: "error",
        category: "stderr",
        message: event.line,
        fields: programFields(event.session, event.pid),
      };
    case "child.signalled":
      return {
        level: "debug",
        category: "process",
        message: `${event.signal} sent to process ${event.pid}`,
        fields: programFields(event.session, event.pid),
      };
    case "drain.started":
      return {
        level: "info",
        category: "server",
        message: `Stopping, open sessions: ${event.sessions}`,
      };
    case "drain.finished":
      return {
        level: "info",
        category: "server",
        message: event.killed === 0
          ? "Stopped"
          : `Stopped, programs ended by force: ${event.killed}`,
      };
    case "error":
      return {
        level: "error",
        // What has a session is about its program, and is told in its terms.
        category: event.session === undefined ? "server" : "process",
        message: errorMessage(event, level),
        fields: event.session && programFields(event.session, null),
      };
  }
}

function describeRefusal(
  event: Extract<Event, { readonly type: "session.refused" }>,
): LogRecord {
  // The server's own limits and failures are errors, as in the original; what is wrong with the client is not.
  const own: Partial<Record<typeof event.reason, LogRecord["category"]>> = {
    limit: "http",
    "limit-per-ip": "http",
    "limit-clients": "http",
  };
  const category = own[event.reason];
  return {
    level: category === undefined ? "access" : "error",
    category: category ?? "session",
    message: event.message,
    fields: {
      ...requestFields(event.request),
      origin: event.request.origin,
      status: event.status,
      refusal: event.reason,
    },
  };
}

function requestFields(request: RequestInfo): LogFields {
  const { remoteAddr, remoteHost } = request;
  return {
    url: redactUrl(request.url),
    remote: remoteHost,
    // Whoever owns an address decides what its name is, so the name alone proves nothing.
    addr: remoteAddr === remoteHost ? undefined : remoteAddr,
    user: request.user || undefined,
    certificate: request.certificate ?? undefined,
    request: request.requestId ?? undefined,
  };
}

function sessionFields(session: SessionInfo, pid: number | null): LogFields {
  return { ...clientFields(session, pid), status: 101 };
}

/** What a program does: one that is shared is no client's. What it was started for may as well be a CGI request, which is answered later. */
function programFields(session: SessionInfo, pid: number | null): LogFields {
  return session.hub === undefined
    ? clientFields(session, pid)
    : hubFields(session, pid);
}

function clientFields(session: SessionInfo, pid: number | null): LogFields {
  return {
    ...requestFields(session),
    id: session.id,
    command: session.command[0],
    hub: hubName(session),
    origin: session.origin,
    pid: pid ?? undefined,
  };
}

function hubFields(session: SessionInfo, pid: number | null): LogFields {
  return {
    id: session.id,
    command: session.command[0],
    hub: hubName(session),
    pid: pid ?? undefined,
  };
}

/** A value that clients share may be a secret, too. */
function hubName({ hub }: SessionInfo): string | undefined {
  return hub === undefined ? undefined : redactUrl(`?${hub}`).slice(1);
}

function errorMessage(
  { message, error }: Extract<Event, { readonly type: "error" }>,
  level: LogLevel,
): string {
  if (!(error instanceof Error)) {
    return error === undefined ? message : `${message}: ${Deno.inspect(error)}`;
  }
  if (level === "debug" || level === "trace") {
    return `${message}: ${error.stack ?? error}`;
  }
  return message.includes(error.message) ? message : `${message}: ${error}`;
}
