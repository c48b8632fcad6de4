/**
 * What a client can be told.
 *
 * @module
 */
import type { ClientEventSink } from "./client_events.ts";
import type { DialOptions } from "./dial.ts";
import type { ByteSource } from "./sender.ts";

/** Where bytes go, such as `Deno.stdout`. */
export interface ByteSink {
  /** Writes at least one byte and says how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** Settings of a client. */
export interface ClientOptions extends DialOptions {
  /** Where to connect to: `ws://`, `wss://`, `http://`, `https://`, or without a scheme `localhost:8080/path`, `:8080`. */
  readonly url: string;
  /** What becomes messages. */
  readonly input: ByteSource;
  /** What messages become. */
  readonly output: ByteSink;
  /** Headers for the handshake, each as a line: `Origin: https://example.com`. @default {[]} */
  readonly headers?: readonly string[];
  /** Subprotocols to offer, the best first. @default {[]} */
  readonly subprotocols?: readonly string[];
  /** Whether input becomes binary messages as it comes, and nothing is added to the output. Otherwise each line is a text message, and each text message is a line. @default {false} */
  readonly binary?: boolean;
  /** Whether to end when all input has been sent and one message has come. @default {false} */
  readonly once?: boolean;
  /** Silence of the server after which to close, in milliseconds, counted from the end of the input on. Default: never, the server is to close. */
  readonly endMs?: number;
  /** Whether to connect again when there is no connection, or no longer. @default {false} */
  readonly reconnect?: boolean;
  /** Silence after which the server is pinged, in milliseconds; it is given as long again to answer. 0 never pings. @default {15000} */
  readonly pingMs?: number;
  /** Bytes that one message of the server may have; 0 is unlimited. @default {67108864} */
  readonly maxFrameSize?: number;
  /** Bytes that one line of the input may have. @default {16777216} */
  readonly maxLine?: number;
  /** Ends the client: close code 1001, at most 2 s for the server to answer it. */
  readonly signal?: AbortSignal;
  /** Told what happens. */
  readonly onEvent?: ClientEventSink;
}
