/**
 * The native engine's half of a handshake: `Deno.upgradeWebSocket`.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { idleTimeoutSeconds, NativeSocket } from "../socket/native.ts";
import type { SocketOptions } from "../socket/socket.ts";
import type { Client } from "./client.ts";
import { addHeaders } from "./response.ts";
import type { HandshakeAnswer, Upgraded, Upgrading } from "./upgrading.ts";

/** How long a client may take to receive the 101 answer, in milliseconds. */
const HANDSHAKE_MS = 10_000;
/** How long the WebSocket may then take to open, in milliseconds: if the client has gone meanwhile, the runtime says nothing. */
const OPEN_MS = 2000;

/** Upgrades requests that the runtime has read. */
export class NativeUpgrading implements Upgrading {
  readonly #request: Request;
  readonly #client: Client;
  readonly #answered: Promise<void>;

  /** @param answered Settles when the answer has left, or cannot any more. */
  constructor(request: Request, client: Client, answered: Promise<void>) {
    this.#request = request;
    this.#client = client;
    this.#answered = answered;
  }

  /**
   * The runtime knows after a turn or two, and upgrading the connection of a
   * client that has left costs it an open file for good. Only with
   * `"unstable": ["no-legacy-abort"]` in deno.json does the signal mean this;
   * otherwise it says no.
   */
  async hasLeft(): Promise<boolean> {
    const { signal } = this.#request;
    for (let turns = 0; turns < 2 && !signal.aborted; turns++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return signal.aborted;
  }

  accept(
    { protocol, headers }: HandshakeAnswer,
    options: SocketOptions,
  ): Upgraded {
    const offered = this.#request.headers.get("sec-websocket-protocol");
    // The runtime splits the list at comma and space only, and throws if it then misses the protocol.
    const understood = protocol !== null &&
      offered!.split(", ").includes(protocol);
    const { socket: webSocket, response } = Deno.upgradeWebSocket(
      this.#request,
      {
        idleTimeout: idleTimeoutSeconds(options.pingMs ?? 15_000),
        ...(understood && { protocol }),
      },
    );
    try {
      if (protocol !== null) {
        response.headers.set("sec-websocket-protocol", protocol);
      }
      addHeaders(response.headers, headers);
    } catch {
      // Deno before 2.5.5 does not let the headers of this answer be changed.
    }
    const socket = new NativeSocket(webSocket, options, this.#client);
    return { socket, opened: opensInTime(socket, this.#answered), response };
  }
}

/** Whether the WebSocket opens. One that opens too late is dropped: its slot is another's by then. */
async function opensInTime(
  socket: NativeSocket,
  answered: Promise<void>,
): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  let timer = setTimeout(() => resolve(false), HANDSHAKE_MS);
  let isWaiting = true;
  const hurry = () => {
    if (!isWaiting) return;
    clearTimeout(timer);
    timer = setTimeout(() => resolve(false), OPEN_MS);
  };
  void answered.then(hurry, hurry);
  const opens = await Promise.race([socket.opened, late]);
  isWaiting = false;
  clearTimeout(timer);
  if (!opens) void socket.opened.then((open) => open && socket.abort());
  return opens;
}
