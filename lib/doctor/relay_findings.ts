/**
 * The broker between several servers.
 *
 * @module
 */
import { Relay } from "../relay/relay.ts";
import { parseRelayUrl } from "../relay/relay_url.ts";
import type { ServeOptions } from "../server/serve_options.ts";
import { failure, type Finding, ok } from "./finding.ts";

/** Connects as the server will at its start, and leaves: a server without its relay does not start. Waits up to 5 s. */
export async function inspectRelay(
  { relay: url }: ServeOptions,
): Promise<Finding[]> {
  if (url === undefined) return [];
  const relay = new Relay(parseRelayUrl(url), () => {});
  try {
    await relay.connect();
    return [ok("relay", "it can be reached, and keeps leases (--relay)")];
  } catch (error) {
    return [failure("relay", error)];
  } finally {
    await relay.close();
  }
}
