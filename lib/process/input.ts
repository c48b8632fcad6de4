/**
 * The stdin of a program.
 *
 * @module
 */
import type { PipeWriter } from "./pipes.ts";

/**
 * Writes to a program's stdin, one write at a time. A program that has closed
 * its stdin, or has ended, is an outcome and not an error: what is written then
 * goes nowhere, and the session lives on for what the program still prints.
 */
export class Input {
  readonly #pipe: PipeWriter;
  #written = 0;
  #open = true;

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
  async write(bytes: Uint8Array): Promise<void> {
    if (!this.#open || bytes.byteLength === 0) return;
    try {
      await this.#pipe.write(bytes);
      this.#written += bytes.byteLength;
    } catch {
      this.#open = false;
    }
  }

  /** Ends the input, after writes that are under way: the program reads EOF. Never rejects. */
  close(): Promise<void> {
    this.#open = false;
    return this.#pipe.close();
  }

  /** Closes the pipe, whatever is under way. Never rejects. */
  abort(): Promise<void> {
    this.#open = false;
    return this.#pipe.abort();
  }
}
