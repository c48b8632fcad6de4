/**
 * Messages that travel together: everything made from one chunk of program
 * output, or everything a client sent in one turn.
 *
 * A batch holds bytes and the borders of the messages in them, so that a
 * message costs two numbers instead of an object and a string, and a whole
 * batch can leave in one write.
 *
 * @module
 */

/** The two types of WebSocket message (RFC 6455 §5.6). */
export type MessageType = "text" | "binary";

/**
 * An ordered list of messages of one type, as ranges of one byte array.
 *
 * Text messages in a batch are always valid UTF-8. The ranges ascend and never
 * overlap, but need not touch: a line's newline lies between two of them.
 */
export interface Batch {
  /** The type of every message in this batch. */
  readonly type: MessageType;
  /** Holds the payload of every message. Message `i` is `bytes.subarray(bounds[2 * i], bounds[2 * i + 1])`. */
  readonly bytes: Uint8Array;
  /** Start and end of each message in `bytes`, two entries for each message; entries past `2 * count` mean nothing. */
  readonly bounds: Uint32Array;
  /** Number of messages; 0 is allowed and means there is nothing to do. */
  readonly count: number;
}
