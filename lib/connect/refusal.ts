/**
 * What a server says instead of upgrading.
 *
 * @module
 */
import type { Duplex } from "../socket/wire/duplex.ts";
import type { Response, ResponseHead } from "./response_head.ts";

/** Bytes of a body that are looked at. */
const MOST = 4096;
/** Characters of it that are shown. */
const SHOWN = 500;

/** Refusals that may be over soon: the server is busy, or starts, or a proxy does not reach it. */
const TEMPORARY: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504]);
/** Longest wait that a server may ask for, in milliseconds: an hour. */
const LONGEST_WAIT_MS = 3_600_000;

/** A server's no, in words. */
export interface Refusal {
  /** One sentence: the status, and what the server says to do. */
  readonly message: string;
  /** Whether another attempt may be worth it. */
  readonly isTemporary: boolean;
  /** How long the server asks to wait before that, in milliseconds; 0 if it does not. */
  readonly retryAfterMs: number;
}

/**
 * Reads the rest of an answer that is not 101 and says what it means. Reads
 * until the body is there, or enough of it; an end that comes earlier is none
 * of its business.
 */
export async function readRefusal(
  { head, rest }: Response,
  duplex: Duplex,
): Promise<Refusal> {
  const { status, statusText, headers } = head;
  const body = isText(head)
    ? textOf(head, await readBody(head, rest, duplex))
    : "";
  const location = headers.get("location");
  const moved = status >= 300 && status < 400 && location !== undefined
    ? `moved to ${location.replace(/^http/i, "ws")}, connect there`
    : "";
  return {
    message: [`${status} ${statusText}`.trim(), moved, body]
      .filter((part) => part !== "").join(": "),
    isTemporary: TEMPORARY.has(status),
    retryAfterMs: retryAfter(headers.get("retry-after")),
  };
}

/** A page for people with browsers says less than its status. */
function isText({ headers }: ResponseHead): boolean {
  const type = headers.get("content-type") ?? "text/plain";
  return /^text\/plain|^application\/(?:[\w.-]+\+)?json/i.test(type) &&
    !headers.has("content-encoding");
}

function isChunked({ headers }: ResponseHead): boolean {
  return /chunked/i.test(headers.get("transfer-encoding") ?? "");
}

async function readBody(
  head: ResponseHead,
  rest: Uint8Array,
  duplex: Duplex,
): Promise<Uint8Array> {
  const length = isChunked(head)
    ? MOST
    : Math.min(MOST, Number(head.headers.get("content-length") ?? MOST));
  const body = new Uint8Array(MOST);
  let end = Math.min(MOST, rest.length);
  body.set(rest.subarray(0, end));
  try {
    while (end < length && !(isChunked(head) && hasLastChunk(body, end))) {
      const count = await duplex.read(body.subarray(end));
      if (count === null) break;
      end += count;
    }
  } catch {
    // What has come is all there is.
  }
  return body.subarray(0, Math.min(end, length));
}

function textOf(head: ResponseHead, body: Uint8Array): string {
  const bytes = isChunked(head) ? unchunk(body) : body;
  const text = new TextDecoder().decode(bytes).replaceAll(/\s+/g, " ").trim();
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

function hasLastChunk(body: Uint8Array, end: number): boolean {
  return new TextDecoder().decode(body.subarray(Math.max(0, end - 7), end))
    .endsWith("0\r\n\r\n");
}

/** Takes chunks apart (RFC 9112 §7.1), as far as they are there and right. */
function unchunk(body: Uint8Array): Uint8Array {
  const whole = new Uint8Array(body.length);
  let size = 0;
  for (let at = 0; at < body.length;) {
    const end = body.indexOf(10, at);
    const digits = new TextDecoder().decode(body.subarray(at, end));
    const length = parseInt(digits, 16);
    if (end === -1 || !(length > 0)) break;
    const chunk = body.subarray(end + 1, end + 1 + length);
    whole.set(chunk, size);
    size += chunk.length;
    at = end + 1 + length + 2;
  }
  return whole.subarray(0, size);
}

/** Seconds, or a date (RFC 9110 §10.2.3). */
function retryAfter(value: string | undefined): number {
  if (value === undefined) return 0;
  const ms = /^\d+$/.test(value)
    ? 1000 * Number(value)
    : Date.parse(value) - Date.now();
  return Math.min(LONGEST_WAIT_MS, Math.max(0, ms || 0));
}
