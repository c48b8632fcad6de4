/**
 * TLS on connections that this server has accepted by itself.
 *
 * @module
 */
import { createServer, type TLSSocket } from "node:tls";
import type { Duplex } from "../socket/wire/duplex.ts";
import type { CertificateFiles } from "./certificate_files.ts";
import { GatedStream } from "./gated_stream.ts";
import { subjectName } from "./subject_name.ts";
import { TlsDuplex } from "./tls_duplex.ts";

/** How long a client may take for the handshake, in milliseconds. */
const HANDSHAKE_MS = 10_000;

/** A connection whose handshake is over. */
export interface SecureDuplex {
  readonly duplex: Duplex;
  /** Subject of the certificate that the client has shown and that was verified, as in `CN=ada,O=Example`; null if clients are asked for none. */
  readonly certificate: string | null;
}

/** Options of {@linkcode TlsServer}. */
export interface TlsServerOptions {
  /** How long a client may take for the handshake, in milliseconds. @default {10000} */
  readonly handshakeMs?: number;
}

/**
 * The server's side of TLS 1.2 and 1.3, for HTTP/1.1. Each connection is shown
 * the certificate that is current when it comes: a new one takes no other
 * listener, so that nobody who waits to be accepted is lost.
 *
 * It is `node:tls`: `Deno.listenTls` neither asks for certificates nor takes
 * another one while it listens.
 */
export class TlsServer {
  readonly #files: CertificateFiles;
  readonly #handshakeMs: number;
  readonly #shaking = new Set<GatedStream>();
  #isDown = false;

  constructor(
    files: CertificateFiles,
    { handshakeMs = HANDSHAKE_MS }: TlsServerOptions = {},
  ) {
    this.#files = files;
    this.#handshakeMs = handshakeMs;
  }

  /**
   * Shakes hands. The connection belongs to what is returned, or is closed.
   * Never rejects.
   *
   * @returns Null if the handshake fails: the client speaks something else, has left, has no certificate that is asked for, or takes too long.
   */
  async secure(conn: Duplex): Promise<SecureDuplex | null> {
    const stream = new GatedStream(conn);
    const timer = setTimeout(() => stream.destroy(), this.#handshakeMs);
    this.#shaking.add(stream);
    const over = () => {
      clearTimeout(timer);
      this.#shaking.delete(stream);
    };
    stream.on("error", () => {});
    stream.once("close", over);
    if (this.#isDown) stream.destroy();
    const socket = await shakeHands(stream, this.#files.current);
    if (socket === null) {
      // Behind the alert that says why.
      stream.end(() => stream.destroy());
      return null;
    }
    over();
    const duplex = new TlsDuplex(socket, stream);
    if (this.#files.current.ca === undefined) {
      return { duplex, certificate: null };
    }
    const certificate = subjectName(socket.getPeerCertificate()?.raw);
    // The handshake fails without one that is verified. Should it ever not, this must.
    if (socket.authorized && certificate !== null) {
      return { duplex, certificate };
    }
    duplex.close();
    return null;
  }

  /** Ends handshakes. Connections that have been secured live on. */
  shutdown(): void {
    this.#isDown = true;
    for (const stream of this.#shaking) stream.destroy();
  }
}

/** Null if it fails. */
function shakeHands(
  stream: GatedStream,
  { cert, key, ca }: CertificateFiles["current"],
): Promise<TLSSocket | null> {
  const { promise, resolve } = Promise.withResolvers<TLSSocket | null>();
  const asksClients = ca !== undefined;
  // One for each connection, which it never listens for: the certificates are
  // its own, and the only public way to have those of clients verified.
  const server = createServer({
    cert,
    key,
    ca,
    requestCert: asksClients,
    rejectUnauthorized: asksClients,
    // TLS 1.0 and 1.1 are deprecated (RFC 8996).
    minVersion: "TLSv1.2",
    ALPNProtocols: ["http/1.1"],
    allowHalfOpen: true,
  });
  server.once("secureConnection", resolve);
  server.on("tlsClientError", () => resolve(null));
  stream.once("close", () => resolve(null));
  stream.open();
  server.emit("connection", stream);
  return promise;
}
