import { settlesWithin } from "../settles_within.ts";
import { writeAll } from "./write_all.ts";

/** How long a server may take to answer itself, in milliseconds. Long, as a busy machine is no reason to refuse. */
const PROBE_MS = 5000;

/** Has a server send secrets to itself, to see whether it is itself that its address leads to. */
export class SelfProbe {
  /** Secrets that have not arrived. */
  readonly #secrets = new Set<string>();

  /**
   * Whether a request reaches the server. It has then seen all connections that
   * were made before this one, and what had come on them.
   *
   * @throws {Error} If nobody can be reached.
   */
  async arrives(
    { hostname, port }: Pick<Deno.NetAddr, "hostname" | "port">,
  ): Promise<boolean> {
    const conn = await Deno.connect({ hostname, port });
    const secret = crypto.randomUUID();
    this.#secrets.add(secret);
    await settlesWithin(ask(conn, secret), PROBE_MS);
    conn.close();
    return !this.#secrets.delete(secret);
  }

  /** Answers a request that the server has sent to itself; null if it is another's. */
  answer({ url }: Request): Response | null {
    return this.#secrets.delete(url.slice(url.lastIndexOf("/") + 1))
      ? new Response(null, { status: 204 })
      : null;
  }
}

/** Sends a secret, and waits for the end of the answer: the server closes first, so that the port at this end is free at once. */
async function ask(conn: Deno.TcpConn, secret: string): Promise<void> {
  const request = `GET /${secret} HTTP/1.1\r\nConnection: close\r\n\r\n`;
  await writeAll(conn, new TextEncoder().encode(request));
  const answer = new Uint8Array(512);
  while (await conn.read(answer) !== null);
}
