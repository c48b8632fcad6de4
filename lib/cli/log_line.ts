/**
 * One line of the log, as text in the original's format or as JSON.
 *
 * @module
 */
import { escapeField, escapeJson, escapeMessage } from "./escape.ts";
import type { LOG_FORMATS, LOG_LEVELS } from "./flags.ts";

/** What `--loglevel` takes. */
export type LogLevel = typeof LOG_LEVELS[number];

/** What `--logformat` takes. */
export type LogFormat = typeof LOG_FORMATS[number];

/** What a line says, before it is a line. */
export interface LogRecord {
  readonly level: Exclude<LogLevel, "none">;
  readonly category: "server" | "http" | "session" | "process" | "stderr";
  readonly message: string;
  readonly fields?: LogFields;
}

/** Everything that can stand in a line besides its message. What is undefined is left out. */
export interface LogFields {
  readonly url?: string;
  /** Path of the CGI script that has answered. */
  readonly cgiscript?: string;
  readonly id?: string;
  /** Name of the client if it was looked up, else its address. */
  readonly remote?: string;
  /** Address of the client, where it is not `remote`. */
  readonly addr?: string;
  /** Who the client has proved to be. */
  readonly user?: string;
  /** Subject of the certificate the client has shown. */
  readonly certificate?: string;
  /** What a proxy in front calls the request. */
  readonly request?: string;
  readonly command?: string;
  /** What the clients of a shared program have in common. */
  readonly hub?: string;
  /** The `Origin` header; null when the client sent none. */
  readonly origin?: string | null;
  readonly pid?: number;
  /** HTTP status. */
  readonly status?: number;
  /** Why a client was refused, in one word. JSON only. */
  readonly refusal?: string;
  /** WebSocket close code. */
  readonly code?: number;
  /** WebSocket close reason. */
  readonly reason?: string;
  /** Exit status of the program. */
  readonly exit?: number;
  /** Signal that ended the program. */
  readonly signal?: string;
  readonly durationMs?: number;
  /** Messages and bytes to the client. JSON only. */
  readonly sent?: { readonly messages: number; readonly bytes: number };
  /** Messages and bytes from the client. JSON only. */
  readonly received?: { readonly messages: number; readonly bytes: number };
}

/** Longest value of a field in UTF-16 code units: an address may be as long as the server accepts headers. */
const LONGEST_FIELD = 4096;

/** Longest message: room for what the library leaves of a line on stderr. */
const LONGEST_MESSAGE = 65536;

/**
 * A line in the format of Go's websocketd, with its newline:
 * `TIME | LEVEL  | category   | key:'value' key:'value' | message`.
 *
 * Whatever the values hold, it is one line of five columns, and no value can
 * look like another field. `origin:'file:'` stands for no Origin, as there.
 */
export function textLine(record: LogRecord, time: Date): string {
  const { level, category, message, fields = {} } = record;
  return `${rfc1123(time)} | ${level.toUpperCase().padEnd(6)} | ${
    category.padEnd(10)
  } | ${textFields(fields)} | ${
    escapeMessage(cut(message, LONGEST_MESSAGE))
  }\n`;
}

/** The same as one JSON object, with numbers as numbers and the time in RFC 3339. */
export function jsonLine(record: LogRecord, time: Date): string {
  const { level, category, message, fields = {} } = record;
  const object = {
    time: rfc3339(time),
    level,
    category,
    message: cut(message, LONGEST_MESSAGE),
    ...Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [
        key,
        typeof value === "string" ? cut(value, LONGEST_FIELD) : value,
      ]),
    ),
  };
  return `${escapeJson(JSON.stringify(object))}\n`;
}

/** In the original's order, then what it does not have. */
function textFields(fields: LogFields): string {
  const { origin, durationMs } = fields;
  return [
    field("url", fields.url),
    field("cgiscript", fields.cgiscript),
    field("id", fields.id),
    field("remote", fields.remote),
    field("addr", fields.addr),
    field("command", fields.command),
    field("hub", fields.hub),
    field("origin", origin === null ? "file:" : origin),
    field("pid", fields.pid),
    field("user", fields.user),
    field("certificate", fields.certificate),
    field("request", fields.request),
    field("status", fields.status),
    field("code", fields.code),
    field("reason", fields.reason),
    field("exit", fields.exit),
    field("signal", fields.signal),
    field(
      "duration",
      durationMs === undefined ? undefined : seconds(durationMs),
    ),
  ].filter((text) => text !== "").join(" ");
}

function field(key: string, value: string | number | undefined): string {
  if (value === undefined) return "";
  return `${key}:'${escapeField(cut(String(value), LONGEST_FIELD))}'`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)}s`;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = [
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
];

/** Go's `time.RFC1123Z` in the local time zone: `Sun, 22 Nov 2026 12:23:39 +0000`. */
function rfc1123(time: Date): string {
  return `${DAYS[time.getDay()]}, ${pad(time.getDate())} ${
    MONTHS[time.getMonth()]
  } ${time.getFullYear()} ${clock(time)} ${offset(time)}`;
}

function rfc3339(time: Date): string {
  const zone = offset(time);
  return `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${
    pad(time.getDate())
  }T${clock(time)}.${String(time.getMilliseconds()).padStart(3, "0")}${
    zone.slice(0, 3)
  }:${zone.slice(3)}`;
}

function clock(time: Date): string {
  return `${pad(time.getHours())}:${pad(time.getMinutes())}:${
    pad(time.getSeconds())
  }`;
}

/** `+0900`. JavaScript counts west of Greenwich as positive. */
function offset(time: Date): string {
  const minutes = -time.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${pad(Math.floor(size / 60))}${
    pad(size % 60)
  }`;
}

function pad(number: number): string {
  return String(number).padStart(2, "0");
}
