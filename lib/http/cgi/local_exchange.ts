import type { Exchange } from "../exchange.ts";
import { targetOf } from "../request.ts";

/** About a body that is not sent again, and about what the first script had been asked for. */
const LEFT_OUT = ["content-length", "content-type", "transfer-encoding"];

/**
 * The request for another path of this server that comes from the same client:
 * a GET, or a HEAD if it was one.
 *
 * @param location Path and query, beginning with `/`.
 */
export function localExchange(
  { request, info }: Exchange,
  location: string,
): Exchange {
  const method = request.method === "HEAD" ? "HEAD" : "GET";
  const headers = new Headers(request.headers);
  for (const name of LEFT_OUT) headers.delete(name);
  const next = {
    method,
    headers,
    url: originOf(request.url) + location,
    body: null,
    signal: request.signal,
  };
  return {
    request: next,
    target: targetOf(next),
    info: { ...info, method, url: originOf(info.url) + location },
  };
}

function originOf(url: string): string {
  return /^[a-z]+:\/\/[^/?#]*/i.exec(url)?.[0] ?? "";
}
