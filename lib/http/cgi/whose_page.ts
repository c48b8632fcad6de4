import { type AccessOptions, whyOriginRefused } from "../origin.ts";
import type { Refusal } from "../refuse.ts";

/**
 * Whether a page of another site wants to run a script of this server in the
 * name of whoever looks at it. Browsers say in `Origin` which page sends a form
 * or a script's request, and in `Sec-Fetch-Site` that one of another site
 * embeds something; a link that was followed is none of these.
 *
 * @param headers Those of the request; `Host` has been checked.
 * @returns Null if not, else what is wrong, with the flag that would allow it.
 */
export function whyPageRefused(
  headers: Headers,
  access: AccessOptions,
): Refusal | null {
  if (headers.has("origin")) return whyOriginRefused(headers, access);
  const isForeign = headers.get("sec-fetch-site") === "cross-site" &&
    headers.get("sec-fetch-dest") !== "document";
  if (!isForeign || access.origin?.includes("*")) return null;
  return {
    status: 403,
    reason: "origin",
    message:
      "A page of another site wants to run this script (Sec-Fetch-Site: cross-site): open it by a link, ask with CORS and --origin for that page, or add --origin='*'",
  };
}
