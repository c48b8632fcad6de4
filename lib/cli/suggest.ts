/** Words that people bring from other programs, and the flag they look for. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ["a", "address"],
  ["bind", "address"],
  ["cors", "origin"],
  ["debug", "loglevel"],
  ["env", "passenv"],
  ["interface", "address"],
  ["listen", "address"],
  ["p", "port"],
  ["quiet", "loglevel"],
  ["silent", "loglevel"],
  ["stderr", "passstderr"],
  ["v", "version"],
  ["verbose", "loglevel"],
]);

/**
 * The word that was probably meant: the same but for case, dashes and
 * underscores, or the one with the fewest typing errors.
 *
 * @returns One of `words`, or undefined when none is near.
 */
export function nearest(
  word: string,
  words: readonly string[],
): string | undefined {
  const plain = simplify(word);
  if (plain === "") return undefined;
  const synonym = SYNONYMS.get(plain);
  if (synonym !== undefined && words.includes(synonym)) return synonym;
  // One error in three letters: "prot" is near "port", "cat" is near nothing.
  const limit = Math.min(3, Math.floor(plain.length / 3));
  let best: string | undefined;
  let fewest = limit + 1;
  for (const candidate of words) {
    const errors = typingErrors(plain, simplify(candidate), limit);
    if (errors < fewest) [best, fewest] = [candidate, errors];
  }
  const longer = longerThan(plain, words);
  // "max" begins several, and is none of them; it is no "man" either.
  if (longer.length > 1 && fewest > 0) return undefined;
  return best ?? longer[0];
}

function simplify(word: string): string {
  return word.toLowerCase().replaceAll(/[-_]/g, "");
}

/** The words that go on after it: `--addr` and `--sub` are beginnings of one flag only. */
function longerThan(plain: string, words: readonly string[]): string[] {
  if (plain.length < 3) return [];
  return words.filter((word) => simplify(word).startsWith(plain));
}

/** Letters to add, drop, change or swap with the next (optimal string alignment); `limit + 1` stands for anything more. */
function typingErrors(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j], before[j - 2] + 1);
      }
    }
    [before, last] = [last, row];
  }
  return last[b.length];
}
