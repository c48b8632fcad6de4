/**
 * Which names a server answers to. A page anywhere can point a name of its own
 * at 127.0.0.1 (DNS rebinding) and would then be of the same origin as a server
 * that answers to any name.
 *
 * @module
 */
import { badHandshake } from "./handshake.ts";
import type { Refusal } from "./refuse.ts";

/** Host and port of a `Host` header or an origin. */
export interface HostPort {
  /** Lower case, without brackets and without a final dot. */
  readonly name: string;
  /** As written; empty if there is none. */
  readonly port: string;
}

/**
 * Takes a `Host` header apart, or returns null if it is none. A name has
 * letters, digits, dots, dashes and underscores only (browsers send
 * `xn--bcher-kva.example`), so that it can stand in advice to copy into a shell.
 */
export function parseHost(host: string): HostPort | null {
  const match = /^(?:\[([0-9a-f:.]+(?:%\w+)?)\]|([\w.-]+))(?::(\d{0,5}))?$/i
    .exec(host);
  if (match === null) return null;
  const name = (match[1] ?? match[2]).toLowerCase().replace(/\.$/, "");
  return { name, port: match[3] ?? "" };
}

/** Whether this is an IP address: nobody can point an address somewhere else. */
export function isIpAddress(name: string): boolean {
  return name.includes(":") || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name);
}

/**
 * Whether a server answers to a name: `localhost` and its subdomains, IP
 * addresses, and the names it was told.
 *
 * @param allowed Names without port; `*` allows any.
 */
export function isHostAllowed(
  host: HostPort,
  allowed: readonly string[],
): boolean {
  return allowed.includes("*") || host.name === "localhost" ||
    host.name.endsWith(".localhost") || isIpAddress(host.name) ||
    allowed.some((name) => parseHost(name)?.name === host.name);
}

/**
 * Checks the `Host` header, which every request must have.
 *
 * @param allowed As for {@linkcode isHostAllowed}.
 * @returns Null if it is right.
 */
export function whyHostRefused(
  headers: Headers,
  allowed: readonly string[] = [],
): Refusal | null {
  const header = headers.get("host");
  if (header === null) {
    return badHandshake('A request needs the header "Host"');
  }
  const host = parseHost(header);
  if (host === null) {
    return badHandshake(`Host ${JSON.stringify(header)} is not a host`);
  }
  if (isHostAllowed(host, allowed)) return null;
  return {
    status: 403,
    reason: "host",
    message:
      `Host "${host.name}" is not this server's: add --host=${host.name}`,
  };
}
