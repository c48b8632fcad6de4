/**
 * Messages received but not yet taken.
 *
 * @module
 */
import type { Batch, MessageType } from "../framing/batch.ts";

const UTF8 = new TextEncoder();
/** Room for a few chat lines; grows by doubling. */
const FIRST_ROOM = 256;

/** A queue of messages that costs their bytes and 8 bytes each, not an object each. */
export class Inbox {
  readonly #batches: Collected[] = [];
  #bytes = 0;

  /** Payload bytes waiting, plus 8 for each message. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a text message. Returns its size in UTF-8. */
  addText(text: string): number {
    const size = this.#last("text").addText(text);
    this.#bytes += size + 8;
    return size;
  }

  /** Adds a binary message; keeps a copy. */
  addBinary(bytes: Uint8Array): void {
    this.#last("binary").addBinary(bytes);
    this.#bytes += bytes.byteLength + 8;
  }

  /** The oldest messages of one type, or null if there are none. */
  take(): Batch | null {
    const batch = this.#batches.shift();
    if (batch === undefined) return null;
    this.#bytes -= batch.size + 8 * batch.count;
    return batch;
  }

  /** Drops everything. */
  clear(): void {
    this.#batches.length = 0;
    this.#bytes = 0;
  }

  /** The batch to add to: order is kept, so a change of type begins a new one. */
  #last(type: MessageType): Collected {
    let last = this.#batches.at(-1);
    if (last === undefined || last.type !== type) {
      last = new Collected(type);
      this.#batches.push(last);
    }
    return last;
  }
}

class Collected implements Batch {
  readonly type: MessageType;
  bytes: Uint8Array = new Uint8Array(0);
  bounds: Uint32Array = new Uint32Array(2);
  count = 0;
  size = 0;

  constructor(type: MessageType) {
    this.type = type;
  }

  addText(text: string): number {
    // Most text is ASCII and fits in as many bytes as it has characters.
    this.#reserve(text.length);
    let { read, written } = UTF8.encodeInto(
      text,
      this.bytes.subarray(this.size),
    );
    while (read < text.length) {
      this.#reserve(written + (text.length - read) * 3, written);
      const rest = UTF8.encodeInto(
        text.slice(read),
        this.bytes.subarray(this.size + written),
      );
      read += rest.read;
      written += rest.written;
    }
    this.#end(written);
    return written;
  }

  addBinary(bytes: Uint8Array): void {
    this.#reserve(bytes.byteLength);
    this.bytes.set(bytes, this.size);
    this.#end(bytes.byteLength);
  }

  #end(length: number): void {
    const at = 2 * this.count;
    if (at === this.bounds.length) {
      const more = new Uint32Array(2 * this.bounds.length);
      more.set(this.bounds);
      this.bounds = more;
    }
    this.bounds[at] = this.size;
    this.bounds[at + 1] = this.size += length;
    this.count++;
  }

  /** Makes room behind what is finished, for a message of which so many bytes are there already. */
  #reserve(length: number, begun = 0): void {
    const need = this.size + length;
    if (need <= this.bytes.byteLength) return;
    const more = new Uint8Array(
      Math.max(need, 2 * this.bytes.byteLength, FIRST_ROOM),
    );
    more.set(this.bytes.subarray(0, this.size + begun));
    this.bytes = more;
  }
}
