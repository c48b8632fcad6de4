/** Ends a sentence: with the caller's words after a colon, or with a full stop. */
export function withReason(sentence: string, msg?: string): string {
  return msg ? `${sentence}: ${msg}` : `${sentence}.`;
}

/** Shows a value in full: every element, every level, keys in order, so that two shown values can be compared line by line. */
export function show(value: unknown): string {
  return Deno.inspect(value, {
    depth: Infinity,
    sorted: true,
    trailingComma: true,
    compact: false,
    iterableLimit: Infinity,
    strAbbreviateSize: Infinity,
    getters: true,
  });
}
