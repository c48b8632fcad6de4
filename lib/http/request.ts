/**
 * What a request asks for, taken apart once.
 *
 * @module
 */
import type { RequestInfo } from "../events.ts";

/** The parts of the URL a client asked for. */
export interface RequestTarget {
  /** Path and query as sent. */
  readonly uri: string;
  /** Path as sent, still percent-encoded. */
  readonly rawPath: string;
  /** Query as sent, without `?`. */
  readonly query: string;
  /** The decoded path, or null if it cannot be decoded or must not reach a program: percent-encoding that is not UTF-8, NUL, `.` or `..` segments. */
  readonly path: string | null;
}

/** Takes the target of a request apart. */
export function targetOf(request: Request): RequestTarget {
  // The runtime hands out `http://HOST` + target as the client sent it, unnormalised.
  const [, uri] = /^[a-z]+:\/\/[^/?#]*([^#]*)/i.exec(request.url) ?? ["", "/"];
  const mark = uri.indexOf("?");
  const rawPath = (mark === -1 ? uri : uri.slice(0, mark)) || "/";
  const query = mark === -1 ? "" : uri.slice(mark + 1);
  return { uri, rawPath, query, path: decodePath(rawPath) };
}

function decodePath(rawPath: string): string | null {
  let path: string;
  try {
    path = decodeURIComponent(rawPath);
  } catch {
    return null;
  }
  if (path.includes("\0")) return null;
  if (path.split(/[/\\]/).some((part) => part === "." || part === "..")) {
    return null;
  }
  return path;
}

/** Address and port of the client. To be asked before the upgrade: afterwards the runtime does not know any more. */
export function clientOf(
  info: Deno.ServeHandlerInfo,
): { hostname: string; port: number } {
  const address = info.remoteAddr as Deno.Addr;
  if (address.transport === "tcp") {
    // A dual-stack listener shows IPv4 clients as IPv6 ones.
    const hostname = address.hostname.replace(/^::ffff:(?=\d+\.)/i, "");
    return { hostname, port: address.port };
  }
  return { hostname: "unix-socket", port: 0 };
}

/** Describes a request for events. */
export function describeRequest(
  request: Request,
  target: RequestTarget,
  client: { hostname: string; port: number },
): RequestInfo {
  const [, scheme, authority] = /^([a-z]+):\/\/([^/?#]*)/i.exec(request.url) ??
    ["", "http", ""];
  // HTTP/2 has the host elsewhere, and there the runtime's word has to do.
  const host = request.headers.get("host") ?? authority;
  return {
    remoteAddr: client.hostname,
    remoteHost: client.hostname,
    remotePort: client.port,
    method: request.method,
    url: `${scheme}://${host}${target.uri}`,
    origin: request.headers.get("origin"),
  };
}
