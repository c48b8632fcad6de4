/**
 * What a request asks for, taken apart once.
 *
 * @module
 */
import type { RequestInfo } from "../events.ts";
import type { Client } from "./client.ts";
import type { RequestHead } from "./exchange.ts";
import { requestIdOf } from "./request_id.ts";

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
export function targetOf(request: RequestHead): RequestTarget {
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

/** Describes a request for events. */
export function describeRequest(
  request: RequestHead,
  target: RequestTarget,
  client: Client,
): RequestInfo {
  const [, authority] = /^[a-z]+:\/\/([^/?#]*)/i.exec(request.url) ?? ["", ""];
  // HTTP/2 has the host elsewhere, and there the runtime's word has to do.
  const host = request.headers.get("host") ?? authority;
  return {
    remoteAddr: client.hostname,
    remoteHost: client.hostname,
    remotePort: client.port,
    method: request.method,
    url: `${client.isSecure ? "https" : "http"}://${host}${target.uri}`,
    origin: request.headers.get("origin"),
    user: "",
    authType: "",
    certificate: client.certificate,
    requestId: requestIdOf(request.headers),
  };
}
