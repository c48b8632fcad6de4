/**
 * Feeds a frame reader and says what it found.
 *
 * @module
 */
import {
  FrameReader,
  type FrameReaderOptions,
} from "../../lib/socket/wire/frame_reader.ts";
import { wordsOf } from "./peer.ts";

/** What came of some bytes. */
export interface ReadFrames {
  /** `text abc`, `ping abc`, `close 03e8`, `1002 a frame is not masked`. */
  readonly found: readonly string[];
  /** The largest array that was held, in bytes. */
  readonly held: number;
}

/** Puts bytes where a reader wants them, as far as there is room at once, and hands all findings to `found`. */
export function feed(
  reader: FrameReader,
  bytes: Uint8Array,
  found: (words: string) => void,
): number {
  let held = 0;
  for (let at = 0; at < bytes.length;) {
    const room = reader.room();
    held = Math.max(held, room.buffer.byteLength);
    const count = Math.min(room.length, bytes.length - at);
    room.set(bytes.subarray(at, at + count));
    reader.filled(count);
    at += count;
    for (;;) {
      const finding = reader.next();
      if (finding === "nothing") break;
      if (finding === "violation") {
        found(`${reader.violation!.code} ${reader.violation!.reason}`);
        return held;
      }
      if (finding !== "messages") {
        found(
          wordsOf(finding === "close" ? "binary" : finding, reader.payload)
            .replace(/^binary/, "close").trimEnd(),
        );
        if (finding === "close") return held;
        continue;
      }
      const { type, bytes, bounds, count } = reader.batch;
      for (let i = 0; i < count; i++) {
        found(wordsOf(type, bytes.subarray(bounds[2 * i], bounds[2 * i + 1])));
      }
    }
  }
  return held;
}

/** Reads chunks with a fresh reader. */
export function readFrames(
  chunks: readonly Uint8Array[],
  options: FrameReaderOptions = {},
): ReadFrames {
  const reader = new FrameReader(options);
  const found: string[] = [];
  let held = 0;
  for (const chunk of chunks) {
    held = Math.max(held, feed(reader, chunk, (words) => found.push(words)));
    if (reader.violation !== null || found.at(-1)?.startsWith("close")) break;
  }
  return { found, held };
}
