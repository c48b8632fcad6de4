/**
 * The headers of a request (RFC 9112 §5).
 *
 * @module
 */
import { asksForWebSocket } from "../../http/handshake.ts";
import { badHead, type Head, type HeadRefusal } from "./head.ts";
import type { RequestLine } from "./request_line.ts";

/** What the headers say. */
export type Fields = Pick<Head, "headers" | "bodySize">;

/** A name and a value. What is allowed in a value is all of Latin-1 but control characters. */
const FIELD = /^([\w!#$%&'*+.^`|~-]+):([\t\x20-\x7e\x80-\xff]*)$/;

/** Reads the lines behind the first one. Each character is a byte. */
export function parseFields(
  lines: readonly string[],
  line: RequestLine,
): Fields | HeadRefusal {
  const headers = new Headers();
  if (line.version === "2.0") {
    return lines.length === 0
      ? { headers, bodySize: 0 }
      : badHead("The preface of HTTP/2 has no headers");
  }
  let hosts = 0, cookies: string | null = null;
  for (let i = 0; i < lines.length; i++) {
    const match = FIELD.exec(lines[i]);
    if (match === null) {
      return badHead(`Header line ${i + 1} ${whyBad(lines[i])}`);
    }
    const name = match[1], value = trim(match[2]);
    // The two that are so short occur in every request and need a second look.
    if (name.length === 4 && name.toLowerCase() === "host") hosts++;
    if (name.length === 6 && name.toLowerCase() === "cookie") {
      // Joined by a comma, they would not be cookies any more (RFC 9113 §8.2.3).
      cookies = cookies === null ? value : `${cookies}; ${value}`;
    } else headers.append(name, value);
  }
  if (cookies !== null) headers.append("cookie", cookies);
  const refusal = whyHostsRefused(hosts, line);
  if (refusal !== null) return refusal;
  const bodySize = bodySizeOf(headers, line);
  if (typeof bodySize !== "number") return bodySize;
  return bodySize > 0 && asksForWebSocket(headers)
    ? badHead("A WebSocket handshake has no body")
    : { headers, bodySize };
}

/** Removes spaces and tabs at both ends. `Headers` does so too, but takes longer for it than for all the rest. */
function trim(value: string): string {
  let from = 0, to = value.length;
  while (from < to && isSpace(value, from)) from++;
  while (to > from && isSpace(value, to - 1)) to--;
  return value.slice(from, to);
}

function isSpace(value: string, at: number): boolean {
  const code = value.charCodeAt(at);
  return code === 32 || code === 9;
}

function whyBad(line: string): string {
  if (/^[ \t]/.test(line)) return "begins with a space: fold no headers";
  if (/^[^ \t:]+[ \t]+:/.test(line)) return "has a space before its colon";
  // deno-lint-ignore no-control-regex -- looked for
  return /[\x00-\x08\x0a-\x1f\x7f]/.test(line)
    ? "has a control character in it"
    : "is no header: write Name: value";
}

/** One `Host`, which HTTP/1.0 may lack. A target that is a whole URL may name another one: that is for proxies (RFC 9112 §3.2.2). */
function whyHostsRefused(
  count: number,
  { version }: RequestLine,
): HeadRefusal | null {
  if (count > 1) return badHead('A request has the header "Host" once');
  return count === 0 && version !== "1.0"
    ? badHead('A request needs the header "Host"')
    : null;
}

/** Where the body ends. Whatever two servers could read differently is refused: it is how a request is hidden in another (RFC 9112 §11.2). */
function bodySizeOf(
  headers: Headers,
  { version }: RequestLine,
): number | HeadRefusal {
  const size = headers.get("content-length");
  const coding = headers.get("transfer-encoding");
  if (coding === null) {
    if (size === null) return 0;
    return /^\d{1,15}$/.test(size)
      ? Number(size)
      : badHead('"Content-Length" is one number');
  }
  if (size !== null) {
    return badHead(
      'A request has "Content-Length" or "Transfer-Encoding", not both',
    );
  }
  if (version === "1.0") {
    return badHead('HTTP/1.0 has no "Transfer-Encoding"');
  }
  if (coding.toLowerCase() === "chunked") return Infinity;
  return /,[ \t]*chunked$/i.test(coding)
    ? { status: 501, message: 'The only "Transfer-Encoding" here is chunked' }
    : badHead('A "Transfer-Encoding" ends with chunked');
}
