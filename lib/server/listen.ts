/**
 * Listening on TCP addresses.
 *
 * @module
 */
import { ListenError, OptionError } from "../errors.ts";
import type { EventSink } from "../events.ts";
import { Listener } from "./listener.ts";

/** How often a free port is looked for that is free on both loopback addresses. */
const ATTEMPTS = 20;

/**
 * Listens on all of the addresses or on none.
 *
 * @param addresses Undefined listens on this machine's loopback addresses, of which one may be missing; `*` on all.
 * @param port The same on each; 0 picks one that is free.
 * @throws {ListenError} If an address cannot be listened on.
 */
export async function listen(
  addresses: readonly string[] | undefined,
  port: number,
  handle: Deno.ServeHandler,
  onEvent: EventSink,
): Promise<Listener[]> {
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new ListenError(
      `Cannot listen on port ${
        Deno.inspect(port)
      }: write a whole number from 0 to 65535 (--port)`,
    );
  }
  for (let attempt = 1;; attempt++) {
    const listeners: Listener[] = [];
    try {
      for (const wanted of wantedAddresses(addresses)) {
        // A port picked for the first address holds for the others.
        const at = listeners[0]?.addr.port ?? port;
        try {
          listeners.push(
            new Listener(
              { hostname: wanted.hostname, port: at },
              handle,
              onEvent,
            ),
          );
        } catch (error) {
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

/**
 * Checks what can be known about addresses before listening.
 *
 * @throws {OptionError} If they are no list of addresses.
 */
export function checkAddresses(addresses: readonly string[] | undefined): void {
  if (addresses === undefined) return;
  const wrong = Array.isArray(addresses)
    ? addresses.find((one) => typeof one !== "string" || !ADDRESS.test(one))
    : addresses;
  if (wrong === undefined) return;
  throw new OptionError(
    `Cannot use ${
      Deno.inspect(wrong)
    } for address (--address): write a list of addresses or host names without port, or * for all`,
  );
}

/** An IPv6 address with or without brackets, or anything else without a colon. */
const ADDRESS =
  /^(?:\[[0-9a-f:.]+(?:%\w+)?\]|(?=.*:.*:)[0-9a-f:.]+(?:%\w+)?|[^\s:/[\]]+)$/i;

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
