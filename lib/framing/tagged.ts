import type { FramingError } from "../errors.ts";
import type { Batch } from "./batch.ts";
import { BatchDecoder } from "./batch_decoder.ts";
import type { Decoder, Framing, OutputStream } from "./framing.ts";
import { JsonWriter } from "./json_writer.ts";
import { MessageList } from "./message_list.ts";
import { payloadSize, separatePayloads } from "./payloads.ts";
import { type Separation, Splitter } from "./splitter.ts";
import { countText, notUtf8 } from "./utf8.ts";

const PREFIX = {
  stdout: new TextEncoder().encode('{"stream":"stdout","data":"'),
  stderr: new TextEncoder().encode('{"stream":"stderr","data":"'),
};
const SUFFIX = new TextEncoder().encode('"}');

/**
 * Lines of both output streams, each with the name of its stream:
 * `{"stream":"stdout","data":"…"}`, byte for byte as the original's
 * `--passstderr`. Towards the program it is the same as `lines`.
 */
export class Tagged implements Framing {
  readonly name = "tagged";
  readonly type = "text";
  readonly sendsStderr = true;
  readonly #separation: Separation;
  readonly #repairs: boolean;

  /** @param options.repairs Whether output that is not UTF-8 is repaired; else it is a violation. */
  constructor(
    options: { readonly separation: Separation; readonly repairs: boolean },
  ) {
    this.#separation = options.separation;
    this.#repairs = options.repairs;
  }

  decoder(stream: OutputStream): Decoder {
    return new TaggedDecoder(stream, this.#separation, this.#repairs);
  }

  encode(batch: Batch): Uint8Array {
    return separatePayloads(batch, this.#separation.separator);
  }
}

class TaggedDecoder extends BatchDecoder {
  readonly #prefix: Uint8Array;
  readonly #lines = new MessageList("text");
  readonly #splitter: Splitter;
  readonly #writer = new JsonWriter();
  readonly #repairs: boolean;

  constructor(
    stream: OutputStream,
    separation: Separation,
    repairs: boolean,
  ) {
    super("text");
    this.#prefix = PREFIX[stream];
    this.#splitter = new Splitter(separation, this.#lines);
    this.#repairs = repairs;
  }

  protected override take(chunk: Uint8Array, headroom: number): void {
    this.#tag(this.#splitter.push(chunk, headroom));
  }

  protected override finish(): void {
    this.#tag(this.#splitter.end());
  }

  #tag(violation: FramingError | undefined): void {
    this.violation = violation;
    if (!this.#repairs) this.#ensureText();
    const { bytes, bounds, count } = this.#lines;
    const writer = this.#writer;
    const added = this.#prefix.length + SUFFIX.length;
    writer.begin(payloadSize(this.#lines) + count * added);
    this.batch.begin(bytes);
    for (let i = 0; i < 2 * count; i += 2) {
      const start = writer.length;
      writer.writeRaw(this.#prefix);
      writer.writeText(bytes, bounds[i], bounds[i + 1]);
      writer.writeRaw(SUFFIX);
      this.batch.add(start, writer.length);
    }
    this.batch.bytes = writer.bytes;
    this.#lines.clear();
  }

  #ensureText(): void {
    const valid = countText(this.#lines);
    if (valid === this.#lines.count) return;
    this.#lines.count = valid;
    this.violation = notUtf8();
  }
}
