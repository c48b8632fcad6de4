import type { Batch } from "./batch.ts";
import { Backlog } from "./backlog.ts";
import { BatchDecoder } from "./batch_decoder.ts";
import type { Decoder, Framing } from "./framing.ts";
import { joinPayloads } from "./payloads.ts";
import {
  endOfUtf8,
  isText,
  notUtf8,
  repair,
  startOfCutSequence,
} from "./utf8.ts";

/** Text as it comes: each chunk is one message, but never ends inside a character. No message is empty. */
export class Raw implements Framing {
  readonly name = "raw";
  readonly type = "text";
  readonly sendsStderr = false;
  readonly #repairs: boolean;

  /** @param repairs Whether output that is not UTF-8 is repaired; else it is a violation. */
  constructor(repairs: boolean) {
    this.#repairs = repairs;
  }

  decoder(): Decoder {
    return new RawDecoder(this.#repairs);
  }

  encode(batch: Batch): Uint8Array {
    return joinPayloads(batch);
  }
}

class RawDecoder extends BatchDecoder {
  readonly #backlog = new Backlog(3); // A character has at most 4 bytes.
  readonly #repairs: boolean;

  constructor(repairs: boolean) {
    super("text");
    this.#repairs = repairs;
  }

  protected override take(chunk: Uint8Array, headroom: number): void {
    this.#backlog.add(chunk, headroom);
    const { bytes, start } = this.#backlog;
    const end = startOfCutSequence(bytes, start, bytes.length);
    this.#fill(bytes, start, end);
    this.#backlog.keep(end);
  }

  protected override finish(): void {
    const { bytes, start } = this.#backlog;
    this.#fill(bytes, start, bytes.length);
    this.#backlog.clear();
  }

  #fill(bytes: Uint8Array, start: number, end: number): void {
    this.batch.begin(bytes);
    if (start === end) return;
    this.batch.add(start, end);
    if (isText(this.batch)) return;
    if (this.#repairs) return repair(this.batch);
    // What came before the violation is sent, wherever the chunks were cut.
    const broken = endOfUtf8(bytes, start, end);
    this.batch.begin(bytes);
    if (broken > start) this.batch.add(start, broken);
    this.violation = notUtf8();
  }
}
