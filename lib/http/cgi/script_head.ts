/**
 * What a CGI script says before its body (RFC 3875 §6).
 *
 * @module
 */
import { isToken } from "../../http_token.ts";

/** What it may be long, with the empty line at its end, in bytes. */
const LONGEST = 65536;
const NEWLINE = 10;
const RETURN = 13;

/** The answer a script asks for. */
export interface ScriptHead {
  readonly status: number;
  /** Those of the answer; what is the server's own business is left out. */
  readonly headers: Headers;
  /** Path and query on this server that the script wants to be answered instead, or null. */
  readonly redirect: string | null;
}

/** Collects the head from the chunks a script prints. */
export class HeadReader {
  readonly #bytes = new Uint8Array(LONGEST);
  #length = 0;
  #lineIsEmpty = true;

  /**
   * Takes a chunk.
   *
   * @returns How many bytes of it belong to the head if that is complete now, else null.
   */
  push(chunk: Uint8Array): number | null {
    for (let at = 0; at < chunk.byteLength && !this.isFull; at++) {
      const byte = chunk[at];
      this.#bytes[this.#length++] = byte;
      if (byte === NEWLINE) {
        if (this.#lineIsEmpty) return at + 1;
        this.#lineIsEmpty = true;
      } else if (byte !== RETURN) this.#lineIsEmpty = false;
    }
    return null;
  }

  /** Whether there is no room for more, so that a head that is not complete is too long. */
  get isFull(): boolean {
    return this.#length === LONGEST;
  }

  /** What has come, one character for each byte. */
  get text(): string {
    // Not TextDecoder: its "latin1" is windows-1252.
    let text = "";
    for (let at = 0; at < this.#length; at += 4096) {
      const part = this.#bytes.subarray(at, Math.min(at + 4096, this.#length));
      text += String.fromCharCode(...part);
    }
    return text;
  }
}

/** May come once. */
const SINGLE: ReadonlySet<string> = new Set([
  "content-length",
  "content-type",
  "location",
  "status",
]);

/** Between two neighbours on the way, and so between this server and its client; not for a script to say. */
const CONNECTION: readonly string[] = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/**
 * Understands a head.
 *
 * @param text All of it, one character for each byte.
 * @returns What is wrong, as the end of a sentence, if it is none.
 */
export function parseScriptHead(text: string): ScriptHead | string {
  const headers = new Headers();
  const lines = text.split(/\r?\n/).filter((line) => line !== "");
  for (const line of lines) {
    const [, name, value] = /^([^:]+):(.*)$/s.exec(line) ?? [];
    if (name === undefined || !isToken(name)) {
      return `printed ${
        quote(line)
      } where a header such as "Content-Type: text/plain" belongs`;
    }
    // deno-lint-ignore no-control-regex -- exactly what a header cannot carry is meant
    if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) {
      return `printed a control character in its header ${name}`;
    }
    if (SINGLE.has(name.toLowerCase()) && headers.has(name)) {
      return `printed the header ${name} twice`;
    }
    headers.append(name, value);
  }
  const location = headers.get("location") || null;
  const hasStatus = headers.has("status");
  const status = statusOf(headers, location);
  if (typeof status === "string") return status;
  if (location === null && !hasStatus && !headers.has("content-type")) {
    return 'printed none of the headers "Content-Type", "Status" and "Location"';
  }
  const length = headers.get("content-length");
  if (length !== null && !/^\d{1,15}$/.test(length)) {
    return `printed ${quote(length)} as its Content-Length`;
  }
  // Alone it is for the server (RFC 3875 §6.2.2); a script that says more means its client (§6.2.3).
  const isLocal = lines.length === 1 && /^\/(?!\/)/.test(location ?? "");
  const named = headers.get("connection")?.split(",") ?? [];
  for (const name of [...CONNECTION, "status", ...named]) {
    if (isToken(name.trim())) headers.delete(name.trim());
  }
  return { status, headers, redirect: isLocal ? location : null };
}

function statusOf(headers: Headers, location: string | null): number | string {
  const written = headers.get("status");
  if (written === null) return location === null ? 200 : 302;
  const [, digits] = /^([2-5]\d\d)(?: |$)/.exec(written) ?? [];
  if (digits !== undefined) return Number(digits);
  return `printed ${
    quote(written)
  } as its Status, which must begin with a number from 200 to 599`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
