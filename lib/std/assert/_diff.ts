import { show } from "./_message.ts";

/** Lines compared at most, actual times expected: past it the table would take seconds and hundreds of megabytes. */
const MAX_CELLS = 4_000_000;

/** Shows two values line by line: `-` marks what only `actual` has, `+` what only `expected` has. */
export function diff(actual: unknown, expected: unknown): string {
  const [a, b] = linesOf(actual, expected);
  return ["", "", "    [Diff] Actual / Expected", "", "", ...diffLines(a, b)]
    .join("\n");
}

/** Two texts are compared as they read; anything else as it is shown. */
function linesOf(actual: unknown, expected: unknown): [string[], string[]] {
  if (
    typeof actual === "string" && typeof expected === "string" &&
    (actual.includes("\n") || expected.includes("\n"))
  ) {
    return [escapedLines(actual), escapedLines(expected)];
  }
  return [show(actual).split("\n"), show(expected).split("\n")];
}

/** Splits at line feeds and writes out the characters that a terminal would swallow. */
function escapedLines(text: string): string[] {
  return text.split(/(?<=\n)/).map((line) =>
    line.replace(
      // deno-lint-ignore no-control-regex -- control characters are what is looked for
      /[\x00-\x1f\x7f]/g,
      (char) => JSON.stringify(char).slice(1, -1),
    )
  );
}

/** The longest common subsequence, walked from its first line to its last. */
function diffLines(a: string[], b: string[]): string[] {
  if (a.length * b.length > MAX_CELLS) {
    return [
      ...a.map((line) => `-   ${line}`),
      ...b.map((line) => `+   ${line}`),
    ];
  }
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] = a[i] === b[j]
        ? common[(i + 1) * width + j + 1] + 1
        : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(`    ${a[i]}`);
      i++;
      j++;
    } else if (
      j === b.length ||
      (i < a.length && common[(i + 1) * width + j] >= common[i * width + j + 1])
    ) {
      lines.push(`-   ${a[i++]}`);
    } else {
      lines.push(`+   ${b[j++]}`);
    }
  }
  return lines;
}
