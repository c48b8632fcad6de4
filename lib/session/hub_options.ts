/**
 * Settings of a program that several clients have, or that outlives a lost
 * connection.
 *
 * @module
 */
import type { TerminateOptions } from "../process/terminate.ts";
import type { LimitOptions } from "./limits.ts";

/**
 * How a program is shared.
 *
 * @example
 * ```ts
 * import { handler } from "@websocketd/websocketd";
 *
 * handler({
 *   command: "cat",
 *   share: "all",
 *   history: 100,
 *   slow: "drop",
 *   lingerMs: 60_000,
 * });
 * ```
 */
export interface HubOptions extends LimitOptions, TerminateOptions {
  /**
   * Whether a shared program is told who comes, sends and leaves, and may say
   * who gets its messages, by lines of JSON both ways. Takes the framing `lines`.
   *
   * @default {false}
   */
  readonly shareEvents?: boolean;
  /**
   * Which clients may write to the program: `first` is the one that has been
   * there longest. One that may not and does is closed with 1008.
   *
   * @default {"all"}
   */
  readonly input?: "all" | "first" | "none";
  /** How long a program goes on after its last client has left, in milliseconds; `Infinity` is for ever. @default {0} */
  readonly lingerMs?: number;
  /**
   * When a shared program that has ended is started again; meanwhile its
   * clients stay. If it is not, they are closed as at any program's end.
   *
   * @default {"on-failure"}
   */
  readonly restart?: "never" | "on-failure" | "always";
  /**
   * What becomes of a client that has more than `sendBuffer` waiting: `close`
   * with 1013, `drop` messages, or `wait` for it, and everybody with it.
   *
   * @default {"close"}
   */
  readonly slow?: "close" | "drop" | "wait";
  /** Bytes that may wait for one client of a shared program, or for one that can come back; each message counts 8 more. @default {1048576} */
  readonly sendBuffer?: number;
  /** Messages kept for whoever joins a shared program. @default {0} */
  readonly history?: number;
  /** The same, as bytes of payload. @default {0} */
  readonly historyBytes?: number;
  /** How long a client of the subprotocol `websocketd.v1` that has lost its connection may take to come back, in milliseconds; 0 is not at all. @default {0} */
  readonly resumeMs?: number;
}

/**
 * Fills in the defaults.
 *
 * @param isPrivate Whether the program belongs to one client: then it ends with that one, and nothing is said about others.
 */
export function resolveHubOptions(
  options: HubOptions,
  isPrivate: boolean,
): Required<HubOptions> {
  return {
    shareEvents: false,
    input: "all",
    lingerMs: 0,
    restart: "on-failure",
    slow: "close",
    sendBuffer: 1 << 20,
    history: 0,
    historyBytes: 0,
    resumeMs: 0,
    timeoutMs: 0,
    idleMs: 0,
    closeMs: 0,
    ...options,
    ...(isPrivate &&
      { lingerMs: 0, restart: "never", input: "all", shareEvents: false }),
  };
}
