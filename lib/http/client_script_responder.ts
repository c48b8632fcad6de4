import { CLIENT_SCRIPT } from "./client_script.ts";
import type { Responder } from "./exchange.ts";
import { type AccessOptions, whyOriginRefused } from "./origin.ts";
import { textResponse } from "./response.ts";
import { sha256 } from "./sha256.ts";
import { checkPreconditions } from "./static/preconditions.ts";

/** Where the script is. */
const PATH = "/_client.js";

/** How the client for pages is served. */
export interface ClientScriptOptions {
  /** Which pages may connect: the same may load it, wherever they come from. */
  readonly access: AccessOptions;
  /** Directories of the user's. A file of this name in one of them is served instead. */
  readonly directories: readonly string[];
}

/**
 * Makes the part of a server that answers with the client for pages, a module:
 * `import { connect } from "/_client.js"`. Anybody gets it, without proving
 * anything: it is the same everywhere, and says nothing about this server.
 */
export function clientScriptResponder(
  { access, directories }: ClientScriptOptions,
): Responder {
  let etag: string | undefined;
  return async ({ request: { method, headers }, target }) => {
    if (target.path !== PATH) return null;
    for (const directory of directories) {
      if (await exists(directory + PATH)) return null;
    }
    if (method !== "GET" && method !== "HEAD") {
      return textResponse(405, `${PATH} is here to be read: use GET or HEAD`, [
        ["allow", "GET, HEAD"],
      ]);
    }
    // Not before it is asked for: most servers never are.
    etag ??= await etagOf(CLIENT_SCRIPT);
    const answer = new Response(
      method === "HEAD" ? null : CLIENT_SCRIPT,
      { headers: headersFor(headers, etag, access) },
    );
    const status = checkPreconditions(headers, { etag, modified: null });
    return status === null
      ? answer
      : new Response(null, { status, headers: answer.headers });
  };
}

function headersFor(
  asked: Headers,
  etag: string,
  access: AccessOptions,
): Record<string, string> {
  const origin = asked.get("origin");
  return {
    "content-type": "text/javascript; charset=utf-8",
    "x-content-type-options": "nosniff",
    // For scripts that are no modules. Those need the header below.
    "cross-origin-resource-policy": "same-origin",
    ...origin !== null && whyOriginRefused(asked, access) === null && {
      "access-control-allow-origin": origin,
    },
    "vary": "origin",
    // A new version of this server may come with a new one.
    "cache-control": "no-cache",
    etag,
  };
}

async function etagOf(text: string): Promise<string> {
  return `"${(await sha256(text, "base64url")).slice(0, 22)}"`;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
