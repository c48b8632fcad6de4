import type { Batch } from "./batch.ts";
import { BatchDecoder } from "./batch_decoder.ts";
import type { Decoder, Framing } from "./framing.ts";
import { separatePayloads } from "./payloads.ts";
import { type Separation, Splitter } from "./splitter.ts";
import { countText, isText, notUtf8, repair } from "./utf8.ts";

/** Text messages with a separator behind each: `lines` and `nul`. What stands behind the last separator when the stream ends is a message too. */
export class Delimited implements Framing {
  readonly name: "lines" | "nul";
  readonly type = "text";
  readonly sendsStderr = false;
  readonly #separation: Separation;
  readonly #repairs: boolean;

  /** @param repairs Whether output that is not UTF-8 is repaired; else it is a violation. */
  constructor(
    name: "lines" | "nul",
    options: { readonly separation: Separation; readonly repairs: boolean },
  ) {
    this.name = name;
    this.#separation = options.separation;
    this.#repairs = options.repairs;
  }

  decoder(): Decoder {
    return new DelimitedDecoder(this.#separation, this.#repairs);
  }

  encode(batch: Batch): Uint8Array {
    return separatePayloads(batch, this.#separation.separator);
  }
}

class DelimitedDecoder extends BatchDecoder {
  readonly #splitter: Splitter;
  readonly #repairs: boolean;

  constructor(separation: Separation, repairs: boolean) {
    super("text");
    this.#splitter = new Splitter(separation, this.batch);
    this.#repairs = repairs;
  }

  protected override take(chunk: Uint8Array, headroom: number): void {
    this.violation = this.#splitter.push(chunk, headroom);
    this.#ensureText();
  }

  protected override finish(): void {
    this.violation = this.#splitter.end();
    this.#ensureText();
  }

  #ensureText(): void {
    if (isText(this.batch)) return;
    if (this.#repairs) return repair(this.batch);
    this.batch.count = countText(this.batch);
    this.violation = notUtf8();
  }
}
