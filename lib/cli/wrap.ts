/** Columns of a help. */
export const WIDTH = 80;

/** Where the explanations begin, as in the original. */
const INDENT = 33;

/** Breaks a text into lines of at most so many columns. A longer word has a line of its own. */
export function wrap(text: string, width: number = WIDTH): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** A word and what it means, in two columns. */
export function wrapEntry(word: string, meaning: string): string[] {
  const lines = wrap(meaning, WIDTH - INDENT)
    .map((line) => " ".repeat(INDENT) + line);
  const first = `  ${word}`;
  // One space at least between the two, else a line of its own.
  if (first.length >= INDENT) return [first, ...lines];
  return [first + lines[0].slice(first.length), ...lines.slice(1)];
}
