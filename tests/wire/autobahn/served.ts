/**
 * A real server that echoes, for cases that are run once more against all of
 * it: the handshake, a session, and `cat`.
 *
 * @module
 */
import { serve, type ServeOptions, type Server } from "../../../lib/mod.ts";
import { KEY } from "../../helpers/raw_client.ts";
import { inTime, Peer } from "../peer.ts";

/** A connection to a server of its own. */
export interface Served extends AsyncDisposable {
  readonly peer: Peer;
  /** What the server has agreed to of what was offered, or null. */
  readonly extensions: string | null;
}

/**
 * Starts a server on the wire engine that runs `cat`, and opens a WebSocket.
 * Binary messages go through `framing: "length32"`, which takes no others;
 * texts through `nul`, which ends them with a byte that they do not have.
 *
 * @param offer For `Sec-WebSocket-Extensions`; the server compresses if there is one.
 */
export async function connectServed(
  options: Partial<ServeOptions>,
  offer: string | null = null,
): Promise<Served> {
  const server = await serve({
    command: "cat",
    engine: "wire",
    compress: offer !== null,
    port: 0,
    address: ["127.0.0.1"],
    pingMs: 0,
    ...options,
  });
  try {
    const { port } = server.addresses[0];
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay(true);
    const peer = new Peer(conn);
    return {
      peer,
      extensions: await handshake(conn, port, offer),
      async [Symbol.asyncDispose](): Promise<void> {
        peer.close();
        await end(server);
      },
    };
  } catch (error) {
    await end(server);
    throw error;
  }
}

/** Opens a WebSocket. Returns the extensions that the server has agreed to. */
async function handshake(
  conn: Deno.TcpConn,
  port: number,
  offer: string | null,
): Promise<string | null> {
  const lines = [
    "GET / HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${KEY}`,
    "Sec-WebSocket-Version: 13",
    ...offer === null ? [] : [`Sec-WebSocket-Extensions: ${offer}`],
    "\r\n",
  ];
  await conn.write(new TextEncoder().encode(lines.join("\r\n")));
  const bytes = new Uint8Array(4096);
  let head = "";
  // Nothing follows it: `cat` speaks when it is spoken to.
  while (!head.endsWith("\r\n\r\n")) {
    const count = await inTime(conn.read(bytes), "the handshake");
    if (count === null) throw new Error(`The handshake ended after ${head}`);
    head += new TextDecoder().decode(bytes.subarray(0, count));
  }
  if (!head.startsWith("HTTP/1.1 101 ")) throw new Error(head);
  return /\r\nsec-websocket-extensions: *([^\r]*)/i.exec(head)?.[1] ?? null;
}

async function end(server: Server): Promise<void> {
  await inTime(server.kill(), "the server to end");
}
