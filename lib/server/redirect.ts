/**
 * Sending clients of another port to this server's own.
 *
 * @module
 */
import { parseHost, whyHostRefused } from "../http/host.ts";
import { textResponse } from "../http/response.ts";

/** Where clients are sent to. */
export interface RedirectOptions {
  /** The server's port. */
  readonly port: number;
  /** Whether the server listens there with TLS. */
  readonly isSecure: boolean;
  /** Names that it answers to, as for the server itself. @default {[]} */
  readonly host?: readonly string[];
}

/** What a path and query may consist of when they are sent back in a header (RFC 3986 §2, and what browsers send besides). */
const TARGET = /^[\x21-\x7e]*$/;

/**
 * Sends a client to the same host, path and query on the server's port. The host
 * is the client's own, and one that the server answers to.
 *
 * @returns 301 to GET and HEAD, and 308 to other methods, as these must stay what they are; 400 or 403 if the host is none or not the server's.
 */
export function redirect(
  { url, method, headers }: Pick<Request, "url" | "method" | "headers">,
  { port, isSecure, host = [] }: RedirectOptions,
): Response {
  const refusal = whyHostRefused(headers, host);
  if (refusal !== null) return textResponse(refusal.status, refusal.message);
  const { name } = parseHost(headers.get("host")!)!;
  const target = url.replace(/^[a-z]+:\/\/[^/?#]*/i, "");
  if (!TARGET.test(target)) {
    return textResponse(400, "The path of the request is not percent-encoded");
  }
  const scheme = isSecure ? "https" : "http";
  const isDefault = port === (isSecure ? 443 : 80);
  const location = `${scheme}://${name.includes(":") ? `[${name}]` : name}${
    isDefault ? "" : `:${port}`
  }${target.startsWith("/") ? "" : "/"}${target}`;
  const response = textResponse(
    method === "GET" || method === "HEAD" ? 301 : 308,
    `This is at ${location}`,
  );
  response.headers.set("location", location);
  return response;
}
