/**
 * Input and output of a client that runs in the test's own process.
 *
 * @module
 */
import type { ByteSink } from "../../lib/connect/client_options.ts";
import type { ByteSource } from "../../lib/connect/sender.ts";
import { eventually } from "../helpers/deadline.ts";

/** What somebody types. */
export class Input implements ByteSource {
  /** Bytes that the client has taken. */
  taken = 0;
  #waiting: Uint8Array = new Uint8Array(0);
  #hasEnded = false;
  #changed = Promise.withResolvers<void>();

  /** An input that holds some text and has ended; without text, one that waits. */
  constructor(text?: string) {
    if (text === undefined) return;
    this.type(text);
    this.end();
  }

  type(text: string): void {
    const added = new TextEncoder().encode(text);
    const joined = new Uint8Array(this.#waiting.length + added.length);
    joined.set(this.#waiting);
    joined.set(added, this.#waiting.length);
    this.#waiting = joined;
    this.#changed.resolve();
  }

  end(): void {
    this.#hasEnded = true;
    this.#changed.resolve();
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#waiting.length === 0) {
      if (this.#hasEnded) return null;
      this.#changed = Promise.withResolvers();
      await this.#changed.promise;
    }
    const count = Math.min(into.length, this.#waiting.length);
    into.set(this.#waiting.subarray(0, count));
    this.#waiting = this.#waiting.subarray(count);
    this.taken += count;
    return count;
  }
}

/** What is printed. */
export class Output implements ByteSink {
  text = "";
  readonly #decoder = new TextDecoder();
  #holding: PromiseWithResolvers<void> | null = null;

  async write(bytes: Uint8Array): Promise<number> {
    await this.#holding?.promise;
    // Less than all, as a pipe may take.
    const part = bytes.subarray(0, Math.min(bytes.length, 1000));
    this.text += this.#decoder.decode(part, { stream: true });
    return part.length;
  }

  /** Takes nothing until {@linkcode goOn}. */
  hold(): void {
    this.#holding ??= Promise.withResolvers();
  }

  goOn(): void {
    this.#holding?.resolve();
    this.#holding = null;
  }

  /** Waits until some text is there. */
  async has(text: string): Promise<void> {
    await eventually(
      () => this.text.includes(text),
      () => `"${text}" in "${this.text}"`,
    );
  }
}
