/**
 * How connections are served: by the runtime, or by this library.
 *
 * @module
 */
import { answerNatively } from "../handler.ts";
import { type Client, clientOf } from "../http/client.ts";
import type { ResolvedOptions } from "../options.ts";
import type { Duplex } from "../socket/wire/duplex.ts";
import { Acceptor } from "./acceptor.ts";
import { CertificateFiles } from "./certificate_files.ts";
import { InnerServer } from "./inner_server.ts";
import type { Listening, TcpPlace } from "./listen.ts";
import { Listener } from "./listener.ts";
import type { ListenPlan, TlsFiles } from "./serve_options.ts";
import type { TlsServer } from "./tls_server.ts";
import { UnixSocket } from "./unix_socket.ts";
import { WireServer } from "./wire_server.ts";

const NOTHING = new Uint8Array(0);

/** Serves connections that were accepted here. */
interface ConnServer {
  serve(duplex: Duplex, client: Client): Promise<void>;
  shutdown(): Promise<void>;
}

/** What ends TLS, and the certificates it shows. */
interface Tls {
  readonly server: TlsServer;
  readonly files: CertificateFiles;
}

/** Opens places to listen on, and serves who comes there. */
export class Engine {
  readonly #context: ResolvedOptions;
  readonly #tls: Tls | null;
  /** Null if the runtime does all of it. */
  readonly #server: ConnServer | null;

  /** @throws {ListenError} If a certificate cannot be used. */
  static async start(
    { engine, tls }: ListenPlan,
    context: ResolvedOptions,
  ): Promise<Engine> {
    const ending = tls && await startTls(tls, context);
    const server = engine === "wire"
      ? new WireServer(context)
      : tls && behindTls(context);
    return new Engine(context, ending, server);
  }

  private constructor(
    context: ResolvedOptions,
    tls: Tls | null,
    server: ConnServer | null,
  ) {
    this.#context = context;
    this.#tls = tls;
    this.#server = server;
  }

  /** Listens. Rejects with whatever the runtime throws if it cannot. */
  async open(place: TcpPlace | UnixSocket): Promise<Listening> {
    return await (this.#server === null
      ? this.#native(place)
      : this.#accept(place, this.#server));
  }

  /** Ends what has been left open when nothing is listened on any more. Never rejects. */
  async shutdown(): Promise<void> {
    this.#tls?.server.shutdown();
    await Promise.all([this.#tls?.files.close(), this.#server?.shutdown()]);
  }

  #native(place: TcpPlace | UnixSocket): Listening {
    const context = this.#context;
    const listen = (where: TcpPlace | { readonly path: string }) =>
      new Listener(
        where,
        (request, info) => answerNatively(request, info, context),
        context.onEvent,
      );
    if (!(place instanceof UnixSocket)) return listen(place);
    return onFile(place, place.bind(() => listen({ path: place.path })));
  }

  #accept(place: TcpPlace | UnixSocket, server: ConnServer): Listening {
    const { onEvent } = this.#context;
    if (place instanceof UnixSocket) {
      const { path } = place;
      const listener = place.bind(() =>
        Deno.listen({ transport: "unix", path })
      );
      const acceptor = new Acceptor(
        listener,
        (conn) => void this.#serve(conn, server),
        onEvent,
      );
      return onFile(place, acceptor);
    }
    return new Acceptor(Deno.listen({ ...place }), (conn) => {
      try {
        // A message waits for nothing (Nagle's algorithm holds the second back).
        conn.setNoDelay(true);
      } catch {
        // The client has left already, which reading will show.
      }
      void this.#serve(conn, server);
    }, onEvent);
  }

  async #serve(conn: Deno.Conn, server: ConnServer): Promise<void> {
    if (this.#tls === null) return server.serve(conn, clientOf(conn));
    const client = clientOf(conn, true);
    const secured = await this.#tls.server.secure(conn);
    if (secured === null) return;
    const { duplex, certificate } = secured;
    await server.serve(duplex, { ...client, certificate });
  }
}

/** @throws {ListenError} If a certificate cannot be used. */
async function startTls(
  files: TlsFiles,
  { onEvent }: ResolvedOptions,
): Promise<Tls> {
  // Most servers never need it, and it takes its time.
  const { TlsServer } = await import("./tls_server.ts");
  const opened = await CertificateFiles.open(files, { onEvent });
  return { files: opened, server: new TlsServer(opened) };
}

/** The runtime behind TLS that is ended here: only so can a certificate be renewed. */
function behindTls(context: ResolvedOptions): ConnServer {
  const inner = new InnerServer<Client>(
    (request, info, client) => answerNatively(request, info, context, client),
    context.onEvent,
  );
  return {
    serve: (duplex, client) => inner.splice(duplex, NOTHING, client),
    shutdown: () => inner.shutdown(),
  };
}

/** Leaves no file behind. */
function onFile(socket: UnixSocket, listening: Listening): Listening {
  let down: Promise<void> | null = null;
  return {
    addr: listening.addr,
    shutdown: () => down ??= socket.release(() => listening.shutdown()),
  };
}
