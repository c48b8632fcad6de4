import type { FramingError } from "../errors.ts";
import type { Batch, MessageType } from "./batch.ts";
import type { Decoder } from "./framing.ts";
import { MessageList } from "./message_list.ts";

/**
 * What all decoders have in common: one batch that is used again and again,
 * and a violation that is thrown only after the messages before it were
 * handed out.
 */
export abstract class BatchDecoder implements Decoder {
  /** The messages to hand out. */
  protected readonly batch: MessageList;
  /** Set by a subclass when the output broke a rule behind the messages in `batch`. */
  protected violation: FramingError | undefined;

  /** @param type The type of the messages. */
  constructor(type: MessageType) {
    this.batch = new MessageList(type);
  }

  push(chunk: Uint8Array, headroom = 0): Batch {
    if (this.violation !== undefined) throw this.violation;
    this.take(chunk, headroom);
    return this.#result();
  }

  end(): Batch {
    if (this.violation !== undefined) throw this.violation;
    this.finish();
    return this.#result();
  }

  /** Fills `batch` with the messages that `chunk` completes. */
  protected abstract take(chunk: Uint8Array, headroom: number): void;

  /** Fills `batch` with the message that the end of the stream completes, if there is one; with none when it sets `violation`. */
  protected abstract finish(): void;

  #result(): Batch {
    if (this.violation !== undefined && this.batch.count === 0) {
      throw this.violation;
    }
    return this.batch;
  }
}
