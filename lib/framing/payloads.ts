import type { Batch } from "./batch.ts";

// Below, a loop is faster than `set`, which needs a view of the source. bench/framing_bench.ts
const SHORT = 40; // Bytes, one at a time.
const MEDIUM = 400; // Bytes, eight at a time.

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
  copyPayloads(batch, joined, null);
  return joined;
}

/** Returns the messages of a batch one after another, with a separator byte behind each. */
export function separatePayloads(batch: Batch, separator: number): Uint8Array {
  const separated = new Uint8Array(payloadSize(batch) + batch.count);
  copyPayloads(batch, separated, separator);
  return separated;
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
