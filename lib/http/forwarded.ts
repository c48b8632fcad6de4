/**
 * Who the client is when a proxy stands in front. Anybody can send the headers
 * that say so; they are believed of the proxies that the server's user names.
 *
 * @module
 */
import type { BlockList } from "node:net";
import { builtin } from "../builtin.ts";
import { OptionError } from "../errors.ts";
import type { Client } from "./client.ts";
import { listOf } from "./header_list.ts";

/**
 * Which proxies are believed.
 *
 * @example
 * ```ts
 * import { handler } from "@websocketd/websocketd";
 *
 * handler({ command: "cat", trustProxy: ["10.0.0.0/8", "unix"] });
 * ```
 */
export interface ProxyOptions {
  /**
   * Addresses of proxies: `10.0.0.1`, `10.0.0.0/8`, `fd00::/8`, `unix` for all
   * that connect to the unix socket. `X-Forwarded-For` and `X-Forwarded-Proto`
   * count in requests from there.
   *
   * @default {[]}
   */
  readonly trustProxy?: readonly string[];
}

/** Whether an address, or `unix-socket`, is that of a trusted proxy. */
export type TrustedProxies = (hostname: string) => boolean;

/** A client as far as it is known. */
export interface Visitor extends Client {
  /** Whether its connection comes from a trusted proxy. */
  readonly isProxied: boolean;
}

/**
 * Reads a list of proxies. An IPv4 address is the same as the IPv6 address that
 * maps it.
 *
 * @throws {OptionError} If an entry is neither an address nor a network nor `unix`.
 */
export function parseCidrs(list: readonly string[]): TrustedProxies {
  // Most servers have none, and looking an address up costs each client 6 µs.
  if (list.length === 0) return () => false;
  const networks = new (builtin("node:net").BlockList)();
  let isUnixTrusted = false;
  for (const entry of list) {
    if (entry === "unix") isUnixTrusted = true;
    else addNetwork(networks, entry);
  }
  return (hostname) => {
    if (hostname === "unix-socket") return isUnixTrusted;
    const address = canonical(hostname);
    if (address === null) return false;
    const [plain] = address.split("%");
    return networks.check(plain, isIP(plain) === 4 ? "ipv4" : "ipv6");
  };
}

/**
 * The client of a connection or, if that comes from a trusted proxy, the one
 * the proxy speaks for: the right-most address of `X-Forwarded-For` that is not
 * itself a trusted proxy's. What stands left of it, the client may have
 * written. The walk stops at anything that is no address. Its port is 0 unless
 * it is told.
 */
export function clientBehindProxies(
  client: Client,
  headers: Headers,
  isTrusted: TrustedProxies,
): Visitor {
  if (!isTrusted(client.hostname)) return { ...client, isProxied: false };
  const hops = listOf(headers.get("x-forwarded-for")).reverse();
  let found: Hop | null = null;
  let proxies = 0;
  for (const [index, text] of hops.entries()) {
    const hop = parseHop(text);
    if (hop === null) break;
    found = hop;
    proxies = index;
    if (!isTrusted(hop.hostname)) break;
  }
  const isSecure = wasSecure(headers, proxies) ?? client.isSecure;
  return { ...client, ...found, isSecure, isProxied: true };
}

/**
 * What the proxy says that the client has connected to. Proxies that add to
 * `X-Forwarded-Proto` rather than replace it write one entry each, as they do
 * with addresses; so the entry counts that is as far from the right.
 */
function wasSecure(headers: Headers, proxies: number): boolean | null {
  const schemes = listOf(headers.get("x-forwarded-proto")).reverse();
  const scheme = schemes[Math.min(proxies, schemes.length - 1)]?.toLowerCase();
  if (scheme === "https" || scheme === "wss") return true;
  if (scheme === "http" || scheme === "ws") return false;
  return null;
}

/** More than an address with its zone, brackets and port has characters. */
const LONGEST_HOP = 100;

interface Hop {
  readonly hostname: string;
  readonly port: number;
}

/** One entry: an address, IPv6 in brackets or not, IPv4 and brackets with a port or not. */
function parseHop(text: string): Hop | null {
  if (text.length > LONGEST_HOP) return null;
  const whole = canonical(text);
  if (whole !== null) return { hostname: whole, port: 0 };
  const match = /^(?:\[([^\]]+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return null;
  const [, inBrackets, plain, port = "0"] = match;
  if (inBrackets !== undefined && isIP(inBrackets) !== 6) return null;
  const hostname = canonical(inBrackets ?? plain);
  if (hostname === null || Number(port) > 65535) return null;
  return { hostname, port: Number(port) };
}

/** 4, 6, or 0 for what is no IP address. */
function isIP(text: string): number {
  return builtin("node:net").isIP(text);
}

/** The one way to write an address, or null if it is none. IPv4 in IPv6 becomes IPv4. */
function canonical(address: string): string | null {
  switch (isIP(address)) {
    case 4:
      return address;
    case 6: {
      // A URL has no place for the zone of a link-local address.
      const [plain, zone] = address.split("%");
      const text = new URL(`http://[${plain}]`).hostname.slice(1, -1);
      const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(text);
      if (mapped === null) return zone ? `${text}%${zone}` : text;
      const [high, low] = mapped.slice(1).map((part) => parseInt(part, 16));
      return [high >> 8, high & 255, low >> 8, low & 255].join(".");
    }
    default:
      return null;
  }
}

/** @throws {OptionError} If the entry is no network. */
function addNetwork(networks: BlockList, entry: string): void {
  const [written, length, ...more] = entry.split("/");
  const address = written.includes("%") ? null : canonical(written);
  const isMapped = isIP(written) === 6 && address !== null &&
    isIP(address) === 4;
  const bits = address !== null && isIP(address) === 4 ? 32 : 128;
  const prefix = length === undefined
    ? bits
    : /^\d{1,3}$/.test(length)
    ? Number(length) - (isMapped ? 96 : 0)
    : -1;
  if (address === null || more.length > 0 || prefix < 0 || prefix > bits) {
    throw new OptionError(
      `Cannot use ${
        JSON.stringify(entry)
      } for trustProxy (--trustproxy): write an address or a network, as in 10.0.0.1, 10.0.0.0/8 or fd00::/8, or unix`,
    );
  }
  networks.addSubnet(address, prefix, bits === 32 ? "ipv4" : "ipv6");
}
