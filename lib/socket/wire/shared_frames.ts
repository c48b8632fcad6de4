/**
 * Frames of messages that many clients get, made once.
 *
 * @module
 */
import type { Segment } from "../../framing/output_log.ts";
import { firstByteOf, LONGEST_HEADER, writeHeader } from "./frame_writer.ts";

/** The frames of a segment, as far as somebody has asked for them. */
class SharedFrames {
  bytes: Uint8Array = new Uint8Array(0);
  /** Index behind each frame. */
  ends: Uint32Array = new Uint32Array(0);
  count = 0;

  /** Makes the frames of all messages there are by now. What was handed out before stays as it is. */
  extend(segment: Segment): void {
    const { bytes, bounds, count } = segment;
    const size = this.count === 0 ? 0 : this.ends[this.count - 1];
    const start = this.count === 0 ? 0 : bounds[2 * this.count - 1];
    const room = size + bounds[2 * count - 1] - start +
      LONGEST_HEADER * (count - this.count);
    if (room > this.bytes.length) {
      // As much again, as a segment is asked for whenever it has grown.
      const more = new Uint8Array(room + size);
      more.set(this.bytes.subarray(0, size));
      this.bytes = more;
    }
    if (count > this.ends.length) {
      const more = new Uint32Array(Math.max(count, 2 * this.ends.length));
      more.set(this.ends.subarray(0, this.count));
      this.ends = more;
    }
    const out = this.bytes;
    const to = { bytes: out, view: new DataView(out.buffer) };
    const first = firstByteOf(segment);
    let at = size;
    for (let i = this.count; i < count; i++) {
      const from = bounds[2 * i], until = bounds[2 * i + 1];
      at = writeHeader(to, at, first, until - from);
      out.set(bytes.subarray(from, until), at);
      this.ends[i] = at += until - from;
    }
    this.count = count;
  }
}

const known = new WeakMap<Segment, SharedFrames>();

/** The frames of messages of a segment, by number. They never change, and are to be left as they are. */
export function sharedFrames(
  segment: Segment,
  from: number,
  until: number,
): Uint8Array {
  let frames = known.get(segment);
  if (frames === undefined) known.set(segment, frames = new SharedFrames());
  if (frames.count < until - segment.first) frames.extend(segment);
  const start = from === segment.first
    ? 0
    : frames.ends[from - segment.first - 1];
  return frames.bytes.subarray(start, frames.ends[until - segment.first - 1]);
}
