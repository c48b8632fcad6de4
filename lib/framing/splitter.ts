import { type FramingError, LineTooLongError } from "../errors.ts";
import { Backlog } from "./backlog.ts";
import { findByte } from "./find_byte.ts";
import type { MessageList } from "./message_list.ts";

// Up to here a loop over the bytes finds the separator faster than a call does.
// tests/bench/framing_bench.ts
const SHORT = 16;

/** How the pieces of a stream are told apart. */
export interface Separation {
  /** What a piece is called in an error message. */
  readonly piece: "Line" | "Record";
  /** The byte behind each piece; it belongs to none. */
  readonly separator: number;
  /** A byte that belongs to the separator when it stands once before it, or -1. */
  readonly optional: number;
  /** Bytes that a piece may have. */
  readonly longest: number;
}

/** Finds the pieces of a stream that are told apart by a separator. */
export class Splitter {
  readonly #separation: Separation;
  readonly #backlog: Backlog;
  readonly #pieces: MessageList;

  /** @param pieces Receives the pieces that each call completes. */
  constructor(separation: Separation, pieces: MessageList) {
    this.#separation = separation;
    // One more: the last byte of an unfinished piece may turn out to be the optional one.
    this.#backlog = new Backlog(separation.longest + 1);
    this.#pieces = pieces;
  }

  /**
   * Finds the pieces that end in `chunk`. Returns what is wrong behind them, if
   * anything is; no further call is allowed then.
   *
   * @param headroom As that of `Decoder.push`.
   */
  push(chunk: Uint8Array, headroom = 0): FramingError | undefined {
    const { separator, optional, longest } = this.#separation;
    const backlog = this.#backlog;
    const pieces = this.#pieces;
    const searched = backlog.size;
    backlog.add(chunk, headroom);
    const bytes = backlog.bytes;
    const length = bytes.length;
    let start = backlog.start;
    pieces.begin(bytes);
    const words = new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >> 2);

    // Local variables and no calls in here: this loop sees every byte.
    let bounds = pieces.bounds;
    let filled = 0;
    let isTooLong = false;
    let at = start + searched;
    while (at < length) {
      const near = Math.min(at + SHORT, length);
      while (at < near && bytes[at] !== separator) at++;
      if (at === near) {
        at = findByte(bytes, words, separator, at);
        if (at === -1) break;
      }
      const end = at > start && bytes[at - 1] === optional ? at - 1 : at;
      if (end - start > longest) {
        isTooLong = true;
        break;
      }
      if (filled === bounds.length) bounds = pieces.growBounds();
      bounds[filled] = start;
      bounds[filled + 1] = end;
      filled += 2;
      start = ++at;
    }
    pieces.count = filled / 2;

    const spare = bytes[length - 1] === optional ? 1 : 0;
    if (isTooLong || length - start > longest + spare) return this.#tooLong();
    backlog.keep(start);
    return undefined;
  }

  /** Makes a piece of what is left behind the last separator. Returns what is wrong with it, if anything is. */
  end(): FramingError | undefined {
    const { bytes, start, size } = this.#backlog;
    this.#pieces.begin(bytes);
    if (size > this.#separation.longest) return this.#tooLong();
    if (size > 0) this.#pieces.add(start, bytes.length);
    this.#backlog.clear();
    return undefined;
  }

  #tooLong(): FramingError {
    const { piece, longest } = this.#separation;
    this.#backlog.clear();
    return new LineTooLongError(
      `${piece} longer than ${longest} bytes (--maxline)`,
    );
  }
}
