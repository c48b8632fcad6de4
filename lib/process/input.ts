/**
 * The stdin of a program.
 *
 * @module
 */
import type { PipeWriter } from "./pipes.ts";

/** Bytes that are written at once: what a Linux pipe takes. */
const WHOLE = 65536;
/** Bytes that more than that is written in: whoever asks whether the program reads shall see that it does. */
const PIECE = 16384;

/**
 * Writes to a program's stdin, one write at a time. A program that has closed
 * its stdin, or has ended, is an outcome and not an error: what is written then
 * goes nowhere, and the session lives on for what the program still prints.
 */
export class Input {
  readonly #pipe: PipeWriter;
  #written = 0;
  #open = true;
  #writing: Promise<void> = Promise.resolve();

  constructor(pipe: PipeWriter) {
    this.#pipe = pipe;
  }

  /** Bytes the program's pipe has taken so far. */
  get written(): number {
    return this.#written;
  }

  /** Whether the program can still be written to, as far as is known. */
  get open(): boolean {
    return this.#open;
  }

  /** Resolves when the pipe has taken all bytes, or can take none any more. Never rejects. */
  write(bytes: Uint8Array): Promise<void> {
    if (!this.#open || bytes.byteLength === 0) return Promise.resolve();
    return this.#writing = this.#write(bytes);
  }

  /** Ends the input, after the write that is under way: the program reads EOF. Never rejects. */
  async close(): Promise<void> {
    this.#open = false;
    await this.#writing;
    await this.#pipe.close();
  }

  /** Closes the pipe, whatever is under way. Never rejects. */
  abort(): Promise<void> {
    this.#open = false;
    return this.#pipe.abort();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const size = bytes.byteLength > WHOLE ? PIECE : WHOLE;
    try {
      for (let at = 0; at < bytes.byteLength; at += size) {
        const piece = bytes.subarray(at, at + size);
        await this.#pipe.write(piece);
        this.#written += piece.byteLength;
      }
    } catch {
      this.#open = false;
    }
  }
}
