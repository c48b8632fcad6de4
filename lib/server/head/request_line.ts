/**
 * The first line of a request (RFC 9112 §3).
 *
 * @module
 */
import { badHead, type Head, type HeadRefusal } from "./head.ts";

/** What the first line says. */
export type RequestLine = Pick<Head, "method" | "target" | "version">;

const LINE = /^([\w!#$%&'*+.^`|~-]+) ([\x21-\x7e\x80-\xff]+) HTTP\/(\d\.\d)$/;
const TOKEN_BYTE = /^[\w!#$%&'*+.^`|~-]$/;
/** The record in which a TLS client says hello. */
const TLS_HANDSHAKE = 0x16;

/**
 * What the first byte tells of a client that does not speak HTTP, or null.
 * Looked at before anything else: such a client may never end a line.
 */
export function whyNoRequest(first: number): HeadRefusal | null {
  if (TOKEN_BYTE.test(String.fromCharCode(first))) return null;
  return badHead(
    first === TLS_HANDSHAKE
      ? "This port speaks plain HTTP: use ws:// or http://, or start the server with --ssl"
      : "This is no HTTP request",
  );
}

/**
 * Reads the first line.
 *
 * @param line Without its end; each character is a byte.
 */
export function parseRequestLine(line: string): RequestLine | HeadRefusal {
  const match = LINE.exec(line);
  if (match === null) {
    return badHead("The first line of a request is: METHOD TARGET HTTP/1.1");
  }
  const [, method, bytes, version] = match;
  if (version === "2.0" && method === "PRI" && bytes === "*") {
    return { method, target: bytes, version };
  }
  if (version !== "1.1" && version !== "1.0") {
    return {
      status: 505,
      message: `This server speaks HTTP/1.1, not HTTP/${version}`,
    };
  }
  if (method === "CONNECT") {
    return badHead("This server is no proxy: it does not serve CONNECT");
  }
  const target = textOf(bytes);
  if (target === null) {
    return badHead("The target of a request is not UTF-8");
  }
  return isTarget(target, method)
    ? { method, target, version }
    : badHead("The target of a request is a path: /path?query");
}

/** Whether this is a path, a whole URL (which a client writes for a proxy, RFC 9112 §3.2.2), or the star that stands for the server itself. */
function isTarget(target: string, method: string): boolean {
  return target.startsWith("/") || target === "*" && method === "OPTIONS" ||
    /^https?:\/\/[^/?#]/i.test(target);
}

function textOf(bytes: string): string | null {
  // deno-lint-ignore no-control-regex -- all of ASCII
  if (/^[\x00-\x7f]*$/.test(bytes)) return bytes;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(
      Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)),
    );
  } catch {
    return null;
  }
}
