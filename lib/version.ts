/** The version of this server; `deno.json` says the same. */
export const VERSION = "0.1.0";
