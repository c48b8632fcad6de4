/**
 * What the engines do differently when a request becomes a WebSocket.
 *
 * @module
 */
import type { Socket, SocketOptions } from "../socket/socket.ts";
import type { HeaderLine } from "./response.ts";

/** The connection of one handshake. */
export interface Upgrading {
  /** Whether the client has left already. Asked for before anything is begun. */
  hasLeft(): boolean | Promise<boolean>;
  /**
   * Answers 101. Call once.
   *
   * @throws {Error} If the engine finds fault with the handshake after all.
   */
  accept(answer: HandshakeAnswer, options: SocketOptions): Upgraded;
}

/** What the 101 says besides what it has to. */
export interface HandshakeAnswer {
  /** The chosen subprotocol, or null. */
  readonly protocol: string | null;
  readonly headers: readonly HeaderLine[];
}

/** A connection that is becoming a WebSocket. */
export interface Upgraded {
  readonly socket: Socket;
  /** Whether the client has got the answer in time; if not, the connection has been dropped. Never rejects. */
  readonly opened: Promise<boolean>;
  /** For the runtime to send, or null if the engine sends the answer itself. */
  readonly response: Response | null;
}
