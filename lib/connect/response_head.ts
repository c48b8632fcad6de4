/**
 * The head of a server's answer, and what came behind it.
 *
 * @module
 */
import { concat } from "../concat.ts";
import type { Duplex } from "../socket/wire/duplex.ts";

/** Bytes that a head may have. */
const LONGEST = 1 << 16;
const CRLF = 2;

/** A status line and headers. */
export interface ResponseHead {
  readonly status: number;
  /** The words behind the status; may be empty. */
  readonly statusText: string;
  /** Values by name in lower case; several of one name are joined by ", ". */
  readonly headers: ReadonlyMap<string, string>;
  /** As it came, one character for each byte, without the empty line at its end. */
  readonly text: string;
}

/** A head, and the bytes that were read together with it. */
export interface Response {
  readonly head: ResponseHead;
  readonly rest: Uint8Array;
}

/** Why there is no head; a value, as servers of other kinds are to be expected. */
export type NoResponse =
  /** The connection ended before. */
  | "ended"
  /** The server speaks TLS. */
  | "tls"
  /** It speaks something else. */
  | "not http";

/**
 * Reads a head. Those of interim answers (100 to 199, except 101) are passed over.
 *
 * @throws What the connection's `read` throws.
 */
export async function readResponse(
  duplex: Duplex,
): Promise<Response | NoResponse> {
  let bytes = new Uint8Array(0);
  const chunk = new Uint8Array(4096);
  for (;;) {
    const end = endOfHead(bytes);
    if (end !== -1) {
      const head = parseHead(latin1(bytes.subarray(0, end - CRLF)));
      if (head === null) return "not http";
      bytes = bytes.slice(end + CRLF);
      if (head.status >= 200 || head.status === 101) {
        return { head, rest: bytes };
      }
      continue;
    }
    const wrong = whyNotHttp(bytes);
    if (wrong !== null) return wrong;
    const count = await duplex.read(chunk);
    if (count === null) return "ended";
    bytes = concat([bytes, chunk.subarray(0, count)]);
  }
}

/** Index behind the line break of the last header, where an empty line follows; -1 before that has come. */
function endOfHead(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(13); at !== -1; at = bytes.indexOf(13, at + 1)) {
    if (bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) {
      return at + CRLF;
    }
  }
  return -1;
}

/** Looks at the beginning of a head that is not all there: a server that waits for us to speak first would never end it. */
function whyNotHttp(bytes: Uint8Array): NoResponse | null {
  // An alert of TLS, which is what it says to a request that is not encrypted.
  if (bytes[0] === 0x15 && (bytes.length < 2 || bytes[1] === 3)) return "tls";
  const begun = latin1(bytes.subarray(0, 5));
  if (!"HTTP/".startsWith(begun)) return "not http";
  return bytes.length > LONGEST ? "not http" : null;
}

function parseHead(text: string): ResponseHead | null {
  const [first, ...lines] = text.split("\r\n");
  const parts = /^HTTP\/1\.\d (\d{3})(?: (.*))?$/.exec(first);
  if (parts === null) return null;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return {
    status: Number(parts[1]),
    statusText: parts[2] ?? "",
    headers,
    text,
  };
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
