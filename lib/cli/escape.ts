/**
 * Text that came from a client or a program, made safe to print: one line, no
 * terminal escapes, no invisible or direction-changing characters.
 *
 * Every character taken out is written as JSON would write it (`\n`, `\u001b`),
 * so that JSON which a program prints on its stderr is still JSON in the log.
 *
 * @module
 */

// Control, format (direction marks, zero-width), line and paragraph separators, lone surrogates.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const UNSAFE_IN_FIELD = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}'|\\]/gu;
// `:'` opens a field, `|` opens a column.
const UNSAFE_IN_MESSAGE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}|]|(?<=:)'/gu;
const UNSAFE_IN_QUOTES = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}"\\]/gu;

const SHORT: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\\", "\\\\"],
  ['"', '\\"'],
]);

/** Escapes what stands between the quotes of `key:'value'`. `JSON.parse('"' + escaped + '"')` gives the value back, once `"` is escaped. */
export function escapeField(text: string): string {
  return text.replaceAll(UNSAFE_IN_FIELD, escaped);
}

/** Escapes the last column of a log line: it can neither begin another column nor look like a field. */
export function escapeMessage(text: string): string {
  return text.replaceAll(UNSAFE_IN_MESSAGE, escaped);
}

/** Escapes what `JSON.stringify` leaves as it is although a terminal acts on it. */
export function escapeJson(json: string): string {
  return json.replaceAll(UNSAFE, escaped);
}

/** Puts a word into double quotes for a message, as Go's `%q` does. */
export function quoted(text: string): string {
  return `"${printable(text)}"`;
}

/** The same without the quotes. */
export function printable(text: string): string {
  return text.replaceAll(UNSAFE_IN_QUOTES, escaped);
}

function escaped(character: string): string {
  return SHORT.get(character) ?? utf16Escapes(character);
}

/** Characters beyond U+FFFF become two escapes, as in JSON. */
function utf16Escapes(character: string): string {
  let text = "";
  for (let i = 0; i < character.length; i++) {
    text += `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`;
  }
  return text;
}
