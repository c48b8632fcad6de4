import type { Responder } from "./exchange.ts";
import { addHeaders, textResponse } from "./response.ts";

/**
 * Answers GET and HEAD at one path with how the server fares at this moment:
 * no cache keeps it. Other methods get 405, other paths null.
 *
 * @param path Decoded, from the first slash: `/healthz`.
 */
export function statusPage(
  path: string,
  look: () => Response | Promise<Response>,
): Responder {
  return async ({ request: { method }, target }) => {
    if (target.path !== path) return null;
    if (method !== "GET" && method !== "HEAD") {
      return textResponse(405, `${path} is here to be read: use GET or HEAD`, [
        ["allow", "GET, HEAD"],
      ]);
    }
    const { status, headers, body } = await look();
    addHeaders(headers, [["cache-control", "no-store"]]);
    return new Response(method === "HEAD" ? null : body, { status, headers });
  };
}
