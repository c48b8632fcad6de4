/**
 * TLS on connections that this server has accepted by itself.
 *
 * @module
 */
import { createServer, type TLSSocket } from "node:tls";
import type { Duplex } from "../socket/wire/duplex.ts";
import type { CertificateFiles, Certificates } from "./certificate_files.ts";
import { closeQuietly } from "./close_quietly.ts";
import { GatedStream } from "./gated_stream.ts";
import { subjectName } from "./subject_name.ts";
import { TlsDuplex } from "./tls_duplex.ts";
import { writeAll } from "./write_all.ts";

/** How long a client may take for the handshake, in milliseconds. */
const HANDSHAKE_MS = 10_000;

/** How many bytes are read to see what a client speaks; the hello of TLS mostly fits. */
const FIRST = 1 << 11;
/** What a TLS connection begins with (RFC 8446 §5.1). */
const HANDSHAKE = 22;
const PLAIN_ANSWER = new TextEncoder().encode(
  "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n" +
    "Connection: close\r\n\r\nThis port speaks TLS: write https:// or wss://\n",
);

/** How long after the end of a connection it may take to hear why, in milliseconds. */
const TELLS_MS = 1000;
const HAS_LEFT = "the client has left in the middle of it";
/** What is wrong with certificates of clients, by the codes of OpenSSL. */
const WRONG: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "has expired",
  CERT_NOT_YET_VALID: "is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT:
    "is signed by itself, and not by one of the authorities of --sslca",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "cannot be verified: no authority of --sslca has signed it, or it is expired, not for clients, or of X.509 version 1, as openssl x509 makes it without -extfile",
};

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

/** A handshake that came to nothing. */
export interface TlsFailure {
  /** Why, for who operates the server; null if there is nothing to tell: the client has left without a word, or the server stops. */
  readonly reason: string | null;
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
  /** Ends a handshake. */
  readonly #shaking = new Set<() => void>();
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
   * @returns A failure if the client speaks something else, has left, has no certificate that is asked for, or takes too long.
   */
  async secure(conn: Duplex): Promise<SecureDuplex | TlsFailure> {
    const end = () => closeQuietly(conn);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      end();
    }, this.#handshakeMs);
    this.#shaking.add(end);
    if (this.#isDown) end();
    try {
      const made = await this.#shakeHands(conn);
      if ("duplex" in made) return made;
      return this.#isDown ? { reason: null } : isLate ? this.#tooLate() : made;
    } catch {
      end();
      return isLate && !this.#isDown ? this.#tooLate() : { reason: null };
    } finally {
      clearTimeout(timer);
      this.#shaking.delete(end);
    }
  }

  /** Ends handshakes. Connections that have been secured live on. */
  shutdown(): void {
    this.#isDown = true;
    for (const end of this.#shaking) end();
  }

  #tooLate(): TlsFailure {
    return { reason: `it took longer than ${this.#handshakeMs / 1000} s` };
  }

  async #shakeHands(conn: Duplex): Promise<SecureDuplex | TlsFailure> {
    const first = new Uint8Array(FIRST);
    const count = await conn.read(first);
    if (count === null || first[0] !== HANDSHAKE) {
      if (count !== null) await refusePlain(conn);
      closeQuietly(conn);
      return {
        reason: count === null
          ? null
          : "the client does not speak TLS (https:// and wss://, not http:// and ws://)",
      };
    }
    const certificates = this.#files.current;
    const stream = new GatedStream(conn, first.subarray(0, count));
    const secured = await securedBy(stream, certificates);
    if ("reason" in secured) return secured;
    const { duplex, socket } = secured;
    if (certificates.ca === undefined) return { duplex, certificate: null };
    const certificate = subjectName(socket.getPeerCertificate()?.raw);
    // The handshake fails without one that is verified. Should it ever not, this must.
    if (socket.authorized && certificate !== null) {
      return { duplex, certificate };
    }
    duplex.close();
    return { reason: "the certificate of the client was not verified" };
  }
}

/** Tells a client that has mistaken the scheme. */
async function refusePlain(conn: Duplex): Promise<void> {
  await writeAll(conn, PLAIN_ANSWER);
  await conn.closeWrite();
}

/** @param code What is wrong with the certificate, if that is why. Whoever is refused for it is disconnected without a word. */
function whyFailed({ message }: Error, code: unknown): string {
  if (typeof code === "string") {
    return `the certificate of the client ${
      WRONG[code] ?? `was not verified (${code})`
    }`;
  }
  return message === "socket hang up" ? HAS_LEFT : message;
}

interface Secured {
  readonly socket: TLSSocket;
  readonly duplex: TlsDuplex;
}

/** If the handshake fails, the stream is destroyed. */
function securedBy(
  stream: GatedStream,
  { cert, key, ca }: Certificates,
): Promise<Secured | TlsFailure> {
  const { promise, resolve } = Promise.withResolvers<Secured | TlsFailure>();
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
  let telling: ReturnType<typeof setTimeout> | undefined;
  // Who ends the connection because of a certificate says so in a moment.
  const left = () => {
    telling = setTimeout(settle, TELLS_MS, { reason: HAS_LEFT });
  };
  const settle = (result: Secured | TlsFailure) => {
    clearTimeout(telling);
    stream.off("close", left);
    resolve(result);
  };
  server.once("secureConnection", (socket: TLSSocket) => {
    // At once: nothing that happens to it may go unheard.
    settle({ socket, duplex: new TlsDuplex(socket, stream) });
  });
  server.on("tlsClientError", (error: Error, { authorizationError }) => {
    settle({ reason: whyFailed(error, authorizationError) });
    stream.destroy();
  });
  stream.on("error", () => {});
  stream.once("close", left);
  stream.open();
  server.emit("connection", stream);
  return promise;
}
