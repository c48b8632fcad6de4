import { copyBytes } from "./payloads.ts";
import { sequenceLength } from "./utf8.ts";

const NO_BYTES = new Uint8Array(0);
const SPARE = 4; // Memory held over memory needed, at most, before it is given back.
const SMALLEST = 128; // Bytes.
const LONGEST_ESCAPE = 6; // Bytes, as in \u003c.

const ENCODER = new TextEncoder();
const BROKEN = ENCODER.encode("\\ufffd");
const LINE_SEPARATOR = ENCODER.encode("\\u2028");
const PARAGRAPH_SEPARATOR = ENCODER.encode("\\u2029");
/** What stands for each ASCII character, or null if it stands for itself. */
const ESCAPES = Array.from({ length: 0x80 }, (_, code) => escapeOf(code));

/** Holds 1 for each byte that is a character and stands for itself. */
const PLAIN = Uint8Array.from(
  { length: 256 },
  (_, byte) => ESCAPES[byte] === null ? 1 : 0,
);

/** Writes JSON strings as Go's `encoding/json` does, byte for byte. */
export class JsonWriter {
  #bytes: Uint8Array = NO_BYTES;
  #length = 0;

  /** The bytes written so far. Valid until the next call of any method. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Number of bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Starts over. @param expected Bytes that will be written if nothing needs an escape. */
  begin(expected: number): void {
    this.#length = 0;
    if (this.#bytes.length > SPARE * expected + SMALLEST) {
      this.#bytes = NO_BYTES;
    }
    this.#reserve(expected);
  }

  /** Appends bytes as they are. */
  writeRaw(raw: Uint8Array): void {
    this.#reserve(raw.length);
    this.#length = copyBytes(raw, 0, raw.length, this.#bytes, this.#length);
  }

  /**
   * Appends `text.subarray(start, end)` as the inside of a JSON string. Every
   * byte that is in no well-formed UTF-8 sequence becomes `\ufffd`: Go replaces
   * bytes, where the Encoding Standard replaces maximal subparts.
   */
  writeText(text: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    let bytes = this.#bytes;
    let to = this.#length;
    let at = start;
    while (at < end) {
      const run = at;
      while (at < end && PLAIN[text[at]] === 1) at++;
      to = copyBytes(text, run, at, bytes, to);
      if (at === end) break;
      let width = 1;
      let escape = ESCAPES[text[at]];
      if (text[at] >= 0x80) {
        const length = sequenceLength(text, at, end);
        width = Math.max(1, length);
        escape = length < 0 ? BROKEN : separatorEscape(text, at);
      }
      if (escape === null) {
        while (width-- > 0) bytes[to++] = text[at++];
        continue;
      }
      at += width;
      // All bytes still to come have their room; only an escape needs more.
      if (to + escape.length + end - at > bytes.length) {
        this.#length = to;
        this.#reserve(LONGEST_ESCAPE + end - at);
        bytes = this.#bytes;
      }
      to = copyBytes(escape, 0, escape.length, bytes, to);
    }
    this.#length = to;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const wider = new Uint8Array(
      Math.max(SMALLEST, Math.floor(1.5 * needed)),
    );
    wider.set(this.bytes);
    this.#bytes = wider;
  }
}

/** `\b` and `\f` are short since Go 1.22; before, they were `\u0008` and `\u000c`. `<`, `>` and `&` are escaped so that the text can stand in HTML. */
function escapeOf(code: number): Uint8Array | null {
  const character = String.fromCharCode(code);
  if (code < 0x20 || '"\\'.includes(character)) {
    return ENCODER.encode(JSON.stringify(character).slice(1, -1));
  }
  if (!"<>&".includes(character)) return null;
  return ENCODER.encode(`\\u00${code.toString(16)}`);
}

/** U+2028 and U+2029 end a line in JavaScript older than ES2019, and Go escapes them for that. Null for all other sequences. */
function separatorEscape(text: Uint8Array, at: number): Uint8Array | null {
  if (text[at] !== 0xe2 || text[at + 1] !== 0x80) return null;
  if (text[at + 2] === 0xa8) return LINE_SEPARATOR;
  if (text[at + 2] === 0xa9) return PARAGRAPH_SEPARATOR;
  return null;
}
