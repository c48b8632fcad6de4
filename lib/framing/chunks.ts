import type { Batch } from "./batch.ts";
import { Backlog } from "./backlog.ts";
import { BatchDecoder } from "./batch_decoder.ts";
import type { Decoder, Framing } from "./framing.ts";
import { joinPayloads } from "./payloads.ts";

/** Bytes as they come: each chunk is one binary message, as the original's `--binary`. No message is empty. */
export class Chunks implements Framing {
  readonly name = "chunks";
  readonly type = "binary";
  readonly sendsStderr = false;

  decoder(): Decoder {
    return new ChunksDecoder("binary");
  }

  encode(batch: Batch): Uint8Array {
    return joinPayloads(batch);
  }
}

class ChunksDecoder extends BatchDecoder {
  // Nothing ever waits here; it keeps a small chunk from holding the big array it came in.
  readonly #backlog = new Backlog(0);

  protected override take(chunk: Uint8Array, headroom: number): void {
    this.#backlog.add(chunk, headroom);
    const { bytes, start } = this.#backlog;
    this.batch.begin(bytes);
    if (chunk.length > 0) this.batch.add(start, bytes.length);
    this.#backlog.keep(bytes.length);
  }

  protected override finish(): void {
    this.batch.clear();
  }
}
