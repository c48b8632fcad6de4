import type { ServeOptions } from "../mod.ts";

/**
 * What is wrong with a port or an address, before anything listens; undefined
 * if nothing is. The beginning is what Go says, the rest is what to write instead.
 *
 * The original finds these only when it listens, and so exits with 3 as for a
 * port in use, not with 1 as for other bad values.
 */
export function listenProblem(
  { port = 0, redirPort = 0, address = [] }: Pick<
    ServeOptions,
    "port" | "redirPort" | "address"
  >,
): string | undefined {
  for (
    const [flag, number] of [["port", port], ["redirport", redirPort]] as const
  ) {
    if (number >= 0 && number <= 65535) continue;
    return `listen tcp: address ${number}: invalid port; --${flag} takes 0 to 65535`;
  }
  for (const one of address) {
    const { host, ownPort } = WITH_PORT.exec(one)?.groups ?? {};
    if (ownPort === undefined) continue;
    return `listen tcp: address ${one}: too many colons in address; write --address=${host} --port=${ownPort}`;
  }
  return undefined;
}

// "host:80" and "[::1]:80", but not the bare IPv6 address "::1".
const WITH_PORT = /^(?<host>\[[^\]]*\]|[^:[\]]*):(?<ownPort>[^:]*)$/;
