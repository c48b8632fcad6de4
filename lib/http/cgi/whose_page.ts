import { type AccessOptions, whyOriginRefused } from "../origin.ts";
import type { Refusal } from "../refuse.ts";

/** What browsers say of a page that is not of this very host and port. */
const ELSEWHERE: ReadonlySet<string | null> = new Set([
  "cross-site",
  // Another port of this host, or a neighbour in its domain.
  "same-site",
]);

/**
 * Whether a page from elsewhere wants to run a script of this server in the
 * name of whoever looks at it. Browsers say in `Origin` which page sends a form
 * or a script's request, and in `Sec-Fetch-Site` that a page of another site,
 * host or port embeds something; a link that was followed is none of these.
 *
 * @param headers Those of the request; `Host` has been checked.
 * @returns Null if not, else what is wrong, with the flag that would allow it.
 */
export function whyPageRefused(
  headers: Headers,
  access: AccessOptions,
): Refusal | null {
  if (headers.has("origin")) return whyOriginRefused(headers, access);
  const site = headers.get("sec-fetch-site");
  const isEmbedded = headers.get("sec-fetch-dest") !== "document";
  if (!ELSEWHERE.has(site) || !isEmbedded || access.origin?.includes("*")) {
    return null;
  }
  return {
    status: 403,
    reason: "origin",
    message:
      `A page from elsewhere wants to run this script (Sec-Fetch-Site: ${site}): open it by a link, ask with CORS and --origin for that page, or add --origin='*'`,
  };
}
