/**
 * A client on a bare TCP connection, for what a `WebSocket` never sends and
 * never shows: the bytes of the handshake, single frames, and every way to
 * break the rules. Each wait has a deadline.
 *
 * @module
 */

import { concat, OPCODE } from "./bulk_client.ts";
import { ResettableConn } from "./resettable_conn.ts";

/** How long anything may take, in milliseconds. Far over what a busy machine needs. */
const DEADLINE_MS = 20_000;
/** The key and the answer of RFC 6455 §1.3. */
export const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
export const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** The head of an HTTP answer. */
export interface Head {
  readonly status: number;
  /** The status line. */
  readonly line: string;
  /** Names in lower case, in the order they came, each as often as it came. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The values of one header, joined by ", ", or null. */
  get(name: string): string | null;
}

/** A head and its body. */
export interface Answer extends Head {
  readonly body: string;
}

/** One frame of the server. */
export interface Frame {
  readonly fin: boolean;
  /** The three reserved bits. */
  readonly rsv: number;
  readonly opcode: number;
  readonly payload: Uint8Array;
}

/** What a close frame says. Without a code it is 1005, as in a browser; 1006 if the connection ended without one. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** Everything that came until the end. */
export interface Received extends Closed {
  /** Text as strings, binary as bytes. */
  readonly messages: readonly (string | Uint8Array)[];
}

/** How to write a frame; the default is right. */
export interface FrameOptions {
  readonly fin?: boolean;
  readonly rsv?: number;
  readonly masked?: boolean;
  /** Announces another length than the payload has. */
  readonly length?: number;
}

/** What an upgrade asks for. */
export interface UpgradeOptions {
  readonly path?: string;
  readonly hostname?: string;
  /** Lines besides those of {@linkcode handshake}; one of the same name replaces the usual one, null leaves it out. */
  readonly headers?: Readonly<
    Record<string, string | readonly string[] | null>
  >;
}

