import type { Batch } from "./batch.ts";

// Below, a loop is faster than `set`, which needs a view of the source. tests/bench/framing_bench.ts
const SHORT = 40; // Bytes, one at a time.
const MEDIUM = 400; // Bytes, eight at a time.

/** Bytes. Messages of more are not copied if there is room between them: whoever reads slowly must not cost them twice. */
const LARGE = 1 << 15;

/** Returns the sum of the lengths of all messages in a batch. */
export function payloadSize(batch: Batch): number {
  const { bounds, count } = batch;
  let size = 0;
  for (let i = 0; i < 2 * count; i += 2) size += bounds[i + 1] - bounds[i];
  return size;
}

/** Returns the messages of a batch one after another, without a copy if that is how they already lie in memory. Large ones are moved where they lie. */
export function joinPayloads(batch: Batch): Uint8Array {
  const { bytes, bounds, count } = batch;
  if (count === 0) return new Uint8Array(0);
  const size = payloadSize(batch);
  const first = bounds[0];
  const last = bounds[2 * count - 1];
  // The ranges ascend and do not overlap, so equal sizes mean there is no gap.
  if (last - first === size) return bytes.subarray(first, last);
  if (isMovable(batch, 0)) return packInPlace(batch, null);
  const joined = new Uint8Array(size);
  copyPayloads(batch, joined, null);
  return joined;
}

/** Returns the messages of a batch one after another, with a separator byte behind each. Large ones are moved where they lie. */
export function separatePayloads(batch: Batch, separator: number): Uint8Array {
  if (isMovable(batch, 1)) return packInPlace(batch, separator);
  const separated = new Uint8Array(payloadSize(batch) + batch.count);
  copyPayloads(batch, separated, separator);
  return separated;
}

/**
 * Whether the messages of a batch are large, and can be moved together where
 * they lie, with `room` bytes more for each: in front of it must be as many
 * that nobody needs.
 */
export function isMovable(batch: Batch, room: number): boolean {
  const { bounds, count } = batch;
  // Not the size, which is a sum over all of them.
  const span = count === 0 ? 0 : bounds[2 * count - 1] - bounds[0];
  // To move short ones takes longer than to copy them.
  if (span <= LARGE || span < MEDIUM * count) return false;
  for (let i = 0, before = 0; i < 2 * count; i += 2) {
    if (bounds[i] < before + room) return false;
    before = bounds[i + 1];
  }
  return true;
}

/** A batch to encode of which the messages stay what they are: the same one, or a copy if they would be moved. */
export function spare(batch: Batch): Batch {
  return isMovable(batch, 0)
    ? {
      ...batch,
      bytes: batch.bytes.slice(0, batch.bounds[2 * batch.count - 1]),
    }
    : batch;
}

/** What {@linkcode copyPayloads} does, to the memory that they are in. */
function packInPlace(
  { bytes, bounds, count }: Batch,
  separator: number | null,
): Uint8Array {
  const start = bounds[0] - (separator === null ? 0 : 1);
  let at = start;
  for (let i = 0; i < 2 * count; i += 2) {
    at = copyBytes(bytes, bounds[i], bounds[i + 1], bytes, at);
    if (separator !== null) bytes[at++] = separator;
  }
  return bytes.subarray(start, at);
}

/** Copies the messages of a batch one behind the other, with a byte behind each unless that is null. */
function copyPayloads(
  { bytes, bounds, count }: Batch,
  to: Uint8Array,
  separator: number | null,
): void {
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const view = new DataView(to.buffer);
  let at = 0;
  for (let i = 0; i < 2 * count; i += 2) {
    let start = bounds[i];
    const end = bounds[i + 1], length = end - start;
    if (length < 8 || length >= MEDIUM) {
      at = copyBytes(bytes, start, end, to, at);
    } else {
      // And the last eight once more, from the end.
      const last = end - 8, lastAt = at + length - 8;
      while (start < last) {
        view.setBigInt64(at, source.getBigInt64(start, true), true);
        start += 8;
        at += 8;
      }
      view.setBigInt64(lastAt, source.getBigInt64(last, true), true);
      at = lastAt + 8;
    }
    if (separator !== null) to[at++] = separator;
  }
}

/** Copies `from.subarray(start, end)` to index `at` of `to`, which may be the same array if that is nearer to its front. Returns the index behind it. */
export function copyBytes(
  from: Uint8Array,
  start: number,
  end: number,
  to: Uint8Array,
  at: number,
): number {
  if (end - start < SHORT) {
    while (start < end) to[at++] = from[start++];
    return at;
  }
  to.set(from.subarray(start, end), at);
  return at + end - start;
}
