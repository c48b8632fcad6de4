/**
 * Clients for masses of messages, and for what a browser never does: send
 * frames by hand, not read, not answer, vanish. Nothing is read but by a call,
 * and nothing is answered but by a call.
 *
 * @module
 */
import { connect, type Socket } from "node:net";
import { within } from "./deadline.ts";

const UTF8 = new TextEncoder();
const TEXT = new TextDecoder();

/** Opcodes of frames (RFC 6455 §5.2). */
export const OPCODE = {
  CONTINUATION: 0,
  TEXT: 1,
  BINARY: 2,
  CLOSE: 8,
  PING: 9,
  PONG: 10,
} as const;

/** One frame from the server. */
export interface Frame {
  readonly fin: boolean;
  readonly opcode: number;
  /** Valid until the next frame is asked for. */
  readonly payload: Uint8Array;
}

/** What a close frame says. Without a code it is 1005, as in a browser. */
export interface Close {
  readonly code: number;
  readonly reason: string;
}

/** The request that opens a WebSocket. */
export function handshake(port: number): Uint8Array {
  return UTF8.encode(
    [
      `GET / HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "\r\n",
    ].join("\r\n"),
  );
}

/** A client's frame. Masked with zeros: every server has to take that, and it leaves the payload as it is. */
export function frame(
  opcode: number,
  payload: string | Uint8Array,
  fin = true,
): Uint8Array<ArrayBuffer> {
  const body = typeof payload === "string" ? UTF8.encode(payload) : payload;
  const size = body.byteLength;
  const width = size < 126 ? 0 : size < 65536 ? 2 : 8;
  const bytes = new Uint8Array(2 + width + 4 + size);
  const view = new DataView(bytes.buffer);
  bytes[0] = (fin ? 0x80 : 0) | opcode;
  bytes[1] = 0x80 | (width === 0 ? size : width === 2 ? 126 : 127);
  if (width === 2) view.setUint16(2, size);
  if (width === 8) view.setUint32(6, size);
  bytes.set(body, 2 + width + 4);
  return bytes;
}

/** A text message. */
export function text(message: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return frame(OPCODE.TEXT, message);
}

/** A close frame. */
export function closeFrame(code: number, reason = ""): Uint8Array<ArrayBuffer> {
  return frame(
    OPCODE.CLOSE,
    Uint8Array.of(code >> 8, code & 255, ...UTF8.encode(reason)),
  );
}

/** Puts frames behind one another, to leave in one write. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A WebSocket client of which every byte is in the test's hand. Its connection is dropped at the end of the scope it is declared in. */
export class BulkClient implements Disposable {
  readonly #conn: Deno.TcpConn;
  #buffer = new Uint8Array(1 << 17);
  #start = 0;
  #end = 0;
  #written: Promise<void> = Promise.resolve();
  #isOpen = true;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /**
   * Connects and completes the handshake.
   *
   * @throws {Error} If the server refuses; the message has its answer's head.
   */
  static async open(
    port: number,
    hostname?: string,
  ): Promise<BulkClient> {
    const client = await BulkClient.connect(port, hostname);
    try {
      await client.write(handshake(port));
      const head = await client.head();
      if (head.startsWith("HTTP/1.1 101 ")) return client;
      throw new Error(`Cannot open a WebSocket: ${head}`);
    } catch (error) {
      client.drop();
      throw error;
    }
  }

  /** Connects and sends nothing yet. */
  static async connect(
    port: number,
    hostname = "127.0.0.1",
  ): Promise<BulkClient> {
    const conn = await Deno.connect({ hostname, port });
    conn.setNoDelay(true);
    return new BulkClient(conn);
  }

  /** Sends bytes as they are. Waits as long as the server takes none. */
  write(bytes: Uint8Array): Promise<void> {
    // One after the other: an answer must not come in the middle of a message.
    const write = async () => {
      for (let at = 0; at < bytes.length;) {
        at += await this.#conn.write(bytes.subarray(at));
      }
    };
    const written = this.#written.then(write);
    this.#written = written.catch(() => {});
    return written;
  }

  /** Reads the head of the server's HTTP answer. */
  async head(): Promise<string> {
    for (;;) {
      const seen = TEXT.decode(this.#buffer.subarray(this.#start, this.#end));
      const end = seen.indexOf("\r\n\r\n");
      if (end !== -1) {
        this.#start += UTF8.encode(seen.slice(0, end + 4)).length;
        return seen.slice(0, end + 4);
      }
      if (!(await within(this.#fill(), "an HTTP answer"))) {
        throw new Error(`The server hung up after ${JSON.stringify(seen)}`);
      }
    }
  }

  /**
   * Reads the next frame; null when the server has ended the connection.
   *
   * @throws {Deno.errors.ConnectionReset} If the connection was reset.
   */
  async next(ms?: number): Promise<Frame | null> {
    for (;;) {
      const found = this.#parse();
      if (found !== null) return found;
      if (!(await within(this.#fill(), "a frame from the server", ms))) {
        return null;
      }
    }
  }

  /** Reads the next frame as text; of a close frame code and reason, as in `close 1000 exit 0`. */
  async nextText(ms?: number): Promise<string | null> {
    const found = await this.next(ms);
    if (found === null) return null;
    if (found.opcode !== OPCODE.CLOSE) return TEXT.decode(found.payload);
    const { code, reason } = readClose(found.payload);
    return `close ${code} ${reason}`.trimEnd();
  }

  /**
   * Reads to the close frame and answers it, then to the end of the connection.
   * Answers pings too: a busy machine takes longer than a server waits.
   *
   * @param each Sees every other frame.
   * @param answersPings Otherwise `each` sees pings as well.
   * @returns What the close frame said, or null if there was none.
   */
  async readToEnd(
    each: (frame: Frame) => void | Promise<void> = () => {},
    { answersPings = true }: { readonly answersPings?: boolean } = {},
  ): Promise<Close | null> {
    let close: Close | null = null;
    for (;;) {
      const found = await this.next();
      if (found === null) return close;
      if (found.opcode === OPCODE.CLOSE) {
        close = readClose(found.payload);
        // It cannot, once it has said that no more will come.
        await this.write(frame(OPCODE.CLOSE, found.payload.slice()))
          .catch(() => {});
      } else if (found.opcode === OPCODE.PING && answersPings) {
        // Not waited for: the server may take it only when it has been read from.
        this.write(frame(OPCODE.PONG, found.payload.slice())).catch(() => {});
      } else {
        const waits = each(found);
        if (waits !== undefined) await waits;
      }
    }
  }

  /** Ends this direction of the connection, without a close frame. */
  async finish(): Promise<void> {
    await this.#conn.closeWrite();
  }

  /** Ends the connection without a close frame; the system sends a reset if something from the server is unread. */
  drop(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#conn.close();
  }

  [Symbol.dispose](): void {
    this.drop();
  }

  async #fill(): Promise<boolean> {
    if (this.#start > 0) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    if (this.#end === this.#buffer.length) {
      const larger = new Uint8Array(2 * this.#buffer.length);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    const size = await this.#conn.read(this.#buffer.subarray(this.#end));
    this.#end += size ?? 0;
    return size !== null;
  }

  #parse(): Frame | null {
    const bytes = this.#buffer, start = this.#start;
    if (this.#end - start < 2) return null;
    let size = bytes[start + 1] & 127;
    let body = start + 2;
    if (size >= 126) {
      const width = size === 126 ? 2 : 8;
      if (this.#end - body < width) return null;
      size = 0;
      for (let i = 0; i < width; i++) size = size * 256 + bytes[body++];
    }
    if (this.#end - body < size) return null;
    this.#start = body + size;
    return {
      fin: (bytes[start] & 0x80) !== 0,
      opcode: bytes[start] & 15,
      payload: bytes.subarray(body, body + size),
    };
  }
}

function readClose(payload: Uint8Array): Close {
  return {
    code: payload.length < 2 ? 1005 : payload[0] << 8 | payload[1],
    reason: TEXT.decode(payload.subarray(2)),
  };
}

/** A client that can reset its connection, whether anything is unread or not. Deno's own TCP cannot. */
export class ResettingClient implements Disposable {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => {});
  }

  /** Connects, and sends the request for a WebSocket. */
  static async connect(port: number): Promise<ResettingClient> {
    const socket = connect(port, "127.0.0.1");
    const client = new ResettingClient(socket);
    await within(
      new Promise((resolve) => socket.once("connect", resolve)),
      "a connection",
    );
    socket.write(handshake(port));
    return client;
  }

  /** Connects and completes the handshake. Reads nothing after it. */
  static async open(port: number): Promise<ResettingClient> {
    const client = await ResettingClient.connect(port);
    const socket = client.#socket;
    await within(
      new Promise<void>((resolve) =>
        socket.once("data", () => {
          socket.pause();
          resolve();
        })
      ),
      "the handshake",
    );
    return client;
  }

  /** Sends bytes as they are. Resolves when the system has taken them. */
  async write(bytes: Uint8Array): Promise<void> {
    await new Promise((resolve) => this.#socket.write(bytes, resolve));
  }

  /** Resets the connection. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