/** The lines of a handshake. A header given as null is left out, one given as a list written several times. */
export function handshake(
  port: number,
  { path = "/", headers = {} }: UpgradeOptions = {},
): string {
  const all: Record<string, string | readonly string[] | null> = {
    "Host": `localhost:${port}`,
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, values]) =>
    (values === null ? [] : [values].flat()).map((value) => `${name}: ${value}`)
  );
  return [`GET ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n");
}

/** Bytes from a string whose characters are bytes. */
export function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A frame as a client writes it. */
export function frame(
  opcode: number,
  payload: string | Uint8Array = "",
  { fin = true, rsv = 0, masked = true, length }: FrameOptions = {},
): Uint8Array {
  const bytes = typeof payload === "string"
    ? new TextEncoder().encode(payload)
    : payload;
  const announced = length ?? bytes.byteLength;
  const head = new DataView(new ArrayBuffer(14));
  head.setUint8(0, (fin ? 0x80 : 0) | rsv << 4 | opcode);
  const mask = masked ? 0x80 : 0;
  let size = 2;
  if (announced < 126) head.setUint8(1, mask | announced);
  else if (announced < 65536) {
    head.setUint8(1, mask | 126);
    head.setUint16(2, announced);
    size = 4;
  } else {
    head.setUint8(1, mask | 127);
    head.setBigUint64(2, BigInt(announced));
    size = 10;
  }
  const key = masked ? crypto.getRandomValues(new Uint8Array(4)) : [];
  const whole = new Uint8Array(size + key.length + bytes.byteLength);
  whole.set(new Uint8Array(head.buffer, 0, size));
  whole.set(key, size);
  const start = size + key.length;
  for (let i = 0; i < bytes.byteLength; i++) {
    whole[start + i] = masked ? bytes[i] ^ key[i & 3] : bytes[i];
  }
  return whole;
}

/** The payload of a close frame. */
export function closePayload(code: number, reason = ""): Uint8Array {
  return new Uint8Array([
    code >> 8,
    code & 255,
    ...new TextEncoder().encode(reason),
  ]);
}

/** A client on a bare TCP connection. */
export class RawClient implements Disposable {
  readonly #conn: Deno.TcpConn | ResettableConn;
  readonly #deadlineMs: number;
  /** What has come and was not taken yet. */
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1 << 16);
  #start = 0;
  #end = 0;

  private constructor(
    conn: Deno.TcpConn | ResettableConn,
    deadlineMs: number = DEADLINE_MS,
  ) {
    this.#conn = conn;
    this.#deadlineMs = deadlineMs;
  }

  /** Connects, and says nothing. */
  static async connect(
    port: number,
    hostname?: string,
    deadlineMs?: number,
  ): Promise<RawClient> {
    const conn = await Deno.connect({
      hostname: hostname ?? "127.0.0.1",
      port,
    });
    conn.setNoDelay(true);
    return new RawClient(conn, deadlineMs);
  }

  /** Connects so that {@linkcode reset} works. */
  static async connectResettable(port: number): Promise<RawClient> {
    return new RawClient(await ResettableConn.connect(port));
  }

  /** Connects and upgrades. */
  static async open(
    port: number,
    options: UpgradeOptions = {},
  ): Promise<RawClient> {
    const client = await RawClient.connect(port, options.hostname);
    try {
      await client.write(handshake(port, options));
      const head = await client.head();
      if (head.status === 101) return client;
      throw new Error(
        `Cannot upgrade: ${head.line}: ${await client.body(head)}`,
      );
    } catch (error) {
      client[Symbol.dispose]();
      throw error;
    }
  }

  get localPort(): number {
    return this.#conn.localAddr.port;
  }

  /** Writes everything. Characters of a string are bytes. */
  async write(data: string | Uint8Array): Promise<void> {
    let bytes = typeof data === "string" ? latin1(data) : data;
    while (bytes.byteLength > 0) {
      bytes = bytes.subarray(await this.#inTime(this.#conn.write(bytes)));
    }
  }

  /** Writes what it can until the server goes away. Resolves with whether all of it was taken. */
  async tryWrite(data: string | Uint8Array): Promise<boolean> {
    try {
      await this.write(data);
      return true;
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }

  /** Sends one message in one frame: text for a string, binary for bytes. */
  async send(message: string | Uint8Array): Promise<void> {
    const opcode = typeof message === "string" ? OPCODE.TEXT : OPCODE.BINARY;
    await this.write(frame(opcode, message));
  }

  /** Reads the head of an answer. @throws {Error} If the connection ends before. */
  async head(): Promise<Head> {
    const end = await this.#find("\r\n\r\n");
    const [line, ...lines] = this.#text(end - 4).split("\r\n");
    this.#start += 4;
    const headers = lines.map((line) => {
      const colon = line.indexOf(":");
      return [
        line.slice(0, colon).toLowerCase(),
        line.slice(colon + 1).trim(),
      ] as const;
    });
    return {
      status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1]),
      line,
      headers,
      get(name): string | null {
        const values = headers.filter(([n]) => n === name.toLowerCase());
        return values.length === 0 ? null : values.map(([, v]) => v).join(", ");
      },
    };
  }

  /** Reads the body that belongs to a head with a length. */
  async body(head: Head): Promise<string> {
    const length = Number(head.get("content-length") ?? 0);
    while (this.#end - this.#start < length) {
      if (!await this.#fill()) throw new Error("The body is cut off");
    }
    return this.#text(this.#start + length);
  }

  /** Asks and reads the answer, with a body unless it is a 101. */
  async ask(request: string | Uint8Array): Promise<Answer> {
    await this.write(request);
    const head = await this.head();
    return { ...head, body: head.status === 101 ? "" : await this.body(head) };
  }

  /** Reads one frame, or null at the end of the connection. */
  async frame(): Promise<Frame | null> {
    if (!await this.#has(2)) return null;
    const first = this.#bytes[this.#start];
    const second = this.#bytes[this.#start + 1];
    if (second & 0x80) throw new Error("A server's frame is masked");
    let size = second, header = 2;
    if (second === 126) header = 4;
    if (second === 127) header = 10;
    if (!await this.#has(header)) return null;
    const view = new DataView(this.#bytes.buffer, this.#start);
    if (header === 4) size = view.getUint16(2);
    if (header === 10) size = Number(view.getBigUint64(2));
    if (!await this.#has(header + size)) return null;
    const at = this.#start + header;
    this.#start = at + size;
    return {
      fin: (first & 0x80) !== 0,
      rsv: first >> 4 & 7,
      opcode: first & 15,
      payload: this.#bytes.slice(at, at + size),
    };
  }

  /** Reads the next message, joined from its fragments; answers pings on the way. What closes the connection comes as an object. */
  async next(): Promise<string | Uint8Array | Closed> {
    const parts: Uint8Array[] = [];
    let opcode = 0;
    for (;;) {
      const one = await this.frame();
      if (one === null) return { code: 1006, reason: "" };
      if (one.opcode === OPCODE.CLOSE) {
        await this.tryWrite(frame(OPCODE.CLOSE, one.payload));
        // Otherwise a server would have to wait whether more comes.
        await this.#conn.closeWrite().catch(() => {});
        return closedOf(one.payload);
      }
      if (one.opcode === OPCODE.PING) {
        await this.tryWrite(frame(OPCODE.PONG, one.payload));
        continue;
      }
      if (one.opcode === OPCODE.PONG) continue;
      if (one.opcode !== OPCODE.CONTINUATION) opcode = one.opcode;
      parts.push(one.payload);
      if (!one.fin) continue;
      const whole = parts.length === 1 ? parts[0] : concat(parts);
      return opcode === OPCODE.TEXT
        ? new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
          whole,
        )
        : whole;
    }
  }

  /** Reads the next message; fails if the connection ends instead. */
  async message(): Promise<string | Uint8Array> {
    const next = await this.next();
    if (typeof next === "string" || next instanceof Uint8Array) return next;
    throw new Error(`No message but the end: ${next.code} ${next.reason}`);
  }

  /** Reads everything until the end; answers the close frame. */
  async all(): Promise<Received> {
    const messages: (string | Uint8Array)[] = [];
    for (;;) {
      const next = await this.next();
      if (typeof next === "string" || next instanceof Uint8Array) {
        messages.push(next);
      } else return { ...next, messages };
    }
  }

  /** Says goodbye with a code and reads until the server's answer. */
  async leave(code = 1000, reason = ""): Promise<Received> {
    await this.tryWrite(frame(OPCODE.CLOSE, closePayload(code, reason)));
    return await this.all();
  }

  /** Whether the server ends the connection within the deadline, whatever it says before. */
  async ends(): Promise<boolean> {
    try {
      for (;;) {
        this.#start = this.#end = 0;
        if (!await this.#fill()) return true;
      }
    } catch (error) {
      if (error instanceof DOMException) return false;
      throw error;
    }
  }

  /** Reads everything until the end as text whose characters are bytes. */
  async rest(): Promise<string> {
    while (await this.#fill());
    return this.#text(this.#end);
  }

  /** Ends the writing half. */
  async closeWrite(): Promise<void> {
    await this.#conn.closeWrite();
  }

  /** Ends the connection with a reset, which nobody has to answer. */
  reset(): void {
    if (!(this.#conn instanceof ResettableConn)) {
      throw new TypeError("Cannot reset: connect with connectResettable");
    }
    this.#conn.reset();
  }

  [Symbol.dispose](): void {
    try {
      this.#conn.close();
    } catch {
      // Closed before.
    }
  }

  #text(end: number): string {
    let text = "";
    for (const byte of this.#bytes.subarray(this.#start, end)) {
      text += String.fromCharCode(byte);
    }
    this.#start = end;
    return text;
  }

  /** Reads until a mark; returns where it ends. */
  async #find(mark: string): Promise<number> {
    const wanted = latin1(mark);
    let at = this.#start;
    for (;;) {
      for (; at + wanted.length <= this.#end; at++) {
        if (wanted.every((byte, i) => this.#bytes[at + i] === byte)) {
          return at + wanted.length;
        }
      }
      const offset = at - this.#start;
      if (!await this.#fill()) {
        const text = this.#text(this.#end);
        throw new Error(`The connection ended after ${JSON.stringify(text)}`);
      }
      at = this.#start + offset;
    }
  }

  async #has(count: number): Promise<boolean> {
    while (this.#end - this.#start < count) {
      if (!await this.#fill()) return false;
    }
    return true;
  }

  /** Reads once; false at the end of the connection, a reset included. */
  async #fill(): Promise<boolean> {
    if (this.#start > 0) {
      this.#bytes.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    if (this.#end === this.#bytes.byteLength) {
      const more = new Uint8Array(2 * this.#end);
      more.set(this.#bytes);
      this.#bytes = more;
    }
    try {
      const read = await this.#inTime(
        this.#conn.read(this.#bytes.subarray(this.#end)),
      );
      if (read === null) return false;
      this.#end += read;
      return true;
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }

  /** Closes the connection when time is up: a pending read would outlive the test. */
  async #inTime<T>(promise: Promise<T>): Promise<T> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this[Symbol.dispose]();
    }, this.#deadlineMs);
    try {
      return await promise;
    } catch (error) {
      if (!late) throw error;
      throw new DOMException(
        `Nothing came within ${this.#deadlineMs} ms`,
        "TimeoutError",
      );
    } finally {
      clearTimeout(timer);
    }
  }
}

function closedOf(payload: Uint8Array): Closed {
  if (payload.byteLength < 2) return { code: 1005, reason: "" };
  return {
    code: payload[0] << 8 | payload[1],
    reason: new TextDecoder().decode(payload.subarray(2)),
  };
}

function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.NotConnected;
}
