/**
 * Which pages may connect. Browsers let any page open a WebSocket to any
 * server and say in `Origin` which page it was; not to look means that every
 * page on the web can use the program (cross-site WebSocket hijacking).
 *
 * @module
 */
import { type HostPort, parseHost } from "./host.ts";
import type { Refusal } from "./refuse.ts";

/**
 * Who may connect.
 *
 * @example
 * ```ts
 * import { handler } from "@websocketd/websocketd";
 *
 * handler({
 *   command: "cat",
 *   host: ["example.com"],
 *   origin: ["https://app.example.com", "localhost:3000"],
 * });
 * ```
 */
export interface AccessOptions {
  /**
   * Origins that may connect besides the server's own: `host` (any port and
   * scheme), `host:port`, `scheme://host[:port]`, `null` (pages opened from
   * disk, which say `null` or `file://`), `*` (any). Requests without an
   * `Origin` do not come from pages and are admitted.
   *
   * @default {[]}
   */
  readonly origin?: readonly string[];
  /** Admits only requests that have an `Origin`, of this server. @default {false} */
  readonly sameOrigin?: boolean;
  /**
   * Reads the list as websocketd does: it admits neither the server's own pages
   * nor clients without an `Origin`, and `scheme://host` is that host with any
   * port, not only the scheme's own. With `*` in the list it changes nothing.
   *
   * @default {false}
   */
  readonly onlyListed?: boolean;
  /** Names besides localhost and IP addresses that this server answers to; `*` is any. @default {[]} */
  readonly host?: readonly string[];
}

/** Default ports, by the scheme of a page or of a WebSocket. */
const DEFAULT_PORTS: Readonly<Record<string, string | undefined>> = {
  "http": "80",
  "https": "443",
  "ws": "80",
  "wss": "443",
};

/** What browsers send for a page opened from disk, and for one in a sandbox. */
const FROM_DISK: ReadonlySet<string> = new Set(["null", "file://"]);

/**
 * Whether a request may connect as far as its `Origin` goes.
 *
 * @param headers Those of the request; `Host` has been checked.
 * @returns Null if it may, else what is wrong, with the flag that would allow it.
 */
export function whyOriginRefused(
  headers: Headers,
  access: AccessOptions,
): Refusal | null {
  const host = parseHost(headers.get("host") ?? "");
  const message = host === null
    ? null
    : whyNotAdmitted(headers.get("origin"), host, access);
  return message === null ? null : { status: 403, reason: "origin", message };
}

function whyNotAdmitted(
  origin: string | null,
  host: HostPort,
  access: AccessOptions,
): string | null {
  const { origin: allowed = [], sameOrigin = false } = access;
  const onlyListed = access.onlyListed === true && !allowed.includes("*");
  if (origin === null && onlyListed && !sameOrigin) {
    return "Request has no Origin header, and --compat with --origin asks for one: leave --compat out for clients that are not browsers";
  }
  if (origin === null) {
    return sameOrigin
      ? "Request has no Origin header, and --sameorigin asks for one: leave the flag out for clients that are not browsers"
      : null;
  }
  const page = parseOrigin(origin);
  const same = page !== null && isSame(page, host);
  const listed = allowed.some((entry) =>
    matches(entry, origin, page, onlyListed)
  );
  if (sameOrigin) {
    if (!same) {
      return `Origin ${
        quote(origin)
      } is not this server's: leave --sameorigin out, or open the page from this server`;
    }
    if (allowed.length === 0 || listed) return null;
  } else if (listed || (same && !onlyListed)) return null;
  if (FROM_DISK.has(origin)) {
    return `Origin ${
      quote(origin)
    } is not allowed: add --origin=null for pages opened from disk`;
  }
  if (page === null) {
    return `Origin ${
      quote(origin)
    } is not an origin, and only --origin='*' admits such`;
  }
  return `Origin ${quote(origin)} is not allowed: add --origin=${origin}`;
}

/** Whether an entry of {@linkcode AccessOptions.origin} can match anything. */
export function isOriginEntry(entry: string): boolean {
  return entry === "*" || FROM_DISK.has(entry) ||
    parseHost(ENTRY.exec(entry)![2]) !== null;
}

/** An entry: a scheme that may be missing, and a host with or without port. A slash at the end comes from an address bar. */
const ENTRY = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*?)\/?$/is;

interface Page extends HostPort {
  readonly scheme: string;
}

function parseOrigin(origin: string): Page | null {
  const match = /^([a-z][a-z0-9+.-]*):\/\/(.+)$/i.exec(origin);
  const host = match === null ? null : parseHost(match[2]);
  return host === null ? null : { ...host, scheme: match![1].toLowerCase() };
}

/**
 * Same name and same port. A `Host` without port was reached by the default
 * port of its scheme, whichever that is behind a proxy that ends TLS.
 */
function isSame(page: Page, host: HostPort): boolean {
  const usual = DEFAULT_PORTS[page.scheme];
  // What an application calls `app://localhost` was never served from here.
  if (page.name !== host.name || usual === undefined) return false;
  const port = page.port || usual;
  return host.port === "" ? port === usual : port === host.port;
}

function matches(
  entry: string,
  origin: string,
  page: Page | null,
  anyPort: boolean,
): boolean {
  if (entry === "*") return true;
  if (FROM_DISK.has(entry)) return FROM_DISK.has(origin);
  if (page === null) return false;
  const [, scheme, rest] = ENTRY.exec(entry)!;
  const wanted = parseHost(rest);
  if (wanted === null || wanted.name !== page.name) return false;
  if (scheme !== undefined && scheme.toLowerCase() !== page.scheme) {
    return false;
  }
  const port = page.port || DEFAULT_PORTS[page.scheme];
  if (wanted.port !== "") return wanted.port === port;
  // A scheme without a port means the scheme's own port; a bare name means any.
  return anyPort || scheme === undefined || port === DEFAULT_PORTS[page.scheme];
}

function quote(text: string): string {
  return JSON.stringify(text);
}
