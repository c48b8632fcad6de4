/**
 * Trying to listen, to know whether a server could.
 *
 * @module
 */
import { ListenError } from "../errors.ts";
import { listen, type Listening, type TcpPlace } from "./listen.ts";
import { type ListenPlan, parsePlace } from "./serve_options.ts";
import { UnixSocket } from "./unix_socket.ts";

/** What came of trying to listen for one purpose. */
export interface TriedPlace {
  /** The flag that names the place. */
  readonly flag: "--port" | "--redirport" | "--adminaddress" | "--unixsocket";
  /** The port that was asked for, null for a unix socket. */
  readonly port: number | null;
  /** Where a server would listen; empty if it cannot. */
  readonly addresses: readonly Deno.Addr[];
  /** Why it cannot, or null. */
  readonly error: ListenError | null;
  /** Whether the unix socket of a server that has ended is in its place, and would be replaced. */
  readonly isStale: boolean;
}

/**
 * Listens in all the places of a plan at the same time, as the server does, and
 * stops at once. Clients that come in that moment are sent away.
 *
 * @param look Called for each place while all before it are listened on.
 */
export async function tryPlaces(
  plan: ListenPlan,
  look: (place: TriedPlace) => void,
): Promise<void> {
  const open: Listening[] = [];
  async function tryTcp(
    flag: TriedPlace["flag"],
    address: readonly string[] | undefined,
    port: number,
  ): Promise<void> {
    let found: Listening[] = [];
    const error = await errorOf(async () => {
      found = await listen(address, port, opened);
    });
    open.push(...found);
    const addresses = found.map(({ addr }) => addr);
    look({ flag, port, addresses, error, isStale: false });
  }
  try {
    if (plan.tcp) await tryTcp("--port", plan.address, plan.port);
    if (plan.unixSocket !== undefined) {
      look(await tryUnixSocket(plan.unixSocket, plan.unixSocketMode));
    }
    if (plan.redirPort !== undefined) {
      await tryTcp("--redirport", plan.address, plan.redirPort);
    }
    if (plan.adminAddress !== undefined) {
      const { hostname, port } = parsePlace(plan.adminAddress)!;
      await tryTcp("--adminaddress", [hostname], port);
    }
  } finally {
    await Promise.all(open.map((listening) => listening.shutdown()));
  }
}

async function tryUnixSocket(
  path: string,
  mode: number | undefined,
): Promise<TriedPlace> {
  let isStale = false;
  const error = await errorOf(async () => {
    isStale = await UnixSocket.inspect(path) === "stale";
    // It is there for whoever wants to know why the server has ended; only a server replaces it.
    if (isStale) return;
    const socket = new UnixSocket(path, mode);
    const listener = socket.bind(() =>
      Deno.listen({ transport: "unix", path })
    );
    await socket.release(() => listener.close());
  });
  const addresses = error === null
    ? [{ transport: "unix", path } as const]
    : [];
  return { flag: "--unixsocket", port: null, addresses, error, isStale };
}

async function errorOf(
  action: () => Promise<void>,
): Promise<ListenError | null> {
  try {
    await action();
    return null;
  } catch (error) {
    if (error instanceof ListenError) return error;
    throw error;
  }
}

/** Listens and accepts nobody. */
function opened({ hostname, port }: TcpPlace): Promise<Listening> {
  const listener = Deno.listen({ hostname, port });
  return Promise.resolve({
    addr: listener.addr,
    shutdown(): Promise<void> {
      listener.close();
      return Promise.resolve();
    },
  });
}
