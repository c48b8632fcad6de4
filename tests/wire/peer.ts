/**
 * A client that says exactly what a test wants, and an echo server to say it to.
 *
 * @module
 */
import type { Duplex } from "../../lib/socket/wire/duplex.ts";
import {
  type Handshake,
  WireSocket,
} from "../../lib/socket/wire/wire_socket.ts";
import type { SocketOptions } from "../../lib/socket/socket.ts";
import { concat, parseFrame } from "./frames.ts";
import { memoryDuplex } from "./memory_duplex.ts";

/** How long anything may take, in milliseconds. */
const DEADLINE_MS = 10_000;

/** What carries the bytes: `memory` keeps chunks as they were written, `tcp` is real. */
export type Transport = "memory" | "tcp";

/** A connection, its far end a `WireSocket`. */
export interface Connected extends AsyncDisposable {
  readonly peer: Peer;
  readonly socket: WireSocket;
}

/** Connects a peer with a socket. Disposing aborts both. */
export async function connect(
  transport: Transport = "memory",
  options: SocketOptions = {},
  handshake: Handshake = {},
): Promise<Connected> {
  const [near, far] = transport === "memory"
    ? memoryDuplex()
    : await loopback();
  const socket = new WireSocket(far, { pingMs: 0, ...options }, handshake);
  const peer = new Peer(near);
  return {
    peer,
    socket,
    async [Symbol.asyncDispose](): Promise<void> {
      socket.abort();
      peer.close();
      await socket.closed;
    },
  };
}

/** Sends back what comes, until no more does; then closes, as a session does. */
export async function echo(socket: WireSocket): Promise<void> {
  let batch;
  while ((batch = await socket.receive()) !== null) await socket.send(batch);
  await socket.close(1000, "");
}

/** Two ends of a TCP connection on this machine. */
export async function loopback(): Promise<[Deno.TcpConn, Deno.TcpConn]> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [near, far] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
  near.setNoDelay(true);
  far.setNoDelay(true);
  return [near, far];
}

/** Fails a promise that takes too long. */
export async function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`Too late: ${what}`)),
    DEADLINE_MS,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The client's end. */
export class Peer {
  readonly #duplex: Duplex;
  #unread: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #isOpen = true;

  constructor(duplex: Duplex) {
    this.#duplex = duplex;
  }

  /** Writes bytes in chunks of a size. What a server that has left does not take is no failure. */
  async write(bytes: Uint8Array, size = Infinity): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) {
        at += await this.#duplex.write(
          bytes.subarray(at, Math.min(bytes.length, at + size)),
        );
      }
    } catch {
      // The server had enough.
    }
  }

  /** The next frame as it is: its first byte and its payload; null when there are no more. */
  async nextFrame(): Promise<
    { readonly first: number; readonly payload: Uint8Array } | null
  > {
    for (;;) {
      const parsed = parseFrame(this.#unread);
      if (parsed !== null) {
        this.#unread = this.#unread.subarray(parsed.size);
        return parsed;
      }
      const chunk = await inTime(this.#read(), "a frame of the server");
      if (chunk === null) return null;
      this.#unread = this.#unread.length === 0
        ? chunk
        : concat([this.#unread, chunk]);
    }
  }

  /** The next frame as words: `text abc`, `binary 00ff`, `pong abc`, `close 1000 reason`; `end` when there are no more. */
  async next(): Promise<string> {
    const frame = await this.nextFrame();
    if (frame !== null) return describe(frame.first, frame.payload);
    return this.#unread.length === 0 ? "end" : "end inside a frame";
  }

  /** Everything up to the end. */
  async rest(): Promise<string[]> {
    const frames: string[] = [];
    do frames.push(await this.next()); while (frames.at(-1) !== "end");
    return frames;
  }

  /** Reads and forgets. Returns how many bytes came. */
  async skip(least: number): Promise<number> {
    let count = 0;
    while (count < least) {
      const chunk = await inTime(this.#read(), "bytes of the server");
      if (chunk === null) break;
      count += chunk.length;
    }
    return count;
  }

  /** Says that no more will be written. */
  async closeWrite(): Promise<void> {
    await this.#duplex.closeWrite();
  }

  /** Goes away. */
  close(): void {
    if (this.#isOpen) this.#duplex.close();
    this.#isOpen = false;
  }

  async #read(): Promise<Uint8Array<ArrayBuffer> | null> {
    const chunk = new Uint8Array(1 << 16);
    try {
      const count = await this.#duplex.read(chunk);
      return count === null ? null : chunk.subarray(0, count);
    } catch {
      return null;
    }
  }
}

/** A server's frame in words. Long payloads are cut to their length. */
function describe(first: number, payload: Uint8Array): string {
  if ((first & 0x80) === 0) return `fragment ${first & 15}`;
  const names: Record<number, string> = {
    0x81: "text",
    0x82: "binary",
    0x88: "close",
    0x89: "ping",
    0x8a: "pong",
  };
  const name = names[first] ?? `frame ${first.toString(16)}`;
  if (name === "close") {
    if (payload.length === 0) return "close";
    const reason = new TextDecoder().decode(payload.subarray(2));
    return `close ${payload[0] << 8 | payload[1]} ${reason}`.trim();
  }
  return wordsOf(name, payload);
}

/** A message in words, as {@linkcode Peer.next} gives it. */
export function wordsOf(name: string, payload: Uint8Array): string {
  if (payload.length > 256) {
    return `${name} of ${payload.length} bytes, sum ${sumOf(payload)}`;
  }
  return name === "binary"
    ? `binary ${
      [...payload].map((b) => b.toString(16).padStart(2, "0")).join("")
    }`
    : `${name} ${new TextDecoder("utf-8", { ignoreBOM: true }).decode(payload)}`
      .trimEnd();
}

function sumOf(payload: Uint8Array): number {
  let sum = 0;
  for (const byte of payload) sum = (sum * 31 + byte) >>> 0;
  return sum;
}
