/** Settings of {@linkcode TextLineStream}. */
export interface TextLineStreamOptions {
  /** Whether a lone `\r` ends a line too. @default {false} */
  allowCR?: boolean;
}

/**
 * Turns a stream of texts, however they were cut, into a stream of lines. A
 * line ends with `\n` or `\r\n`, which are removed. What follows the last line
 * end is a line too, unless it is empty.
 */
export class TextLineStream extends TransformStream<string, string> {
  /** The line not yet ended, in pieces: joined once, however many chunks it came in. */
  #pieces: string[] = [];
  readonly #allowCR: boolean;
  readonly #lineEnd: RegExp;

  /** @param options Whether a lone `\r` ends a line. */
  constructor(options: TextLineStreamOptions = {}) {
    super({
      transform: (chunk, controller): void => this.#push(chunk, controller),
      flush: (controller): void => this.#end(controller),
    });
    this.#allowCR = options.allowCR ?? false;
    this.#lineEnd = this.#allowCR ? /\r\n|\n|\r/ : /\r?\n/;
  }

  #push(
    chunk: string,
    controller: TransformStreamDefaultController<string>,
  ): void {
    let text = chunk;
    // A `\r` at the end may be half of a `\r\n`, so it waits for the next chunk.
    if (this.#pieces.at(-1) === "\r") {
      this.#pieces.pop();
      text = "\r" + text;
    }
    const waits = text.endsWith("\r");
    if (waits) text = text.slice(0, -1);
    const lines = text.split(this.#lineEnd);
    for (let i = 0; i < lines.length - 1; i++) {
      controller.enqueue(this.#take(lines[i]));
    }
    const rest = lines[lines.length - 1];
    if (rest !== "") this.#pieces.push(rest);
    if (waits) this.#pieces.push("\r");
  }

  #end(controller: TransformStreamDefaultController<string>): void {
    const rest = this.#take("");
    if (rest === "") return;
    const ended = this.#allowCR && rest.endsWith("\r");
    controller.enqueue(ended ? rest.slice(0, -1) : rest);
  }

  /** The line not yet ended, with its last piece. */
  #take(last: string): string {
    if (this.#pieces.length === 0) return last;
    const line = this.#pieces.join("") + last;
    this.#pieces = [];
    return line;
  }
}
