/**
 * Connections to servers: TCP, TLS, Unix sockets.
 *
 * @module
 */
import type { Target } from "./target.ts";

/** How a server is reached. */
export interface DialOptions {
  /** Path of a Unix socket to connect to, whatever host the address names. */
  readonly unixSocket?: string;
  /** Certificates in PEM form, of authorities to trust beside the usual ones. */
  readonly caCert?: string;
  /** The client's own certificate in PEM form, for servers that ask for one; with `key`. */
  readonly cert?: string;
  /** Its private key in PEM form. */
  readonly key?: string;
}

/**
 * Connects.
 *
 * @param signal Ends the attempt.
 * @throws What the runtime throws; see {@linkcode whyNotConnected}.
 */
export async function dial(
  target: Target,
  { unixSocket, caCert, cert, key }: DialOptions,
  signal: AbortSignal,
): Promise<Deno.Conn> {
  const { hostname, port, isSecure } = target;
  if (unixSocket !== undefined) {
    return await orAborted(
      Deno.connect({ transport: "unix", path: unixSocket }),
      signal,
    );
  }
  if (!isSecure) {
    const conn = await Deno.connect({ hostname, port, signal });
    conn.setNoDelay(true);
    return conn;
  }
  const connecting = Deno.connectTls({
    hostname,
    port,
    alpnProtocols: ["http/1.1"],
    caCerts: caCert === undefined ? [] : [caCert],
    ...cert !== undefined && key !== undefined ? { cert, key } : {},
  });
  const conn = await orAborted(connecting, signal);
  const close = (): void => conn.close();
  signal.addEventListener("abort", close);
  try {
    // A failure of its own, apart from one while reading.
    await conn.handshake();
  } catch (error) {
    if (!signal.aborted) conn.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", close);
  }
  return conn;
}

/** Says in words why a connection failed, and whether another attempt may be worth it. */
export function whyNotConnected(
  error: unknown,
): { readonly reason: string; readonly isTemporary: boolean } {
  if (!(error instanceof Error)) throw error;
  const certificate = whyCertificateRefused(error.message);
  if (certificate !== null) return { reason: certificate, isTemporary: false };
  if (/InvalidContentType|wrong version/i.test(error.message)) {
    return {
      reason: "it does not speak TLS there (ws:// instead of wss://?)",
      isTemporary: false,
    };
  }
  return { reason: inWords(error), isTemporary: true };
}

/** For what takes no signal itself: a connection that comes too late is closed. */
function orAborted<Conn extends Deno.Conn>(
  connecting: Promise<Conn>,
  signal: AbortSignal,
): Promise<Conn> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason);
      connecting.then((conn) => conn.close(), () => {});
    };
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort);
    const done = (): void => signal.removeEventListener("abort", abort);
    connecting.then(resolve, reject).finally(done);
  });
}

function whyCertificateRefused(message: string): string | null {
  if (!/certificate/i.test(message)) return null;
  if (/CertificateRequired/i.test(message)) {
    return "it asks for a certificate of yours (--cert and --key)";
  }
  if (/UnknownIssuer|SelfSigned/i.test(message)) {
    return "its certificate is signed by nobody known here (--cacert=FILE adds who is to be trusted)";
  }
  if (/not ?valid ?for ?name/i.test(message)) {
    return "its certificate is for another host name";
  }
  if (/CaUsedAsEndEntity/i.test(message)) {
    return "its certificate is that of an authority, not of a server (make one with basicConstraints=CA:FALSE and its name as subjectAltName)";
  }
  if (/Expired/i.test(message)) return "its certificate has expired";
  if (/not ?valid ?yet/i.test(message)) {
    return "its certificate is not valid yet";
  }
  return message;
}

function inWords(error: Error): string {
  if (error instanceof Deno.errors.ConnectionRefused) {
    return "connection refused";
  }
  if (error instanceof Deno.errors.ConnectionReset) return "connection reset";
  if (error instanceof Deno.errors.TimedOut) return "no answer";
  if (error instanceof Deno.errors.NotFound) return "no such socket";
  if (error instanceof Deno.errors.UnexpectedEof) {
    return "it ended the connection, as one does that asks for a certificate (--cert and --key)";
  }
  if (/lookup address/i.test(error.message)) return "unknown host name";
  return error.message.replace(/ \(os error \d+\)$/, "");
}
