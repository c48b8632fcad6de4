import { within } from "./deadline.ts";

const DECODER = new TextDecoder();

/** What a proxy does with its next connections. */
export interface ProxyRules {
  /** After how many bytes, of both directions together, a connection is cut. Asked once for each. */
  readonly cutAfter?: () => number;
  /** What the server says when the connection is cut: that does not arrive any more. */
  readonly cutAt?: string;
  /** Whether to end connections before anything went through. */
  readonly refuses?: boolean;
}

/** Stands between a client and a server, and cuts the connection without a word: neither side gets a close frame. */
export class TcpProxy implements AsyncDisposable {
  rules: ProxyRules = {};
  /** Connections so far. */
  connections = 0;
  readonly #port: number;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.TcpConn>();
  readonly #accepting: Promise<void>;

  /** @param port Where the server is. */
  constructor(port: number) {
    this.#port = port;
    this.#accepting = this.#accept();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/`;
  }

  /** Cuts all connections. */
  cut(): void {
    for (const conn of this.#open) close(conn);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await within(this.#accepting, "the proxy to end");
  }

  async #accept(): Promise<void> {
    const carrying: Promise<void>[] = [];
    try {
      for await (const conn of this.#listener) {
        this.connections++;
        carrying.push(this.#carry(conn));
      }
    } catch {
      // Closed.
    }
    await Promise.all(carrying);
  }

  async #carry(client: Deno.TcpConn): Promise<void> {
    const { cutAfter = () => Infinity, cutAt, refuses = false } = this.rules;
    if (refuses) return close(client);
    let left = cutAfter();
    this.#open.add(client);
    try {
      using server = await Deno.connect({
        hostname: "127.0.0.1",
        port: this.#port,
      });
      this.#open.add(server);
      const pipe = async (from: Deno.TcpConn, to: Deno.TcpConn) => {
        const chunk = new Uint8Array(16_384);
        try {
          for (let count; (count = await from.read(chunk)) !== null;) {
            if (cutAt !== undefined && from === server) {
              const said = DECODER.decode(chunk.subarray(0, count));
              if (said.includes(cutAt)) break;
            }
            const passed = Math.min(count, left);
            left -= passed;
            for (let at = 0; at < passed;) {
              at += await to.write(chunk.subarray(at, passed));
            }
            if (left === 0) break;
          }
        } catch {
          // Cut.
        }
        close(client);
        close(server);
      };
      await Promise.all([pipe(client, server), pipe(server, client)]);
      this.#open.delete(server);
    } catch {
      // No server.
    }
    close(client);
    this.#open.delete(client);
  }
}

function close(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}
