/**
 * The head of a request: everything in front of its body (RFC 9112 §2.1).
 *
 * @module
 */

/** A head that nothing is wrong with. */
export interface Head {
  readonly method: string;
  /** What is asked for, as sent; bytes that are not ASCII are read as UTF-8. */
  readonly target: string;
  /** `2.0` is the preface of HTTP/2 (RFC 9113 §3.4), which has no headers: the rest of the connection is no HTTP/1. */
  readonly version: "1.0" | "1.1" | "2.0";
  /** Several headers of one name are joined, as `Deno.serve` joins them; each character of a value is a byte. */
  readonly headers: Headers;
  /** Bytes of the body; Infinity if it comes in chunks and says itself where it ends. */
  readonly bodySize: number;
  /** The head as received. */
  readonly raw: Uint8Array<ArrayBuffer>;
  /** What was received behind it: the begin of the body, or what a client sends before it has the answer. */
  readonly early: Uint8Array<ArrayBuffer>;
}

/** Why a head is not served, and how it is answered. The connection ends with that: where the next request would begin is anyone's guess. */
export interface HeadRefusal {
  readonly status: 400 | 408 | 414 | 431 | 501 | 505;
  /** One sentence for the client and for the log. Says nothing that the client has sent. */
  readonly message: string;
}

/** Makes the refusal of a head that breaks the rules. */
export function badHead(message: string): HeadRefusal {
  return { status: 400, message };
}

/** The URL of a request as `Deno.serve` shows it: `http://HOST` and the target as sent. */
export function urlOf(
  { target, headers }: Pick<Head, "target" | "headers">,
  scheme: "http" | "https" = "http",
): string {
  if (target !== "*" && !target.startsWith("/")) return target;
  const host = headers.get("host") || "localhost";
  return `${scheme}://${host}${target === "*" ? "/*" : target}`;
}
