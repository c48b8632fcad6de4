/**
 * What happens to a client, for `--verbose` and whoever else wants to know.
 *
 * @module
 */
import type { ControlFrame } from "../socket/wire/client_socket.ts";

/** The states of a WebSocket, as browsers name them. */
export type ReadyState = "CONNECTING" | "OPEN" | "CLOSING" | "CLOSED";

/** Something that has happened. Never one for each message. */
export type ClientEvent =
  /** An attempt to connect begins. */
  | { readonly type: "connecting"; readonly to: string }
  /** The request for the handshake, as it is sent. May hold secrets. */
  | { readonly type: "request"; readonly head: string }
  /** The answer to it, as it came. May hold secrets. */
  | { readonly type: "response"; readonly head: string }
  | { readonly type: "state"; readonly readyState: ReadyState }
  | { readonly type: "frame"; readonly frame: ControlFrame }
  /** Payload bytes that wait for the server to take more; looked at once a second, told when it is another number than before. */
  | { readonly type: "buffered"; readonly bytes: number }
  /** The input has ended, and all of it has been sent. */
  | { readonly type: "input-ended" }
  /** A connection failed or ended, and another attempt will be made. */
  | {
    readonly type: "retry";
    /** Why, in one sentence. */
    readonly message: string;
    readonly inMs: number;
    /** Whether there was a connection, on which messages may have been lost. */
    readonly wasOpen: boolean;
  };

/** Receives events. Must not throw. */
export type ClientEventSink = (event: ClientEvent) => void;
