/**
 * Helpers for the tests of framings: decode a whole stream, encode messages,
 * and bytes from strings.
 *
 * @module
 */
import type { Batch } from "../../lib/framing/batch.ts";
import type {
  Decoder,
  Framing,
  OutputStream,
} from "../../lib/framing/framing.ts";
import { FramingError } from "../../lib/errors.ts";

/** What a decoder made of a stream. */
export interface Decoded {
  readonly messages: readonly string[];
  /** Name and message of the violation, or null. */
  readonly error: string | null;
}

/** UTF-8 of a string; `bytes("é", [0xff])` adds bytes that are no UTF-8. */
export function bytes(...parts: (string | number[])[]): Uint8Array {
  return concat(
    parts.map((part) =>
      typeof part === "string"
        ? new TextEncoder().encode(part)
        : Uint8Array.from(part)
    ),
  );
}

/** The messages of a batch as strings: text decoded, and an exception if it is not UTF-8; binary as Latin-1. */
export function stringsOf(batch: Batch): string[] {
  const strings: string[] = [];
  const decoder = batch.type === "text"
    ? new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
    : new TextDecoder("latin1");
  let end = 0;
  for (let i = 0; i < batch.count; i++) {
    const message = batch.bytes.subarray(
      batch.bounds[2 * i],
      batch.bounds[2 * i + 1],
    );
    if (batch.bounds[2 * i] < end) throw new Error("Messages do not ascend");
    end = batch.bounds[2 * i + 1];
    if (message.length !== end - batch.bounds[2 * i]) {
      throw new Error("A bound is outside of the bytes");
    }
    strings.push(decoder.decode(message));
  }
  return strings;
}

/** Pushes copies of the chunks, some of them with headroom, then ends. Each copy is overwritten before the next push, as a caller may do that reads into one buffer. */
export function decode(
  framing: Framing,
  chunks: readonly Uint8Array[],
  stream: OutputStream = "stdout",
): Decoded {
  const messages: string[] = [];
  const decoder = framing.decoder(stream);
  try {
    for (const chunk of chunks) {
      const copy = roomyCopy(chunk);
      const headroom = chunk.length % 3 === 0 ? copy.byteOffset : 0;
      messages.push(...stringsOf(decoder.push(copy, headroom)));
      copy.fill(0x2a);
    }
    messages.push(...stringsOf(decoder.end()));
    return { messages, error: null };
  } catch (error) {
    return { messages, error: describe(error) };
  }
}

/** Calls `push` once with a whole stream and returns the messages of that call alone. */
export function pushed(decoder: Decoder, chunk: Uint8Array): string[] {
  return stringsOf(decoder.push(chunk));
}

/** `name: message` of a framing error; other errors are thrown on. */
export function describe(error: unknown): string {
  if (!(error instanceof FramingError)) throw error;
  return `${error.name}: ${error.message}`;
}

/** A batch as the engines make them: with `gap` bytes before each message. */
export function batchOf(
  messages: readonly Uint8Array[],
  gap = 0,
): Batch {
  const bounds: number[] = [];
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const message of messages) {
    bounds.push(at + gap, at + gap + message.length);
    parts.push(new Uint8Array(gap).fill(0x2a), message);
    at += gap + message.length;
  }
  return {
    type: "text",
    bytes: concat(parts),
    bounds: Uint32Array.from([...bounds, 7, 7]),
    count: messages.length,
  };
}

/** Cuts a stream into chunks of these sizes, again from the first size when they are used up. A size of 0 makes an empty chunk. */
export function cut(
  stream: Uint8Array,
  sizes: readonly number[],
): Uint8Array[] {
  if (!sizes.some((size) => size > 0)) return [stream];
  const chunks: Uint8Array[] = [];
  for (let at = 0, i = 0; at < stream.length; i++) {
    const size = sizes[i % sizes.length];
    chunks.push(stream.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

/** Joins byte arrays. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(
    parts.reduce((size, part) => size + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Every other length in an array that is much too big, as the runtime hands out its reads; the others with a little room in front. */
function roomyCopy(chunk: Uint8Array): Uint8Array {
  if (chunk.length % 2 === 0) {
    const copy = new Uint8Array(5 + chunk.length);
    copy.set(chunk, 5);
    return copy.subarray(5);
  }
  const roomy = new Uint8Array(1024 + 8 * chunk.length);
  roomy.set(chunk, 3);
  return roomy.subarray(3, 3 + chunk.length);
}
