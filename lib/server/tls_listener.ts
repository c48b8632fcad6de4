/**
 * Listening with TLS.
 *
 * @module
 */
import type { Socket } from "node:net";
import type { Server, TLSSocket } from "node:tls";
import type { Duplex } from "../socket/wire/duplex.ts";
import type { Accepting } from "./acceptor.ts";
import type { CertificateFiles } from "./certificate_files.ts";
import type { TcpPlace } from "./listen.ts";
import { NodeDuplex } from "./node_duplex.ts";
import { subjectName } from "./subject_name.ts";
import { UnixSocket } from "./unix_socket.ts";

/** How long a client may take for the TLS handshake, in milliseconds. */
const HANDSHAKE_MS = 10_000;

/** TLS 1.0 and 1.1 are deprecated (RFC 8996). */
const MIN_VERSION = "TLSv1.2";

/** A connection whose TLS handshake is over. */
export interface SecureConn {
  readonly duplex: Duplex;
  readonly remoteAddr: Deno.Addr;
  /** Subject of the certificate that the client has shown and that was verified, as in `CN=ada,O=Example`, or null. */
  readonly certificate: string | null;
}

/** Where to listen: on TCP, or on a unix socket. */
export type TlsPlace =
  | TcpPlace & {
    /** Whether several listeners of this program share the port. @default {false} */
    readonly reusePort?: boolean;
  }
  | UnixSocket;

/** Options of {@linkcode TlsListener.listen}. */
export interface TlsListenerOptions {
  /** How long a client may take for the handshake, in milliseconds. @default {10000} */
  readonly handshakeMs?: number;
}

/**
 * Accepts connections with TLS 1.2 or 1.3 that speak HTTP/1.1, each when its
 * handshake is over. Handshakes go on side by side; one that fails is dropped.
 * New certificates are shown to who connects from then on; the socket listened
 * on stays the same, so that nobody who waits in its queue is lost.
 *
 * It is `node:tls` underneath: `Deno.listenTls` neither asks for client
 * certificates nor takes a new certificate while it listens.
 */
export class TlsListener implements Accepting<SecureConn> {
  readonly addr: Deno.Addr;
  readonly #server: Server;
  readonly #asksClients: boolean;
  readonly #stopRenewing: () => void;
  readonly #shaking = new Set<Socket>();
  /** Accepted before anybody has asked. */
  readonly #waiting: (SecureConn | Error)[] = [];
  #taker: PromiseWithResolvers<SecureConn> | null = null;
  #isClosed = false;

  /**
   * Listens until `close`.
   *
   * @throws {Error} What `Deno.listen` throws if it cannot; a {@linkcode ListenError} on a unix socket.
   */
  static async listen(
    place: TlsPlace,
    files: CertificateFiles,
    { handshakeMs = HANDSHAKE_MS }: TlsListenerOptions = {},
  ): Promise<TlsListener> {
    const { createServer } = await import("node:tls");
    const server = createServer({
      ALPNProtocols: ["http/1.1"],
      allowHalfOpen: true,
      handshakeTimeout: handshakeMs,
      minVersion: MIN_VERSION,
      // Here and not with the certificates: the runtime does not look there.
      requestCert: files.asksClients,
      rejectUnauthorized: files.asksClients,
    });
    const stopRenewing = files.use((certificates) =>
      server.setSecureContext({ ...certificates, minVersion: MIN_VERSION })
    );
    const listening = Promise.withResolvers<void>();
    server.once("listening", listening.resolve);
    server.once("error", listening.reject);
    try {
      if (place instanceof UnixSocket) {
        place.bind(() => server.listen({ path: place.path }));
      } else {
        const { hostname: host, port, reusePort } = place;
        server.listen({ host, port, reusePort });
      }
      await listening.promise;
    } catch (error) {
      stopRenewing();
      // Says the same in the runtime's own kind of error.
      if (place instanceof UnixSocket) {
        const { path } = place;
        place.bind(() => Deno.listen({ transport: "unix", path })).close();
      } else Deno.listen({ ...place }).close();
      throw error;
    }
    return new TlsListener(server, files.asksClients, stopRenewing);
  }

  /** For `listen`. */
  constructor(
    server: Server,
    asksClients: boolean,
    stopRenewing: () => void,
  ) {
    this.#server = server;
    this.#asksClients = asksClients;
    this.#stopRenewing = stopRenewing;
    const address = server.address();
    this.addr = typeof address === "string" || address === null
      ? { transport: "unix", path: address ?? "" }
      : { transport: "tcp", hostname: address.address, port: address.port };
    server.on("connection", (socket: Socket) => {
      this.#shaking.add(socket);
      socket.once("close", () => this.#shaking.delete(socket));
    });
    server.on("tlsClientError", (_: Error, socket: TLSSocket) => {
      socket.destroy();
    });
    server.on("secureConnection", (socket: TLSSocket) => this.#shaken(socket));
    server.on("error", (error: Error) => this.#hand(error));
  }

  /** Rejects if no connection can be accepted, and when it is closed. */
  accept(): Promise<SecureConn> {
    const next = this.#waiting.shift();
    if (next instanceof Error) return Promise.reject(next);
    if (next !== undefined) return Promise.resolve(next);
    if (this.#isClosed) return Promise.reject(closed());
    this.#taker = Promise.withResolvers();
    return this.#taker.promise;
  }

  /** Accepts no more. Connections handed out live on; handshakes end. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopRenewing();
    this.#server.close();
    for (const socket of this.#shaking) socket.destroy();
    for (const conn of this.#waiting.splice(0)) {
      if (!(conn instanceof Error)) conn.duplex.close();
    }
    this.#taker?.reject(closed());
    this.#taker = null;
  }

  #shaken(socket: SecureSocket): void {
    if (socket._parent) this.#shaking.delete(socket._parent);
    const remoteAddr = this.#remoteAddrOf(socket);
    const certificate = this.#asksClients
      ? subjectName(socket.getPeerCertificate()?.raw)
      : null;
    // One that has left has no address any more. One without a certificate
    // cannot come this far; if it did, it must not go farther.
    if (
      this.#isClosed || remoteAddr === null ||
      (this.#asksClients && certificate === null)
    ) {
      socket.on("error", () => {});
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    this.#hand({
      duplex: new NodeDuplex(socket),
      remoteAddr,
      certificate,
    });
  }

  #remoteAddrOf({ remoteAddress, remotePort }: Socket): Deno.Addr | null {
    if (this.addr.transport !== "tcp") return this.addr;
    return remoteAddress === undefined || remotePort === undefined ? null : {
      transport: "tcp",
      hostname: remoteAddress,
      port: remotePort,
    };
  }

  #hand(next: SecureConn | Error): void {
    const taker = this.#taker;
    this.#taker = null;
    if (taker === null) this.#waiting.push(next);
    else if (next instanceof Error) taker.reject(next);
    else taker.resolve(next);
  }
}

/** The connection below it, whose handshake is watched: the two are one only to the runtime. */
interface SecureSocket extends TLSSocket {
  readonly _parent?: Socket;
}

function closed(): Error {
  return new Deno.errors.BadResource("The listener is closed");
}
