/**
 * Cuts a program's stderr into lines for the log.
 *
 * @module
 */

/** What one line shows of itself in a log, in bytes. */
const SHOWN = 8192;
const NOTHING = new Uint8Array(0);

/**
 * Turns chunks of stderr into lines, however long: what is beyond the first
 * 8 KiB of a line is counted and left out. Holds at most those 8 KiB.
 */
export class StderrLines {
  #kept: Uint8Array = NOTHING;
  #length = 0;

  /** The lines that end in this chunk, without newline or CRLF. */
  push(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    let from = 0;
    for (
      let at = chunk.indexOf(10);
      at !== -1;
      at = chunk.indexOf(10, from)
    ) {
      this.#keep(chunk.subarray(from, at));
      lines.push(this.#take());
      from = at + 1;
    }
    this.#keep(chunk.subarray(from));
    return lines;
  }

  /** The last line if it had no newline, else nothing. */
  end(): string[] {
    return this.#length === 0 ? [] : [this.#take()];
  }

  #keep(part: Uint8Array): void {
    const room = SHOWN - this.#kept.byteLength;
    if (room > 0 && part.byteLength > 0) {
      const shown = part.subarray(0, room);
      const joined = new Uint8Array(this.#kept.byteLength + shown.byteLength);
      joined.set(this.#kept);
      joined.set(shown, this.#kept.byteLength);
      this.#kept = joined;
    }
    this.#length += part.byteLength;
  }

  #take(): string {
    const cut = this.#length - this.#kept.byteLength;
    let text = new TextDecoder().decode(this.#kept);
    if (cut > 0) text += `… (${cut} more bytes)`;
    else if (text.endsWith("\r")) text = text.slice(0, -1);
    this.#kept = NOTHING;
    this.#length = 0;
    return text;
  }
}
