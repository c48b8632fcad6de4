/**
 * A server that says what a test wants, byte by byte.
 *
 * @module
 */
import { FrameReader } from "../../lib/socket/wire/frame_reader.ts";
import { within } from "../helpers/deadline.ts";

/** One connection. */
export interface ScriptedConnection {
  /** The head of the request. */
  readonly request: string;
  /** Answer to the key in it. */
  readonly accept: string;
  write(text: string | Uint8Array): Promise<void>;
  /** Reads until the client says goodbye, or leaves without. */
  drain(): Promise<void>;
}

/** Listens on a free port; each connection plays the script. Ended with the scope it is declared in. */
export class ScriptedServer implements AsyncDisposable {
  /** Requests so far. */
  readonly requests: string[] = [];
  readonly #listener: Deno.Listener;
  readonly #script: (connection: ScriptedConnection) => Promise<void>;
  readonly #open = new Set<Deno.Conn>();
  readonly #accepting: Promise<void>;

  constructor(
    script: (connection: ScriptedConnection) => Promise<void>,
    listener: Deno.Listener = Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  ) {
    this.#script = script;
    this.#listener = listener;
    this.#accepting = this.#accept();
  }

  /** Always says the same. */
  static saying(text: string): ScriptedServer {
    return new ScriptedServer(({ write }) => write(text));
  }

  /** Shakes hands, writes bytes, and waits for the client to leave. */
  static upgrading(bytes: Uint8Array, headers = ""): ScriptedServer {
    return new ScriptedServer(async ({ accept, write, drain }) => {
      await write(switching(accept, headers));
      await write(bytes);
      await drain();
    });
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#open) close(conn);
    await within(this.#accepting, "the scripted server to end");
  }

  async #accept(): Promise<void> {
    const playing: Promise<void>[] = [];
    try {
      for await (const conn of this.#listener) playing.push(this.#play(conn));
    } catch {
      // Closed.
    }
    await Promise.all(playing);
  }

  async #play(conn: Deno.Conn): Promise<void> {
    this.#open.add(conn);
    try {
      const request = await readHead(conn);
      this.requests.push(request);
      const key = /^Sec-WebSocket-Key: (.*)$/im.exec(request)?.[1] ?? "";
      await this.#script({
        request,
        accept: await acceptOf(key.trim()),
        write: (text) => writeAll(conn, text),
        drain: () => drain(conn),
      });
    } catch {
      // The client has left.
    }
    this.#open.delete(conn);
    close(conn);
  }
}

/** The head of an answer that accepts. */
export function switching(accept: string, headers = ""): string {
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${headers}\r\n`;
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}

async function drain(conn: Deno.Conn): Promise<void> {
  const reader = new FrameReader();
  for (;;) {
    const finding = reader.next();
    if (finding === "close" || finding === "violation") return;
    if (finding !== "nothing") continue;
    const count = await conn.read(reader.room());
    if (count === null) return;
    reader.filled(count);
  }
}

async function readHead(conn: Deno.Conn): Promise<string> {
  const chunk = new Uint8Array(4096);
  let text = "";
  while (!text.includes("\r\n\r\n")) {
    const count = await conn.read(chunk);
    if (count === null) break;
    text += new TextDecoder().decode(chunk.subarray(0, count));
  }
  return text;
}

async function writeAll(
  conn: Deno.Conn,
  text: string | Uint8Array,
): Promise<void> {
  const bytes = typeof text === "string"
    ? new TextEncoder().encode(text)
    : text;
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(bytes.subarray(at));
  }
}

async function acceptOf(key: string): Promise<string> {
  const bytes = new TextEncoder().encode(
    `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
  );
  return new Uint8Array(await crypto.subtle.digest("SHA-1", bytes)).toBase64();
}
