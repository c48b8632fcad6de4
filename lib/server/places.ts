/**
 * All the places where one server listens.
 *
 * @module
 */
import type { EventSink } from "../events.ts";
import { clientOf } from "../http/client.ts";
import { clientBehindProxies } from "../http/forwarded.ts";
import { describeRequest, targetOf } from "../http/request.ts";
import { answer } from "../http/router.ts";
import type { ResolvedOptions } from "../options.ts";
import { Engine } from "./engine.ts";
import { listen, type Listening, type TcpPlace } from "./listen.ts";
import { Listener } from "./listener.ts";
import { redirect } from "./redirect.ts";
import { type ListenPlan, parsePlace } from "./serve_options.ts";
import type { SharedPort } from "./shared_port.ts";
import { UnixSocket } from "./unix_socket.ts";

/** What a place is for. */
type Purpose = "clients" | "redirect" | "admin";

/** The places of a server that listens. */
export class Places {
  /** Where clients connect on TCP. */
  readonly addresses: readonly Deno.NetAddr[];
  readonly #open: readonly Listening[];
  readonly #engine: Engine;

  /**
   * Listens on all places or on none.
   *
   * @param port Where clients connect, if other servers listen there too.
   * @throws {ListenError} If it cannot, or a certificate cannot be used.
   */
  static async open(
    plan: ListenPlan,
    context: ResolvedOptions,
    port: SharedPort | null = null,
  ): Promise<Places> {
    const isApart = plan.adminAddress !== undefined;
    const engine = await Engine.start(
      plan,
      isApart ? { ...context, open: [], operator: [] } : context,
    );
    const open: Listening[] = [];
    try {
      const addresses = await openAll(plan, context, engine, port, open);
      return new Places(addresses, open, engine);
    } catch (error) {
      await Promise.all(open.map((place) => place.shutdown()));
      await engine.shutdown();
      throw error;
    }
  }

  private constructor(
    addresses: readonly Deno.NetAddr[],
    open: readonly Listening[],
    engine: Engine,
  ) {
    this.addresses = addresses;
    this.#open = open;
    this.#engine = engine;
  }

  /** Listens no more, lets answers leave that are on their way. Never rejects. */
  async shutdown(): Promise<void> {
    await Promise.all(this.#open.map((place) => place.shutdown()));
    await this.#engine.shutdown();
  }
}

/** @param open Receives what is open. */
async function openAll(
  plan: ListenPlan,
  context: ResolvedOptions,
  engine: Engine,
  shared: SharedPort | null,
  open: Listening[],
): Promise<Deno.NetAddr[]> {
  const { onEvent, findProgram } = context;
  const isSecure = plan.tls !== null;
  const scheme = `${findProgram === null ? "http" : "ws"}${
    isSecure ? "s" : ""
  }`;
  const announce = (
    listeners: readonly Listening[],
    scheme: string,
    purpose: Purpose,
  ) => {
    open.push(...listeners);
    for (const { addr } of listeners) tell(onEvent, addr, scheme, purpose);
  };

  const serve = (place: TcpPlace) => engine.open(place);
  const main = shared !== null
    ? await shared.listen(plan, serve)
    : plan.tcp
    ? await listen(plan.address, plan.port, serve)
    : [];
  const addresses = main.map(({ addr }) => addr as Deno.NetAddr);
  announce(main, scheme, "clients");
  if (plan.unixSocket !== undefined) {
    const { unixSocket, unixSocketMode } = plan;
    const socket = await UnixSocket.prepare(unixSocket, unixSocketMode);
    announce([await engine.open(socket)], scheme, "clients");
  }
  if (plan.redirPort !== undefined) {
    const options = {
      port: addresses[0].port,
      isSecure,
      host: context.access.host,
    };
    const listeners = await listen(
      plan.address,
      plan.redirPort,
      plainly((request, info) => {
        const response = redirect(request, options);
        tellRedirect(request, info, response.status, context);
        return response;
      }, onEvent),
    );
    announce(listeners, "http", "redirect");
  }
  if (plan.adminAddress !== undefined) {
    const { hostname, port } = parsePlace(plan.adminAddress)!;
    const admin = {
      ...context,
      findProgram: null,
      // Who may connect here is the operator's choice, not that of --auth and --host.
      open: [...context.open, ...context.operator],
      operator: [],
      responders: [],
    };
    const listeners = await listen(
      [hostname],
      port,
      plainly(
        (request, info) => answer(request, clientOf(info), admin),
        onEvent,
      ),
    );
    announce(listeners, "http", "admin");
  }
  return addresses;
}

/** Listens for plain HTTP, whatever the engine is. */
function plainly(
  handle: Deno.ServeHandler,
  onEvent: EventSink,
): (place: TcpPlace) => Promise<Listening> {
  return async (place) => await new Listener(place, handle, onEvent);
}

function tellRedirect(
  request: Request,
  info: Deno.ServeHandlerInfo,
  status: number,
  { onEvent, isTrusted }: ResolvedOptions,
): void {
  const client = clientBehindProxies(
    clientOf(info),
    request.headers,
    isTrusted,
  );
  onEvent({
    type: "request",
    request: describeRequest(request, targetOf(request), client),
    status,
    message: "REDIRECT",
  });
}

function tell(
  onEvent: EventSink,
  addr: Deno.Addr,
  scheme: string,
  purpose: Purpose,
): void {
  if (addr.transport !== "tcp") {
    const { path } = addr as Deno.UnixAddr;
    onEvent({
      type: "server.listening",
      url: `unix:${path}`,
      hostname: path,
      port: 0,
      purpose,
    });
    return;
  }
  const { hostname, port } = addr;
  const url = urlOf(scheme, addr);
  onEvent({ type: "server.listening", url, hostname, port, purpose });
}

/** The URL of an address; a wildcard address is reached by this machine's own name. */
export function urlOf(
  scheme: string,
  { hostname, port }: Deno.NetAddr,
): string {
  const host = hostname === "0.0.0.0" || hostname === "::"
    ? "localhost"
    : hostname.includes(":")
    ? `[${hostname}]`
    : hostname;
  return `${scheme}://${host}:${port}/`;
}
