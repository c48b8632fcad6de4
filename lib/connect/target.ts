/**
 * Where a client connects to.
 *
 * @module
 */
import { OptionError } from "../errors.ts";

/** A WebSocket address, taken apart. */
export interface Target {
  /** Whether the connection is encrypted. */
  readonly isSecure: boolean;
  /** Host name or IP address, without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** What the `Host` header says: the port only if it is not the usual one. */
  readonly host: string;
  /** Path and query, as they are sent. */
  readonly path: string;
  /** What the `Authorization` header says, from `user:password@` in the address; null without. */
  readonly authorization: string | null;
  /** Scheme, host and port, for messages: nothing secret in it. */
  readonly origin: string;
}

const SCHEMES: Readonly<Record<string, string>> = {
  "ws:": "ws:",
  "wss:": "wss:",
  "http:": "ws:",
  "https:": "wss:",
};

/** Whether a word is meant as an address: it has a scheme that {@linkcode parseTarget} knows, or is a `host:port` or `:port`. */
export function isTarget(word: string): boolean {
  return /^(?:wss?|https?):\/\//i.test(word) ||
    /^(?:[\w.-]+|\[[\da-fA-F:.]+\])?:\d{1,5}(?:[/?]|$)/.test(word);
}

/**
 * Takes an address apart: `ws://`, `wss://`, `http://` and `https://` as they
 * are; `:8080/path`, `localhost:8080`, `example.com/path` and `/path` are
 * `ws://`, on this machine where no host is named. A fragment is dropped.
 *
 * @throws {OptionError} If it is none.
 */
export function parseTarget(address: string): Target {
  const url = parseUrl(address);
  const scheme = SCHEMES[url?.protocol ?? ""];
  if (url === null || scheme === undefined || url.hostname === "") {
    throw new OptionError(
      // What stands before an @ may be a password.
      `Cannot connect to "${
        address.replace(/\/\/[^/]*@/, "//***@")
      }": not an address such as ws://localhost:8080/path or wss://example.com/`,
    );
  }
  const isSecure = scheme === "wss:";
  return {
    isSecure,
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.port || (isSecure ? 443 : 80)),
    host: url.host,
    path: url.pathname + url.search,
    authorization: authorizationOf(url),
    origin: `${scheme}//${url.host}`,
  };
}

function parseUrl(address: string): URL | null {
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(address)
    ? address
    : /^[:/?]/.test(address)
    ? `ws://localhost${address}`
    : `ws://${address}`;
  return URL.parse(whole);
}

function authorizationOf({ username, password }: URL): string | null {
  if (username === "" && password === "") return null;
  const text = `${decoded(username)}:${decoded(password)}`;
  const bytes = new TextEncoder().encode(text);
  return `Basic ${bytes.toBase64()}`;
}

/** A percent sign that begins no escape stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
