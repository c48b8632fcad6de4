import { closeFrame, FrameCounter, pongFrame } from "./frames.ts";

// The key and answer of RFC 6455 §1.3. A fixed key saves the client a hash for each session and still shows that a WebSocket server answered.
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const LONGEST_HEAD = 16 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");

/**
 * A WebSocket client on raw TCP that counts messages instead of delivering them, so that what is measured is the server. It has no deadline of its
 * own: its process has one.
 */
export class Connection implements Disposable {
  /** What has arrived so far. */
  readonly counter = new FrameCounter();
  #conn: Deno.TcpConn;
  #buffer: Uint8Array;
  /** Bytes at the start of the buffer that wait for the rest of their frame. */
  #kept = 0;
  #closeAnswered = false;

  private constructor(conn: Deno.TcpConn, buffer: Uint8Array) {
    this.#conn = conn;
    this.#buffer = buffer;
  }

  /**
   * Connects to a server on the loopback interface and upgrades.
   *
   * @param buffer Where bytes are read to; the next connection may use it when this one has ended.
   * @throws {Error} If the server does not upgrade.
   */
  static async open(port: number, buffer: Uint8Array): Promise<Connection> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const connection = new Connection(conn, buffer);
    try {
      conn.setNoDelay(true);
      await connection.#upgrade(port);
      return connection;
    } catch (error) {
      connection[Symbol.dispose]();
      throw error;
    }
  }

  async #upgrade(port: number): Promise<void> {
    await this.send(encoder.encode(
      `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`,
    ));
    let end = 0;
    let body = -1;
    while (body === -1) {
      if (end >= LONGEST_HEAD) {
        throw new Error("Cannot upgrade: the server's head does not end");
      }
      const size = await this.#conn.read(this.#buffer.subarray(end));
      if (size === null) {
        throw new Error(`Cannot upgrade: the server closed after ${end} bytes`);
      }
      end += size;
      body = bodyStart(this.#buffer, end);
    }
    const head = decoder.decode(this.#buffer.subarray(0, body));
    if (!head.startsWith("HTTP/1.1 101 ") || !head.includes(ACCEPT)) {
      throw new Error(
        `Cannot upgrade: the server answered "${head.split("\r\n")[0]}"`,
      );
    }
    this.#buffer.copyWithin(0, body, end);
    // A short session's messages, close frame included, may come with the head.
    await this.#take(end - body);
  }

  /** Writes bytes that are already frames. */
  async send(bytes: Uint8Array): Promise<void> {
    let sent = await this.#conn.write(bytes);
    while (sent < bytes.length) {
      sent += await this.#conn.write(bytes.subarray(sent));
    }
  }

  /** Reads once, counts, and answers pings and the close frame; false at the end of the stream. */
  async receive(): Promise<boolean> {
    const size = await this.#read(
      this.#kept === 0 ? this.#buffer : this.#buffer.subarray(this.#kept),
    );
    if (size === null) return false;
    await this.#take(this.#kept + size);
    return true;
  }

  /** Reads until `messages` have arrived since the connection was opened. */
  async receiveUntil(messages: number): Promise<void> {
    while (this.counter.messages < messages) {
      if (!await this.receive()) {
        throw new Error(
          `Cannot receive message ${messages}: the server closed after ${this.counter.messages}`,
        );
      }
    }
  }

  /** Reads to the end of the stream. */
  async receiveAll(): Promise<void> {
    while (await this.receive());
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }

  async #read(buffer: Uint8Array): Promise<number | null> {
    try {
      return await this.#conn.read(buffer);
    } catch (error) {
      // A reset is an end like another here: whoever asked compares what has arrived with what should have.
      if (error instanceof Deno.errors.ConnectionReset) return null;
      throw error;
    }
  }

  /** Counts what has arrived in `buffer[0, end)` and answers what wants an answer. */
  async #take(end: number): Promise<void> {
    const used = this.counter.feed(this.#buffer, end);
    this.#kept = end - used;
    if (this.#kept > 0) this.#buffer.copyWithin(0, used, end);
    if (this.counter.pings.length > 0 || this.counter.close !== undefined) {
      await this.#answerControlFrames();
    }
  }

  async #answerControlFrames(): Promise<void> {
    for (const payload of this.counter.pings.splice(0)) {
      await this.send(pongFrame(payload));
    }
    if (this.counter.close === undefined || this.#closeAnswered) return;
    this.#closeAnswered = true;
    try {
      await this.send(closeFrame(this.counter.close));
    } catch {
      // The server may be gone before its close frame is answered; everything has arrived by then.
    }
  }
}

function bodyStart(buffer: Uint8Array, end: number): number {
  for (let at = 3; at < end; at++) {
    if (
      buffer[at] === 10 && buffer[at - 1] === 13 && buffer[at - 2] === 10 &&
      buffer[at - 3] === 13
    ) return at + 1;
  }
  return -1;
}
