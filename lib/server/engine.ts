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
import type { ListenPlan } from "./serve_options.ts";
import { TlsListener } from "./tls_listener.ts";
import { UnixSocket } from "./unix_socket.ts";
import { WireServer } from "./wire_server.ts";

const NOTHING = new Uint8Array(0);

/** Serves connections that were accepted here. */
interface ConnServer {
  serve(duplex: Duplex, client: Client): Promise<void>;
  shutdown(): Promise<void>;
}

/** Opens places to listen on, and serves who comes there. */
export class Engine {
  readonly #context: ResolvedOptions;
  /** Null if there is no TLS. */
  readonly #certificates: CertificateFiles | null;
  /** Null if the runtime does all of it. */
  readonly #server: ConnServer | null;

  /** @throws {ListenError} If a certificate cannot be used. */
  static async start(
    { engine, tls }: ListenPlan,
    context: ResolvedOptions,
  ): Promise<Engine> {
    const { onEvent } = context;
    const certificates = tls && await CertificateFiles.open(tls, { onEvent });
    const server = engine === "wire"
      ? new WireServer(context)
      : tls && behindTls(context);
    return new Engine(context, certificates, server);
  }

  private constructor(
    context: ResolvedOptions,
    certificates: CertificateFiles | null,
    server: ConnServer | null,
  ) {
    this.#context = context;
    this.#certificates = certificates;
    this.#server = server;
  }

  /** Listens. Rejects with whatever the runtime throws if it cannot. */
  async open(place: TcpPlace | UnixSocket): Promise<Listening> {
    if (this.#server === null) return this.#native(place);
    if (this.#certificates !== null) {
      return await this.#secure(place, this.#certificates, this.#server);
    }
    return this.#plain(place, this.#server);
  }

  /** Ends what has been left open when nothing is listened on any more. Never rejects. */
  async shutdown(): Promise<void> {
    await Promise.all([this.#certificates?.close(), this.#server?.shutdown()]);
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

  #plain(place: TcpPlace | UnixSocket, server: ConnServer): Listening {
    const { onEvent } = this.#context;
    if (place instanceof UnixSocket) {
      const { path } = place;
      const listener = place.bind(() =>
        Deno.listen({ transport: "unix", path })
      );
      const acceptor = new Acceptor(
        listener,
        (conn) => void server.serve(conn, clientOf(conn)),
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
      void server.serve(conn, clientOf(conn));
    }, onEvent);
  }

  async #secure(
    place: TcpPlace | UnixSocket,
    certificates: CertificateFiles,
    server: ConnServer,
  ): Promise<Listening> {
    const listener = await TlsListener.listen(place, certificates, {
      onEvent: this.#context.onEvent,
    });
    const acceptor = new Acceptor(listener, (conn) => {
      const { duplex, certificate } = conn;
      void server.serve(duplex, { ...clientOf(conn, true), certificate });
    }, this.#context.onEvent);
    return place instanceof UnixSocket ? onFile(place, acceptor) : acceptor;
  }
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
