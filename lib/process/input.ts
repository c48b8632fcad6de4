/**
 * The stdin of a program.
 *
 * @module
 */

/**
 * Writes to a program's stdin, one write at a time. A program that has closed
 * its stdin, or has ended, is an outcome and not an error: what is written then
 * goes nowhere, and the session lives on for what the program still prints.
 */
export class Input {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #written = 0;
  #open = true;

  constructor(stream: WritableStream<Uint8Array>) {
    this.#writer = stream.getWriter();
    // A broken pipe also rejects these two, and nobody else waits for them.
    this.#writer.closed.catch(() => {});
    this.#writer.ready.catch(() => {});
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
      await this.#writer.write(bytes);
      this.#written += bytes.byteLength;
    } catch {
      this.#open = false;
    }
  }

  /** Ends the input, after writes that are under way: the program reads EOF. Never rejects. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    try {
      await this.#writer.close();
    } catch {
      // The program had closed its end first.
    }
  }

  /** Gives up on writes that are under way and closes the pipe. Never rejects. */
  async abort(): Promise<void> {
    this.#open = false;
    try {
      await this.#writer.abort();
    } catch {
      // Closed already.
    }
  }
}
