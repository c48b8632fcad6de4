import { builtin } from "../../builtin.ts";
import type { Responder } from "../exchange.ts";
import { textResponse } from "../response.ts";
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
  const page = consolePage(everyPath);
  const etag = `"${digest(page).slice(0, 22).replace(/[+/]/g, "-")}"`;
  const headers = headersOf(etag);
  return ({ request, target }) => {
    const { method } = request;
    if (!everyPath) {
      if (target.path === PATH.slice(0, -1)) return redirect(target.query);
      if (target.path !== PATH) return null;
      if (method !== "GET" && method !== "HEAD") return notAllowed();
    }
    const isRead = method === "GET" || method === "HEAD";
    if (isRead && isFresh(request.headers, etag)) {
      return new Response(null, { status: 304, headers });
    }
    return new Response(method === "HEAD" ? null : page, { headers });
  };
}

function headersOf(etag: string): Record<string, string> {
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": [
      "default-src 'none'",
      `script-src 'sha256-${digest(SCRIPT)}'`,
      `style-src 'sha256-${digest(STYLE)}'`,
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

/** SHA-256 in base64. */
function digest(text: string): string {
  return builtin("node:crypto").createHash("sha256").update(text).digest(
    "base64",
  );
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
