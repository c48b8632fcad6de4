import type { Responder } from "../exchange.ts";
import { textResponse } from "../response.ts";
import { sha256 } from "../sha256.ts";
import { consolePage } from "./page.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

/** Where the console is, beside other parts of a server. */
const PATH = "/_console/";

/** How the console is served. */
export interface DevConsoleOptions {
  /** Whether it answers every path, with every method, as websocketd's does. Else it is at `/_console/`. */
  readonly everyPath: boolean;
}

/**
 * Makes the part of a server that answers with the console: a page to try the
 * program with. The page is the same for everybody, asks nobody else for
 * anything, and its Content-Security-Policy lets nothing run but its own script.
 */
export function devConsole({ everyPath }: DevConsoleOptions): Responder {
  let made: Promise<Page> | undefined;
  return async ({ request, target }) => {
    const { method } = request;
    if (!everyPath) {
      if (target.path === PATH.slice(0, -1)) return redirect(target.query);
      if (target.path !== PATH) return null;
      if (method !== "GET" && method !== "HEAD") return notAllowed();
    }
    // Not before it is asked for: a server starts sooner.
    const { html, etag, headers } = await (made ??= makePage(everyPath));
    const isRead = method === "GET" || method === "HEAD";
    if (isRead && isFresh(request.headers, etag)) {
      return new Response(null, { status: 304, headers });
    }
    return new Response(method === "HEAD" ? null : html, { headers });
  };
}

/** The console, ready to be sent. */
interface Page {
  readonly html: string;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function makePage(everyPath: boolean): Promise<Page> {
  const html = consolePage(everyPath);
  const etag = `"${(await sha256(html, "base64url")).slice(0, 22)}"`;
  return { html, etag, headers: await headersOf(etag) };
}

async function headersOf(etag: string): Promise<Record<string, string>> {
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": [
      "default-src 'none'",
      `script-src 'sha256-${await sha256(SCRIPT, "base64")}'`,
      `style-src 'sha256-${await sha256(STYLE, "base64")}'`,
      // The icon of the tab.
      "img-src data:",
      // Anywhere: the user types the address.
      "connect-src ws: wss:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ].join("; "),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
    etag,
  };
}

/** Whether the client has this version already (RFC 9110 §13.1.2). */
function isFresh(headers: Headers, etag: string): boolean {
  return (headers.get("if-none-match") ?? "").split(",")
    .some((known) => ["*", etag].includes(known.trim().replace(/^W\//, "")));
}

/** Not for good: another server may be at this address tomorrow. */
function redirect(query: string): Response {
  // A header has room for ASCII only.
  const location = PATH + (query === "" ? "" : `?${toAscii(query)}`);
  return new Response(null, { status: 307, headers: { location } });
}

function notAllowed(): Response {
  return textResponse(405, "The console is read with GET", [[
    "allow",
    "GET, HEAD",
  ]]);
}

function toAscii(text: string): string {
  return text.toWellFormed().replace(/[^\x21-\x7e]+/gu, encodeURIComponent);
}
