import type { Batch } from "./batch.ts";

// Below, a loop is faster than `set`, which needs a view of the source.
const SHORT = 40; // Bytes; bench/framing_bench.ts

/** Returns the sum of the lengths of all messages in a batch. */
export function payloadSize(batch: Batch): number {
  const { bounds, count } = batch;
  let size = 0;
  for (let i = 0; i < 2 * count; i += 2) size += bounds[i + 1] - bounds[i];
  return size;
}

/** Returns the messages of a batch one after another, without a copy if that is how they already lie in memory. */
export function joinPayloads(batch: Batch): Uint8Array {
  const { bytes, bounds, count } = batch;
  if (count === 0) return new Uint8Array(0);
  const size = payloadSize(batch);
  const first = bounds[0];
  const last = bounds[2 * count - 1];
  // The ranges ascend and do not overlap, so equal sizes mean there is no gap.
  if (last - first === size) return bytes.subarray(first, last);
  const joined = new Uint8Array(size);
  let to = 0;
  for (let i = 0; i < 2 * count; i += 2) {
    to = copyBytes(bytes, bounds[i], bounds[i + 1], joined, to);
  }
  return joined;
}

/** Returns the messages of a batch one after another, with a separator byte behind each. */
export function separatePayloads(batch: Batch, separator: number): Uint8Array {
  const { bytes, bounds, count } = batch;
  const separated = new Uint8Array(payloadSize(batch) + count);
  let to = 0;
  for (let i = 0; i < 2 * count; i += 2) {
    to = copyBytes(bytes, bounds[i], bounds[i + 1], separated, to);
    separated[to++] = separator;
  }
  return separated;
}

/** Copies `from.subarray(start, end)` to index `at` of `to`. Returns the index behind it. */
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
