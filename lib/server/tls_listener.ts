/**
 * Listening with TLS.
 *
 * @module
 */
import type { Accepting } from "./acceptor.ts";
import type { CertificateFiles } from "./certificate_files.ts";
import type { TcpPlace } from "./listen.ts";
import { clientOf } from "../http/client.ts";
import type { EventSink } from "../events.ts";
import type {
  SecureDuplex,
  TlsServer,
  TlsServerOptions,
} from "./tls_server.ts";
import { UnixSocket } from "./unix_socket.ts";

/** A connection whose handshake is over. */
export interface SecureConn extends SecureDuplex {
  readonly remoteAddr: Deno.Addr;
}

/** Options of {@linkcode TlsListener.listen}. */
export interface TlsListenerOptions extends TlsServerOptions {
  /** Hears of handshakes that fail. */
  readonly onEvent?: EventSink;
}

/**
 * Accepts connections with TLS, each when its handshake is over. Handshakes go
 * on side by side; one that fails is dropped.
 */
export class TlsListener implements Accepting<SecureConn> {
  readonly #listener: Deno.Listener;
  readonly #server: TlsServer;
  readonly #onEvent: EventSink;
  /** What came before anybody has asked. */
  readonly #waiting: SecureConn[] = [];
  #taker: PromiseWithResolvers<SecureConn> | null = null;
  #accepting: Promise<void> | null = null;
  #isClosed = false;

  /**
   * Listens until `close`.
   *
   * @throws {Error} What `Deno.listen` throws if it cannot; a {@linkcode ListenError} on a unix socket.
   */
  static async listen(
    place: TcpPlace | UnixSocket,
    files: CertificateFiles,
    { onEvent, ...options }: TlsListenerOptions = {},
  ): Promise<TlsListener> {
    // Loaded only now: a server without TLS starts without `node:tls`.
    const { TlsServer } = await import("./tls_server.ts");
    const listener: Deno.Listener = place instanceof UnixSocket
      ? place.bind(() => Deno.listen({ transport: "unix", path: place.path }))
      : Deno.listen({ ...place });
    return new TlsListener(listener, new TlsServer(files, options), onEvent);
  }

  /** For `listen`. */
  constructor(
    listener: Deno.Listener,
    server: TlsServer,
    onEvent: EventSink = () => {},
  ) {
    this.#listener = listener;
    this.#server = server;
    this.#onEvent = onEvent;
  }

  get addr(): Deno.Addr {
    return this.#listener.addr;
  }

  /** Rejects if no connection can be accepted, and when it is closed. */
  accept(): Promise<SecureConn> {
    const next = this.#waiting.shift();
    if (next !== undefined) return Promise.resolve(next);
    if (this.#isClosed) return Promise.reject(closed());
    this.#taker = Promise.withResolvers();
    this.#accepting ??= this.#accept();
    return this.#taker.promise;
  }

  /** Accepts no more. Connections handed out live on; handshakes end. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listener.close();
    this.#server.shutdown();
    for (const { duplex } of this.#waiting.splice(0)) duplex.close();
    this.#take()?.reject(closed());
  }

  /** Accepts until that fails, and says so to who asks. Goes on when it is asked again. */
  async #accept(): Promise<void> {
    for (;;) {
      let conn: Deno.Conn;
      try {
        conn = await this.#listener.accept();
      } catch (error) {
        this.#accepting = null;
        this.#take()?.reject(error);
        return;
      }
      void this.#secure(conn);
    }
  }

  async #secure(conn: Deno.Conn): Promise<void> {
    const { remoteAddr } = conn;
    try {
      // Both a handshake and a message wait for nothing (Nagle's algorithm).
      if (remoteAddr.transport === "tcp") {
        (conn as Deno.TcpConn).setNoDelay(true);
      }
    } catch {
      // The client has left already, which the handshake will show.
    }
    const secured = await this.#server.secure(conn);
    if ("reason" in secured) {
      if (secured.reason !== null) this.#failed(remoteAddr, secured.reason);
      return;
    }
    const taker = this.#take();
    if (taker !== null) taker.resolve({ ...secured, remoteAddr });
    else if (this.#isClosed) secured.duplex.close();
    else this.#waiting.push({ ...secured, remoteAddr });
  }

  #failed(remoteAddr: Deno.Addr, reason: string): void {
    const { hostname, port } = clientOf({ remoteAddr });
    this.#onEvent({
      type: "tls.failed",
      remoteAddr: hostname,
      remotePort: port,
      reason,
    });
  }

  #take(): PromiseWithResolvers<SecureConn> | null {
    const taker = this.#taker;
    this.#taker = null;
    return taker;
  }
}

function closed(): Error {
  return new Deno.errors.BadResource("The listener is closed");
}
