/** A name server that does not answer must not hold up a client for long. */
const PATIENCE_MS = 2000;

/**
 * The name of a client by its address, as the system resolves it (the hosts
 * file too), or the address itself if it has none or nobody answers within 2 s.
 * Never rejects.
 */
export async function reverseLookup(address: string): Promise<string> {
  const { promise: timeout, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve(address), PATIENCE_MS);
  const name = nameOf(address);
  try {
    return await Promise.race([name, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

async function nameOf(address: string): Promise<string> {
  try {
    const { lookupService } = await import("node:dns/promises");
    const { hostname } = await lookupService(address, 0);
    return hostname || address;
  } catch {
    // It has none; or this is Deno before 2.6, which has no lookupService.
    return address;
  }
}
