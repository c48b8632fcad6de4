/**
 * Which pages may connect. Browsers let any page open a WebSocket to any
 * server and say in `Origin` which page it was; not to look means that every
 * page on the web can use the program (cross-site WebSocket hijacking).
 *
 * @module
 */
import { type HostPort, parseHost } from "./host.ts";

/** Who may connect. */
export interface AccessOptions {
  /**
   * Origins that may connect besides the server's own: `host` (any port and
   * scheme), `host:port`, `scheme://host[:port]`, `null` (pages opened from
   * disk), `*` (any). Requests without an `Origin` do not come from pages and
   * are admitted.
   *
   * @default {[]}
   */
  readonly origin?: readonly string[];
  /** Admits only requests that have an `Origin`, of this server. @default {false} */
  readonly sameOrigin?: boolean;
  /** Names besides localhost and IP addresses that this server answers to; `*` is any. @default {[]} */
  readonly host?: readonly string[];
}

/** Default ports, by the scheme of a page or of a WebSocket. */
const DEFAULT_PORTS: Readonly<Record<string, string>> = {
  "http": "80",
  "https": "443",
  "ws": "80",
  "wss": "443",
};

/**
 * Whether a request may connect as far as its `Origin` goes.
 *
 * @param origin The `Origin` header, or null if there is none.
 * @param host Where the client says it is connected to.
 * @returns Null if it may, else what is wrong, with the flag that would allow it.
 */
export function whyOriginRefused(
  origin: string | null,
  host: HostPort,
  { origin: allowed = [], sameOrigin = false }: AccessOptions,
): string | null {
  if (origin === null) {
    return sameOrigin
      ? "Request has no Origin header, and --sameorigin asks for one: leave the flag out for clients that are not browsers"
      : null;
  }
  const page = parseOrigin(origin);
  const same = page !== null && isSame(page, host);
  const listed = allowed.some((entry) => matches(entry, origin, page));
  if (sameOrigin) {
    if (!same) {
      return `Origin ${
        quote(origin)
      } is not this server's: leave --sameorigin out, or open the page from this server`;
    }
    if (allowed.length === 0 || listed) return null;
  } else if (same || listed) return null;
  if (origin === "null") {
    return 'Origin "null" is not allowed: add --origin=null for pages opened from disk';
  }
  if (page === null) return `Origin ${quote(origin)} is not an origin`;
  return `Origin ${quote(origin)} is not allowed: add --origin=${origin}`;
}

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
  if (page.name !== host.name) return false;
  const port = page.port || DEFAULT_PORTS[page.scheme];
  return host.port === ""
    ? port === DEFAULT_PORTS[page.scheme]
    : port === host.port;
}

function matches(entry: string, origin: string, page: Page | null): boolean {
  if (entry === "*") return true;
  if (page === null) return entry === "null" && origin === "null";
  const [, scheme, rest] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*?)\/?$/i.exec(
    entry,
  )!;
  const wanted = parseHost(rest);
  if (wanted === null || wanted.name !== page.name) return false;
  if (scheme !== undefined && scheme.toLowerCase() !== page.scheme) {
    return false;
  }
  const port = page.port || DEFAULT_PORTS[page.scheme];
  if (wanted.port !== "") return wanted.port === port;
  // A scheme without a port means the scheme's own port; a bare name means any.
  return scheme === undefined || port === DEFAULT_PORTS[page.scheme];
}

function quote(text: string): string {
  return JSON.stringify(text);
}
