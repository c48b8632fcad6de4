import { encodeControl, type ServerControl } from "../client/protocol.ts";
import type { Batch, MessageType } from "../framing/batch.ts";
import type { Framing } from "../framing/framing.ts";

const ENCODER = new TextEncoder();

/** Control messages of `websocketd.v1`, ready to be sent: of the type that the messages of the program do not have. */
export function controlBatch(
  framing: Framing,
  controls: readonly ServerControl[],
): Batch {
  const type = framing.type === "text" ? "binary" : "text";
  return batchOf(type, controls.map(encodeControl));
}

/** Messages with these texts. */
export function batchOf(type: MessageType, texts: readonly string[]): Batch {
  const parts = texts.map((text) => ENCODER.encode(text));
  const bytes = new Uint8Array(
    parts.reduce((size, { length }) => size + length, 0),
  );
  const bounds = new Uint32Array(2 * parts.length);
  let at = 0;
  parts.forEach((part, i) => {
    bytes.set(part, at);
    bounds[2 * i] = at;
    bounds[2 * i + 1] = at += part.length;
  });
  return { type, bytes, bounds, count: parts.length };
}
