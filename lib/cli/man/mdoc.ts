/**
 * Writing in mdoc, the language of manual pages.
 *
 * @module
 */
import type { FlagType } from "../flags.ts";
import { wrap } from "../wrap.ts";

/** Columns of the source. */
const WIDTH = 78;
/** Characters that would be typeset instead of shown as they are typed. */
const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\e",
  "-": "\\-",
  "'": "\\(aq",
  "`": "\\(ga",
  "~": "\\(ti",
  "^": "\\(ha",
};

/** Text as it is typed. */
export function escapeMdoc(text: string): string {
  return text.replaceAll(/[\\\-'`~^]/g, (character) => ESCAPES[character]);
}

/** Sentences, each from the beginning of a line on. */
export function mdocText(text: string): string[] {
  return text.split(/(?<=[.:;?])\s+(?=[A-Z0-9'"])|(?<=\.)\s+/)
    .map((sentence) => sentence.split(" ").map(unbroken).join(" "))
    .flatMap((sentence) => wrap(sentence, WIDTH))
    // A dot there would begin a command.
    .map((line) => line.replace(/^\./, "\\&."));
}

/** A word that is escaped, and not hyphenated if it is one to be typed. */
function unbroken(word: string): string {
  return /[-_/=.:]\w|[A-Z]{2}/.test(word)
    ? `\\%${escapeMdoc(word)}`
    : escapeMdoc(word);
}

/** One word behind a command, whatever is in it. */
export function mdocWord(text: string): string {
  const escaped = escapeMdoc(text);
  // What looks like a command, or like punctuation, would be taken for one.
  const safe = /^(?:%?[A-Z][a-z0-9]{0,2}|[[\](){}.,:;?!|])$/.test(text)
    ? `\\&${escaped}`
    : escaped;
  return /\s/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A flag, as behind `.It` and in running text: `Fl \-port Ns = Ns Ar PORT`. */
export function mdocFlag(
  { name, value, short, type }: {
    readonly name: string;
    readonly value: string | null;
    readonly short?: string;
    readonly type: FlagType;
  },
): string {
  const long = `Fl \\-${escapeMdoc(name)}`;
  const both = short === undefined ? long : `Fl ${short} , ${long}`;
  if (value === null) return both;
  const typed = `= Ns Ar ${mdocWord(value)}`;
  return type === "optional"
    ? `${both} Ns Oo Ns ${typed} Oc`
    : `${both} Ns ${typed}`;
}

/** A list of what is explained. */
export function mdocList(
  entries: readonly (readonly [head: string, text: string])[],
): string[] {
  return [
    ".Bl -tag -width Ds",
    ...entries.flatMap(([head, text]) => [`.It ${head}`, ...mdocText(text)]),
    ".El",
  ];
}

/** Lines to be typed, or in a file, as they are. */
export function mdocLiteral(text: string): string[] {
  return [
    ".Bd -literal -offset indent",
    ...text.split("\n").map((line) => escapeMdoc(line).replace(/^\./, "\\&.")),
    ".Ed",
  ];
}
