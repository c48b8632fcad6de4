/**
 * One client's WebSocket, as the rest of the code sees it.
 *
 * @module
 */
import type { Traffic } from "../events.ts";
import type { Batch } from "../framing/batch.ts";
import type { Segment } from "../framing/output_log.ts";
import type { Close } from "./close_codes.ts";
import type { StallClock } from "./stall_clock.ts";

/** A WebSocket that is pulled from and pushed back at, whatever carries it. */
export interface Socket {
  /**
   * The messages that have come since the last call, of one type; waits for
   * one if there is none. Null when there will be no more: the client or the
   * server has begun to close, and everything received has been handed out.
   * Not calling it holds the client back. One call at a time; what it has
   * returned is valid until the next. Never rejects.
   */
  receive(): Promise<Batch | null>;

  /**
   * Sends messages, in order. Resolves when the socket can take more: at once
   * while the client keeps up, later while it does not. What is in the batch
   * has been copied or sent by then. On a socket that is closing it does
   * nothing. Never rejects.
   */
  send(batch: Batch): Promise<void>;

  /**
   * Sends messages of a log that other clients get too, by number: what has to
   * be made of them is made once for all. Otherwise the same as {@linkcode send}.
   */
  sendShared(segment: Segment, from: number, until: number): Promise<void>;

  /**
   * Sends a close frame after everything sent before, and waits for the client
   * to answer: as long as it takes the client to read what is on its way, then
   * at most 2 s. Resolves when the connection has ended, with whether the client
   * has sent a close frame as well: then it has everything sent before. Never
   * rejects. Only the first call counts.
   *
   * @param code Close code (RFC 6455 §7.4).
   * @param reason Why, in words; cut to 123 bytes of UTF-8.
   */
  close(code: number, reason: string): Promise<boolean>;

  /** Ends the connection without waiting for anything. */
  abort(): void;

  /** Settles once, when the connection ends or closing begins, whichever is first. Whoever sees that has to call `close`: it answers a close frame of the client's. Never rejects. */
  readonly closed: Promise<Close>;

  /** Messages and payload bytes sent so far. */
  readonly sent: Traffic;
  /** Messages and payload bytes received so far. */
  readonly received: Traffic;
  /** How long `send` had to wait for the client. */
  readonly stalls: StallClock;
  /** How long the client took to answer the last ping, in milliseconds; null before it has, missing if the engine does not tell. */
  readonly rttMs?: number | null;
  /** `performance.now()` of the last message in either direction. */
  readonly lastMessageAt: number;
}

/**
 * Limits of a socket.
 *
 * @example
 * ```ts
 * import { handler } from "@websocketd/websocketd";
 *
 * handler({ command: "cat", maxFrameSize: 65536, pingMs: 5000 });
 * ```
 */
export interface SocketOptions {
  /** Bytes that one message of a client may have; 0 or less is unlimited. @default {1048576} */
  readonly maxFrameSize?: number;
  /** Silence after which the client is pinged, in milliseconds; it is given as long again to answer. 0 never pings. @default {15000} */
  readonly pingMs?: number;
  /** Whether to compress messages for clients that can (RFC 7692). Only the wire engine does. @default {false} */
  readonly compress?: boolean;
}
