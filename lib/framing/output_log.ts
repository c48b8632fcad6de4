/**
 * What a program has printed, numbered and kept for all its clients.
 *
 * @module
 */
import type { Batch, MessageType } from "./batch.ts";
import { copyBytes } from "./payloads.ts";

/** Bytes of messages that one segment holds, unless it is a single longer one. */
const SEGMENT_BYTES = 1 << 16; // 64 KiB: one pipe, and one write.
/** Messages that one segment holds. */
const SEGMENT_MESSAGES = 1 << 12;
/** Bytes of the first memory of a segment: a session that prints a line now and then should hold little. */
const FIRST_BYTES = 1 << 9;
const FIRST_MESSAGES = 8;
/** What a message costs besides its payload, in bytes: its two borders. Empty lines must not be free. */
const BORDERS = 8;

/**
 * Messages of a log that lie together, without gaps. It grows at its end until
 * it is full. What is in it never changes, so that whoever makes something of a
 * message, frames for example, can keep that for the next client.
 */
export class Segment implements Batch {
  readonly type: MessageType;
  /** Number of its first message. */
  readonly first: number;
  /** Payload bytes of all messages before it. */
  readonly base: number;
  bytes: Uint8Array;
  bounds: Uint32Array;
  count = 0;
  #size = 0;

  /** @param length Bytes of the first message that will be in it. */
  constructor(
    type: MessageType,
    { first, base, length }: { first: number; base: number; length: number },
  ) {
    this.type = type;
    this.first = first;
    this.base = base;
    this.bytes = new Uint8Array(Math.max(FIRST_BYTES, length));
    this.bounds = new Uint32Array(2 * FIRST_MESSAGES);
  }

  /** Number of the message that would be its next. */
  get next(): number {
    return this.first + this.count;
  }

  /** Payload bytes in it. */
  get size(): number {
    return this.#size;
  }

  /** Some of its messages, by number. Shares memory with it. */
  range(from: number, until: number): Batch {
    const { type, bytes, bounds, first } = this;
    return {
      type,
      bytes,
      bounds: bounds.subarray(2 * (from - first), 2 * (until - first)),
      count: until - from,
    };
  }

  /** Whether there is room for one more message. */
  takes(length: number): boolean {
    if (this.count === 0) return true;
    return this.#size + length <= SEGMENT_BYTES &&
      this.count < SEGMENT_MESSAGES;
  }

  /** Appends a copy of `bytes.subarray(start, end)`. */
  add(bytes: Uint8Array, start: number, end: number): void {
    const size = this.#size + end - start;
    if (size > this.bytes.length) {
      const most = Math.min(SEGMENT_BYTES, 2 * this.bytes.length);
      const more = new Uint8Array(Math.max(size, most));
      more.set(this.bytes.subarray(0, this.#size));
      this.bytes = more;
    }
    const at = 2 * this.count;
    if (at === this.bounds.length) {
      const more = new Uint32Array(2 * at);
      more.set(this.bounds);
      this.bounds = more;
    }
    copyBytes(bytes, start, end, this.bytes, this.#size);
    this.bounds[at] = this.#size;
    this.bounds[at + 1] = this.#size = size;
    this.count++;
  }
}

/**
 * A log of messages, numbered from 0 on. What nobody needs any more is
 * forgotten, oldest first; numbers never change.
 */
export class OutputLog {
  /** Names this numbering: numbers of two logs mean nothing to each other. */
  readonly epoch: string;
  readonly #segments: Segment[] = [];
  #first = 0;
  #next = 0;
  /** Payload bytes of all messages there ever were. */
  #size = 0;

  /** @param first Number of the message to come. @default {0} */
  constructor(epoch: string, first: number = 0) {
    this.epoch = epoch;
    this.#first = this.#next = first;
  }

  /** Number of the oldest message kept. */
  get first(): number {
    return this.#first;
  }

  /** Number of the message to come. */
  get next(): number {
    return this.#next;
  }

  /** Appends copies of messages. Returns whether {@linkcode forget} may find something to do. */
  append({ type, bytes, bounds, count }: Batch): boolean {
    let segment = this.#segments.at(-1);
    const before = segment;
    for (let i = 0; i < 2 * count; i += 2) {
      const start = bounds[i], end = bounds[i + 1], length = end - start;
      if (segment === undefined || !segment.takes(length)) {
        segment = new Segment(type, {
          first: this.#next,
          base: this.#size,
          length,
        });
        this.#segments.push(segment);
      }
      segment.add(bytes, start, end);
      this.#next++;
      this.#size += length;
    }
    return segment !== before;
  }

  /** The segment that holds a message which is kept. */
  segmentOf(number: number): Segment {
    const segments = this.#segments;
    let low = 0, high = segments.length - 1;
    // Nearly everybody reads at the end.
    if (number >= segments[high].first) return segments[high];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (segments[middle].first <= number) low = middle;
      else high = middle - 1;
    }
    return segments[low];
  }

  /**
   * Some messages from a number on: as many as lie together and fit, at least
   * one if there is one. They share memory with the log, and never change.
   */
  read(from: number, maxBytes: number): Batch {
    const start = Math.max(from, this.#first);
    if (start >= this.#next) return NO_MESSAGES;
    const segment = this.segmentOf(start);
    const { bounds, first } = segment;
    const most = bounds[2 * (start - first)] + maxBytes;
    let until = start + 1;
    while (until < segment.next && bounds[2 * (until - first) + 1] <= most) {
      until++;
    }
    return segment.range(start, until);
  }

  /** What the messages from a number on cost: their payload and 8 bytes for each. */
  costFrom(number: number): number {
    return this.#size - this.#sizeBefore(number) +
      BORDERS * (this.#next - number);
  }

  /** Number of the oldest message from which on all of the newest together cost no more than this. */
  withinCost(cost: number): number {
    return this.#search((number) => this.costFrom(number) <= cost);
  }

  /** Number of the oldest message from which on the payloads of the newest together have no more bytes than this. */
  withinBytes(bytes: number): number {
    return this.#search((number) =>
      this.#size - this.#sizeBefore(number) <= bytes
    );
  }

  /** Forgets messages below a number, as far as that frees memory. */
  forget(below: number): void {
    const segments = this.#segments;
    let gone = 0;
    while (gone < segments.length && segments[gone].next <= below) gone++;
    // The last one grows.
    gone = Math.min(gone, segments.length - 1);
    if (gone <= 0) return;
    segments.splice(0, gone);
    this.#first = segments[0].first;
  }

  /** Payload bytes of all messages before a number. */
  #sizeBefore(number: number): number {
    if (number >= this.#next) return this.#size;
    const { base, bounds, first } = this.segmentOf(number);
    return base + bounds[2 * (number - first)];
  }

  /** The lowest number kept that fits, if every higher one does too. */
  #search(fits: (number: number) => boolean): number {
    let low = this.#first, high = this.#next;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (fits(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

const NO_MESSAGES: Batch = {
  type: "text",
  bytes: new Uint8Array(0),
  bounds: new Uint32Array(0),
  count: 0,
};
