/**
 * How bytes of a program become messages, and messages bytes. Pure and
 * synchronous: nothing here reads, writes or waits.
 *
 * @module
 */
import type { Batch, MessageType } from "./batch.ts";

/** The names that `--framing` takes. */
export type FramingName =
  | "lines"
  | "nul"
  | "raw"
  | "chunks"
  | "length32"
  | "tagged";

/** Which of the program's two output streams bytes come from. */
export type OutputStream = "stdout" | "stderr";

/** Turns the bytes of one output stream of one program into messages. Stateful: one for each stream of each session. */
export interface Decoder {
  /**
   * Takes the next chunk of output.
   *
   * The batch returned, and the bytes in it, may share memory with `chunk` and
   * with the decoder: it is valid until the next call, and as long as the
   * caller leaves `chunk` alone.
   *
   * Messages that end before a violation are returned first, and the violation
   * is thrown by the next call to `push` or `end`; a violation with no message
   * before it is thrown at once. After that, every call throws it again.
   *
   * An empty chunk is allowed and makes no message. It lets go of what the
   * last batch shared memory with, and throws a violation that waits: something
   * to do before a program that has just printed much is waited for.
   *
   * @param headroom Bytes right in front of the chunk, in the same memory, that may be overwritten: what is unfinished is put there, instead of the chunk behind that. @default {0}
   * @throws {FramingError} If the output broke a rule of the framing and all messages before that were returned.
   */
  push(chunk: Uint8Array, headroom?: number): Batch;

  /**
   * Says that the stream has ended and returns what was still incomplete, if
   * the framing can make a message of it. No call may follow.
   *
   * @throws {FramingError} If the output broke a rule of the framing.
   */
  end(): Batch;
}

/** One way to turn output into messages and messages into input. Stateless itself; shared by all sessions. */
export interface Framing {
  /** The name that `--framing` takes. */
  readonly name: FramingName;
  /** The type of the messages, in both directions. A client's message of the other type is a violation (close 1003). */
  readonly type: MessageType;
  /** Whether lines on stderr become messages too. They are logged in any case. */
  readonly sendsStderr: boolean;
  /** Returns a new decoder for one output stream of one program. */
  decoder(stream: OutputStream): Decoder;
  /**
   * Returns the bytes to write to the program's stdin for these messages. The
   * result may share memory with `batch.bytes`, in which the messages may have
   * been moved: the batch is of no use any more. No later call changes it.
   */
  encode(batch: Batch): Uint8Array;
}

/**
 * Settings of a framing.
 *
 * @example
 * ```ts
 * import { handler } from "@websocketd/websocketd";
 *
 * // Records of up to 1 MiB that may hold newlines.
 * handler({ command: "cat", framing: "nul", maxLine: 1 << 20 });
 * ```
 */
export interface FramingOptions {
  /** How bytes become messages and back. @default {"lines"} */
  readonly framing?: FramingName;
  /** Bytes that one line, record or length-prefixed message of the program may have, without its separator. @default {16777216} */
  readonly maxLine?: number;
  /**
   * What happens to program output that is not UTF-8 where messages are text:
   * `replace` puts U+FFFD in place of each maximal invalid subpart (as the
   * Encoding Standard does), `close` ends the session with close code 1011.
   *
   * @default {"replace"}
   */
  readonly invalidUtf8?: "replace" | "close";
}
