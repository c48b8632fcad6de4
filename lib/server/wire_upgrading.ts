/**
 * The wire engine's half of a handshake (RFC 6455 §4.2.2).
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Client } from "../http/client.ts";
import type { RequestHead } from "../http/exchange.ts";
import type {
  HandshakeAnswer,
  Upgraded,
  Upgrading,
} from "../http/upgrading.ts";
import type { HeaderLine } from "../http/response.ts";
import { startTimer } from "../shared_timer.ts";
import { peerState } from "../socket/peer.ts";
import type { SocketOptions } from "../socket/socket.ts";
import { acceptKey } from "../socket/wire/accept_key.ts";
import { acceptDeflate } from "../socket/wire/deflate_offer.ts";
import type { Duplex } from "../socket/wire/duplex.ts";
import { WireSocket } from "../socket/wire/wire_socket.ts";
import { isZlibUsable } from "../socket/wire/zlib_stream.ts";

/** How long after a request it is worth to ask whether the client is still there, in milliseconds. */
const ASK_MS = 50;
/** How long a client may take to receive the answer, in milliseconds. */
const HANDSHAKE_MS = 10_000;

/** Upgrades a connection whose head has been read. */
export class WireUpgrading implements Upgrading {
  readonly #duplex: Duplex;
  readonly #request: RequestHead;
  readonly #early: Uint8Array;
  readonly #client: Client;
  readonly #since = performance.now();

  /** @param early What was read behind the head: a client may send before it has the answer. */
  constructor(
    duplex: Duplex,
    request: RequestHead,
    early: Uint8Array,
    client: Client,
  ) {
    this.#client = client;
    this.#duplex = duplex;
    this.#request = request;
    this.#early = early;
  }

  /** The system is asked only if the answer took its time, as with a name server; else it shows when the session reads. */
  async hasLeft(): Promise<boolean> {
    if (performance.now() - this.#since < ASK_MS) return false;
    return (await peerState(this.#client))?.left ?? false;
  }

  accept(
    { protocol, headers }: HandshakeAnswer,
    options: SocketOptions,
  ): Upgraded {
    const request = this.#request.headers;
    const deflate = options.compress && isZlibUsable()
      ? acceptDeflate(request.get("sec-websocket-extensions"))
      : null;
    const lines: HeaderLine[] = [
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade"],
      ["Sec-WebSocket-Accept", acceptKey(request.get("sec-websocket-key")!)],
    ];
    if (protocol !== null) lines.push(["Sec-WebSocket-Protocol", protocol]);
    if (deflate !== null) {
      lines.push(["Sec-WebSocket-Extensions", deflate.header]);
    }
    const socket = new WireSocket(this.#duplex, options, {
      early: this.#early,
      peer: this.#client,
      deflate: deflate?.settings,
    });
    const opened = this.#answer(switchingProtocols(lines, headers), socket);
    return { socket, opened, response: null };
  }

  async #answer(answer: Uint8Array, socket: WireSocket): Promise<boolean> {
    const stop = startTimer(HANDSHAKE_MS, () => socket.abort());
    try {
      for (let at = 0; at < answer.length;) {
        at += await this.#duplex.write(answer.subarray(at));
      }
      return true;
    } catch {
      socket.abort();
      return false;
    } finally {
      stop();
    }
  }
}

/** The answer's bytes. A header of the user's takes the place of one of ours. */
function switchingProtocols(
  ours: readonly HeaderLine[],
  theirs: readonly HeaderLine[],
): Uint8Array {
  const names = new Set(theirs.map(([name]) => name.toLowerCase()));
  let head = "HTTP/1.1 101 Switching Protocols\r\n";
  for (const [name, value] of ours) {
    if (!names.has(name.toLowerCase())) head += `${name}: ${value}\r\n`;
  }
  for (const [name, value] of theirs) head += `${name}: ${value}\r\n`;
  // Each character of a value stands for one byte.
  return Buffer.from(`${head}\r\n`, "latin1");
}
