/**
 * Who is at the other end of a connection.
 *
 * @module
 */

/** A client as its connection shows it, or as a trusted proxy tells. */
export interface Client {
  /** Its address, without brackets; `unix-socket` on a unix socket. */
  readonly hostname: string;
  /** Its port; 0 on a unix socket. */
  readonly port: number;
  /** Whether the connection is encrypted. */
  readonly isSecure: boolean;
  /** Subject of the certificate it has shown, as in `CN=ada,O=Example`, or null. */
  readonly certificate: string | null;
}

/** Address and port of the client. To be asked before the upgrade: afterwards the runtime does not know any more. */
export function clientOf(
  { remoteAddr }: { readonly remoteAddr: Deno.Addr },
  isSecure = false,
): Client {
  const client = { port: 0, isSecure, certificate: null };
  if (remoteAddr.transport !== "tcp") {
    return { ...client, hostname: "unix-socket" };
  }
  // A dual-stack listener shows IPv4 clients as IPv6 ones.
  const hostname = remoteAddr.hostname.replace(/^::ffff:(?=\d+\.)/i, "");
  return { ...client, hostname, port: remoteAddr.port };
}
