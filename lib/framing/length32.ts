import { FramingError, LineTooLongError } from "../errors.ts";
import { Backlog } from "./backlog.ts";
import type { Batch } from "./batch.ts";
import { BatchDecoder } from "./batch_decoder.ts";
import type { Decoder, Framing } from "./framing.ts";
import { copyBytes, isMovable, payloadSize } from "./payloads.ts";

const HEADER = 4; // Bytes of the length before each message.

/** Binary messages with their length before each: 4 bytes, the highest first, in both directions. A message may be empty. */
export class Length32 implements Framing {
  readonly name = "length32";
  readonly type = "binary";
  readonly sendsStderr = false;
  readonly #longest: number;

  /** @param longest Bytes that a message of the program may have. */
  constructor(longest: number) {
    this.#longest = longest;
  }

  decoder(): Decoder {
    return new Length32Decoder(this.#longest);
  }

  encode(batch: Batch): Uint8Array {
    const { bytes, bounds, count } = batch;
    const isInPlace = isMovable(batch, HEADER);
    const encoded = isInPlace
      ? bytes
      : new Uint8Array(payloadSize(batch) + HEADER * count);
    const start = isInPlace ? bounds[0] - HEADER : 0;
    let to = start;
    for (let i = 0; i < 2 * count; i += 2) {
      const length = bounds[i + 1] - bounds[i];
      encoded[to] = length >>> 24;
      encoded[to + 1] = length >>> 16;
      encoded[to + 2] = length >>> 8;
      encoded[to + 3] = length;
      to = copyBytes(bytes, bounds[i], bounds[i + 1], encoded, to + HEADER);
    }
    return encoded.subarray(start, to);
  }
}

class Length32Decoder extends BatchDecoder {
  readonly #longest: number;
  readonly #backlog: Backlog;

  constructor(longest: number) {
    super("binary");
    this.#longest = longest;
    this.#backlog = new Backlog(HEADER + longest);
  }

  protected override take(chunk: Uint8Array, headroom: number): void {
    this.#backlog.add(chunk, headroom);
    const bytes = this.#backlog.bytes;
    let at = this.#backlog.start;
    this.batch.begin(bytes);
    while (bytes.length - at >= HEADER) {
      const length = lengthAt(bytes, at);
      if (length > this.#longest) return this.#refuse(length);
      const end = at + HEADER + length;
      if (end > bytes.length) break;
      this.batch.add(at + HEADER, end);
      at = end;
    }
    this.#backlog.keep(at);
  }

  protected override finish(): void {
    const { bytes, start, size } = this.#backlog;
    this.batch.clear();
    if (size === 0) return;
    this.violation = new FramingError(
      size < HEADER
        ? `Output ends inside a length: ${size} of ${HEADER} bytes (--framing=length32)`
        : `Output ends inside a message: ${size - HEADER} of ${
          lengthAt(bytes, start)
        } bytes (--framing=length32)`,
    );
    this.#backlog.clear();
  }

  // The number is worth telling: 1752462448 is a program that prints "http".
  #refuse(length: number): void {
    this.#backlog.clear();
    this.violation = new LineTooLongError(
      `Message of ${length} bytes is longer than ${this.#longest} bytes (--maxline)`,
    );
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  const signed = bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 |
    bytes[at + 3];
  return signed >>> 0;
}
