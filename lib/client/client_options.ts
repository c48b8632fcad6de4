import type { ClientEvent } from "./client_event.ts";

/** The part of a `WebSocket` that is used: the browser's, Deno's, Node's and that of the package `ws` have it. */
export interface WebSocketLike {
  /** Is set to `arraybuffer`. */
  binaryType: string;
  /** Bytes that have not been sent yet. */
  readonly bufferedAmount: number;
  /** The subprotocol that the server has chosen; empty if none. */
  readonly protocol: string;
  /** 1 while it is open. */
  readonly readyState: number;
  /** Is told of `open`, `message`, `error` and `close`. */
  // deno-lint-ignore no-explicit-any -- Each has event types of its own.
  addEventListener(type: any, listener: (event: any) => void): void;
  /** Begins to close. */
  close(code?: number, reason?: string): void;
  /** Sends a message, or keeps it to be sent. */
  send(message: string | Uint8Array<ArrayBuffer>): void;
}

/** How to connect. */
export interface ClientOptions {
  /** Receives what happens besides messages, for a page that shows it. It must not throw. */
  readonly onEvent?: (event: ClientEvent) => void;
  /** Closes when it is aborted. */
  readonly signal?: AbortSignal;
  /** Subprotocols to offer besides, such as `bearer.TOKEN`. @default {[]} */
  readonly protocols?: readonly string[];
  /** Whether to offer `websocketd.v1`, and so to go on after a lost connection where it was, if the server can. @default {true} */
  readonly resume?: boolean;
  /** How often to try to connect again, in a row; 0 is never. @default {Infinity} */
  readonly attempts?: number;
  /** How long to try to connect again, in milliseconds. @default {Infinity} */
  readonly giveUpMs?: number;
  /** The first wait before another try is at most this long, in milliseconds; each further one at most twice as long. @default {500} */
  readonly delayMs?: number;
  /** No wait is longer, in milliseconds. @default {30000} */
  readonly maxDelayMs?: number;
  /** How much may wait to be sent before `send` waits: bytes, or UTF-16 code units of text. @default {1048576} */
  readonly sendBuffer?: number;
  /**
   * How much may wait to be read, unless it is a single message: more ends the
   * connection; bytes, or UTF-16 code units of text. A program of one client
   * whose sessions are resumed is held back before, at the server's
   * `--sendbuffer`, which has to be less.
   *
   * @default {16777216}
   */
  readonly readBuffer?: number;
  /** What to connect with. Default: the global `WebSocket`; Node has one from version 22 on. */
  readonly WebSocket?: new (url: string, protocols: string[]) => WebSocketLike;
}
