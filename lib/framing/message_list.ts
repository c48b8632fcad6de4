import type { Batch, MessageType } from "./batch.ts";

const NO_BYTES = new Uint8Array(0);
const NO_BOUNDS = new Uint32Array(0);
const FEWEST_BOUNDS = 16; // 8 messages: enough for a program that prints a line at a time.
const MOST_SPARE = 1 << 16; // 256 KiB: more than 64 KiB of lines of one character need.

/** What the last list has let go of, for the next that grows: programs that print much at a time would grow one from the smallest each time. */
let spare: Uint32Array = NO_BOUNDS;

/**
 * A batch that its decoder fills again for every chunk, so that a message
 * costs two numbers and no object.
 */
export class MessageList implements Batch {
  readonly type: MessageType;
  bytes: Uint8Array = NO_BYTES;
  bounds: Uint32Array = NO_BOUNDS;
  count = 0;

  /** @param type The type of every message that will be in this list. */
  constructor(type: MessageType) {
    this.type = type;
  }

  /** Forgets all messages; those added from now on are ranges of `bytes`. */
  begin(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.count = 0;
    // A burst of short lines needs half a megabyte of bounds. A session that
    // is quiet again must not hold that until it ends.
    if (this.bounds.length > 8 * (bytes.length + FEWEST_BOUNDS)) {
      const { length } = this.bounds;
      if (length > spare.length && length <= MOST_SPARE) spare = this.bounds;
      this.bounds = NO_BOUNDS;
    }
  }

  /** Forgets all messages and the memory they were in. */
  clear(): void {
    this.begin(NO_BYTES);
  }

  /** Appends `bytes.subarray(start, end)`. */
  add(start: number, end: number): void {
    const at = 2 * this.count;
    if (at === this.bounds.length) this.growBounds();
    this.bounds[at] = start;
    this.bounds[at + 1] = end;
    this.count++;
  }

  /** Makes room for twice as many messages. Returns the new `bounds`, for a loop that keeps them in a variable. */
  growBounds(): Uint32Array {
    const { length } = this.bounds;
    const isMany = length > FEWEST_BOUNDS && spare.length > length;
    const grown = isMany
      ? spare
      : new Uint32Array(Math.max(FEWEST_BOUNDS, 2 * length));
    if (isMany) spare = NO_BOUNDS;
    grown.set(this.bounds);
    this.bounds = grown;
    return grown;
  }
}
