/**
 * What servers send each other: a few facts, and messages. Pure.
 *
 * @module
 */
import { concat } from "../concat.ts";
import type { Batch, MessageType } from "../framing/batch.ts";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();
/** Bytes of a sender's mark. */
const MARK = 8;
/** How long the rest of a parcel may take, in milliseconds. */
const REST_MS = 10_000;
/** Bytes of unfinished parcels that are kept: several of the longest messages that a program may print. */
const MOST = 1 << 26;

/** Facts, and the messages they are about. */
export interface Parcel<Facts> {
  readonly facts: Facts;
  readonly batch: Batch | null;
}

/** Packs facts and messages: the length of the facts, the facts as JSON, number and lengths of the messages, the messages. */
export function packParcel(facts: unknown, batch: Batch | null): Uint8Array {
  const type = batch === null ? null : batch.type;
  const head = ENCODER.encode(JSON.stringify({ facts, type }));
  const count = batch?.count ?? 0;
  let size = 0;
  for (let i = 0; i < count; i++) size += lengthOf(batch!, i);
  const bytes = new Uint8Array(8 + head.length + 4 * count + size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, head.length);
  bytes.set(head, 4);
  let at = 4 + head.length;
  view.setUint32(at, count);
  at += 4;
  for (let i = 0; i < count; i++, at += 4) {
    view.setUint32(at, lengthOf(batch!, i));
  }
  for (let i = 0; i < count; i++) {
    const start = batch!.bounds[2 * i], end = batch!.bounds[2 * i + 1];
    bytes.set(batch!.bytes.subarray(start, end), at);
    at += end - start;
  }
  return bytes;
}

/**
 * Opens a parcel. Its messages share memory with `bytes`. Null if it is none:
 * anybody who reaches the broker can send anything.
 */
export function openParcel<Facts>(bytes: Uint8Array): Parcel<Facts> | null {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const headEnd = 4 + view.getUint32(0);
    const { facts, type } = JSON.parse(
      DECODER.decode(bytes.subarray(4, headEnd)),
    ) as { facts: Facts; type: MessageType | null };
    const count = view.getUint32(headEnd);
    const lengths = headEnd + 4;
    let at = lengths + 4 * count;
    if (at > bytes.length) return null;
    const bounds = new Uint32Array(2 * count);
    for (let i = 0; i < count; i++) {
      bounds[2 * i] = at;
      at += view.getUint32(lengths + 4 * i);
      bounds[2 * i + 1] = at;
    }
    if (at !== bytes.length) return null;
    if (typeof facts !== "object" || facts === null) return null;
    const isBatch = type === "text" || type === "binary";
    return { facts, batch: isBatch ? { type, bytes, bounds, count } : null };
  } catch {
    return null;
  }
}

/** Cuts a parcel into pieces that a broker carries. */
export class ParcelCutter {
  readonly #mark = crypto.getRandomValues(new Uint8Array(MARK));
  readonly #most: number;

  /** @param maxPayload Bytes of the largest piece. */
  constructor(maxPayload: number) {
    this.#most = maxPayload - MARK - 1;
  }

  /** The pieces, in order. Each has the sender's mark, and whether it is the last. */
  cut(parcel: Uint8Array): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let at = 0;
    do {
      const part = parcel.subarray(at, at + this.#most);
      at += part.length;
      const piece = new Uint8Array(1 + MARK + part.length);
      piece[0] = at < parcel.length ? 0 : 1;
      piece.set(this.#mark, 1);
      piece.set(part, 1 + MARK);
      pieces.push(piece);
    } while (at < parcel.length);
    return pieces;
  }
}

/** Puts the pieces of parcels together, of several senders at a time. */
export class ParcelJoiner {
  readonly #open = new Map<string, { parts: Uint8Array[]; since: number }>();
  #bytes = 0;

  /** Bytes of parcels that are not whole yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the next piece. Gives the whole parcel if that was its last one. */
  push(piece: Uint8Array): Uint8Array | null {
    if (piece.length < 1 + MARK) return null;
    const mark = piece.subarray(1, 1 + MARK).toHex();
    const part = piece.subarray(1 + MARK);
    const isLast = piece[0] === 1;
    const begun = this.#open.get(mark);
    if (isLast && begun === undefined) return part;
    const parts = begun?.parts ?? [];
    parts.push(part);
    this.#bytes += part.length;
    if (isLast) {
      this.#drop(mark);
      return concat(parts);
    }
    if (begun === undefined) this.#open.set(mark, { parts, since: Date.now() });
    this.#forget();
    return null;
  }

  /** Senders end in the middle, too. */
  #forget(): void {
    for (const [mark, { since }] of this.#open) {
      if (this.#bytes <= MOST && Date.now() - since <= REST_MS) break;
      this.#drop(mark);
    }
  }

  #drop(mark: string): void {
    for (const { length } of this.#open.get(mark)?.parts ?? []) {
      this.#bytes -= length;
    }
    this.#open.delete(mark);
  }
}

function lengthOf({ bounds }: Batch, i: number): number {
  return bounds[2 * i + 1] - bounds[2 * i];
}
