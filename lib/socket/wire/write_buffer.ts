/**
 * Memory for output, shared by all connections of a thread: none of them needs
 * any while it waits.
 *
 * @module
 */

/** Sizes there are. Four times the next, so that at most three quarters are unused. */
const SIZES = [1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18];
/** Buffers of each size kept for the next to come; a fresh page costs more than a microsecond. */
const KEPT = 8;

const free: WriteBuffer[][] = SIZES.map(() => []);

/** Bytes to write, and what to write behind them. */
export class WriteBuffer {
  readonly bytes: Uint8Array;
  /** The same memory. */
  readonly view: DataView;
  /** How many of the bytes are to be written. */
  end = 0;
  /** Payload bytes of the messages in it, `rest` included. */
  payload = 0;
  /** Written behind it, from where it lies. */
  rest: Uint8Array | null = null;

  /** Use {@linkcode takeWriteBuffer}. */
  constructor(size: number) {
    const buffer = new ArrayBuffer(size);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
  }

  /** What has been put in. */
  get filled(): Uint8Array {
    return this.bytes.subarray(0, this.end);
  }
}

/** Takes an empty buffer with room for so many bytes, or for 256 KiB if that is less. To be given back. */
export function takeWriteBuffer(size: number): WriteBuffer {
  const at = classOf(size);
  return free[at].pop() ?? new WriteBuffer(SIZES[at]);
}

/** Gives a buffer back. Nobody may use it any more. */
export function giveBack(buffer: WriteBuffer): void {
  buffer.end = 0;
  buffer.payload = 0;
  buffer.rest = null;
  const kept = free[classOf(buffer.bytes.length)];
  if (kept.length < KEPT) kept.push(buffer);
}

function classOf(size: number): number {
  let at = 0;
  while (at < SIZES.length - 1 && SIZES[at] < size) at++;
  return at;
}
