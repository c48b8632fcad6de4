/**
 * Listening on TCP addresses.
 *
 * @module
 */
import { ListenError } from "../errors.ts";

/** A place that is listened on. */
export interface Listening {
  readonly addr: Deno.Addr;
  /** Accepts no more, lets answers leave that are on their way, then closes what is left. Never rejects. */
  shutdown(): Promise<void>;
}

/** A place to listen on. */
export interface TcpPlace {
  readonly hostname: string;
  readonly port: number;
  /** Whether several listeners of this program share the port. @default {false} */
  readonly reusePort?: boolean;
}

/** How often a free port is looked for that is free on both loopback addresses. */
const ATTEMPTS = 20;

/**
 * Listens on all of the addresses or on none.
 *
 * @param addresses Undefined listens on this machine's loopback addresses, of which one may be missing; `*` on all.
 * @param port The same on each; 0 picks one that is free.
 * @param open Listens on one of them, or rejects with what the runtime throws.
 * @throws {ListenError} If an address cannot be listened on.
 */
export async function listen(
  addresses: readonly string[] | undefined,
  port: number,
  open: (place: TcpPlace) => Promise<Listening>,
): Promise<Listening[]> {
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new ListenError(
      `Cannot listen on port ${
        Deno.inspect(port)
      }: write a whole number from 0 to 65535 (--port)`,
    );
  }
  for (let attempt = 1;; attempt++) {
    const listeners: Listening[] = [];
    try {
      for (const wanted of wantedAddresses(addresses)) {
        // A port picked for the first address holds for the others.
        const first = listeners[0]?.addr as Deno.NetAddr | undefined;
        const at = first?.port ?? port;
        try {
          listeners.push(await open({ hostname: wanted.hostname, port: at }));
        } catch (error) {
          if (error instanceof ListenError) throw error;
          if (!wanted.mayFail?.(error, listeners.length > 0)) {
            throw listenError(wanted.hostname, at, error);
          }
        }
      }
      return listeners;
    } catch (error) {
      await Promise.all(listeners.map((listener) => listener.shutdown()));
      if (port !== 0 || listeners.length === 0 || attempt === ATTEMPTS) {
        throw error;
      }
    }
  }
}

interface Wanted {
  readonly hostname: string;
  /** Whether the server can do without this address, given how it failed and whether it listens on another. */
  readonly mayFail?: (error: unknown, listensElsewhere: boolean) => boolean;
}

function wantedAddresses(addresses: readonly string[] | undefined): Wanted[] {
  if (addresses === undefined || addresses.length === 0) {
    return [
      { hostname: "127.0.0.1" },
      { hostname: "::1", mayFail: (error) => !isInUse(error) },
    ];
  }
  return addresses.flatMap((address) =>
    address === "*"
      ? [
        { hostname: "::", mayFail: (error: unknown) => !isInUse(error) },
        // Most systems let the IPv6 listener take IPv4 clients too; then this is "in use" by ourselves.
        {
          hostname: "0.0.0.0",
          mayFail: (error: unknown, elsewhere: boolean) =>
            elsewhere && isInUse(error),
        },
      ]
      : [{ hostname: unbracket(address) }]
  );
}

/** `[::1]` is `::1` to the system. */
export function unbracket(address: string): string {
  return /^\[.*\]$/.test(address) ? address.slice(1, -1) : address;
}

function isInUse(error: unknown): boolean {
  return error instanceof Deno.errors.AddrInUse;
}

function listenError(
  hostname: string,
  port: number,
  cause: unknown,
): ListenError {
  const where = hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
  return new ListenError(`Cannot listen on ${where}: ${whyNot(cause, port)}`, {
    cause,
  });
}

function whyNot(error: unknown, port: number): string {
  if (isInUse(error)) {
    return "address already in use (another program listens there; --port=0 picks a free port)";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return port < 1024
      ? "permission denied (ports below 1024 are for root; use --port=8080)"
      : "permission denied";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "this machine has no such address";
  }
  const message = error instanceof Error ? error.message : String(error);
  return message.includes("lookup address")
    ? `the name cannot be looked up (${message})`
    : message;
}

/** A place, as the log names it. */
export function nameOf(addr: Deno.Addr): string {
  return addr.transport === "tcp"
    ? `${addr.hostname} port ${addr.port}`
    : (addr as Deno.UnixAddr).path;
}
