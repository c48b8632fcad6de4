/**
 * Bytes as hexadecimal digits, and back.
 *
 * @module
 */

/**
 * Reads bytes as people write them: `48 65 6c`, `0x48, 0x65`, `48656c`, over
 * several lines if need be.
 *
 * @throws {SyntaxError} If there is something else; the message says what.
 */
export function parseHex(text: string): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (const word of text.split(/[\s,;:]+/)) {
    const digits = /^0x/i.test(word) ? word.slice(2) : word;
    const odd = /[^0-9a-f]/i.exec(digits);
    if (odd !== null) {
      throw new SyntaxError(
        `Cannot read "${odd[0]}" in "${
          shorten(word)
        }": bytes are hexadecimal digits, such as 48 65 6c`,
      );
    }
    if (digits.length === 1) bytes.push(Number.parseInt(digits, 16));
    else if (digits.length % 2 === 1) {
      throw new SyntaxError(
        `Cannot read "${
          shorten(word)
        }": two digits make a byte, and one is missing`,
      );
    } else {
      for (let at = 0; at < digits.length; at += 2) {
        bytes.push(Number.parseInt(digits.slice(at, at + 2), 16));
      }
    }
  }
  return Uint8Array.from(bytes);
}

/**
 * Bytes in rows: offset, hexadecimal digits, and the same as ASCII with a dot
 * for what cannot be shown.
 *
 * @param perRow Bytes in a row.
 */
export function hexDump(bytes: Uint8Array, perRow = 16): string {
  const rows: string[] = [];
  const width = Math.min(perRow, bytes.length) * 3 - 1;
  for (let at = 0; at < bytes.length; at += perRow) {
    const row = bytes.subarray(at, at + perRow);
    rows.push(
      `${at.toString(16).padStart(4, "0")}  ${digitsOf(row).padEnd(width)}  ${
        String.fromCharCode(...row).replace(/[^ -~]/g, ".")
      }`,
    );
  }
  return rows.join("\n");
}

/** Bytes as hexadecimal digits, two for each: `48 65 6c`. */
export function digitsOf(bytes: Uint8Array, between = " "): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join(between);
}

function shorten(word: string): string {
  return word.length > 20 ? `${word.slice(0, 20)}…` : word;
}
