import type { Batch } from "./batch.ts";

/** The messages of a batch from number `from` on, up to `to`. They share memory with it. */
export function partOf(
  batch: Batch,
  from: number,
  to: number = batch.count,
): Batch {
  if (from === 0 && to === batch.count) return batch;
  const bounds = batch.bounds.subarray(2 * from, 2 * to);
  return { type: batch.type, bytes: batch.bytes, bounds, count: to - from };
}
