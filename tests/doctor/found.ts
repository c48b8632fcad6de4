import { assert } from "@std/assert";
import type { Finding, Mark } from "../../lib/doctor/finding.ts";

/** Asserts that there is exactly one finding of a mark about a subject with these words in message and advice. */
export function assertFound(
  findings: readonly Finding[],
  mark: Mark,
  subject: string,
  words: RegExp,
): void {
  const found = findings.filter((finding) =>
    finding.mark === mark && finding.subject === subject &&
    words.test(textOf(finding))
  );
  assert(
    found.length === 1,
    `${found.length} findings are ${mark} ${subject}: ${words} among\n${
      findings.map((one) => `${one.mark} ${one.subject}: ${textOf(one)}`)
        .join("\n")
    }`,
  );
}

/** Asserts that nothing is worse than `ok`. */
export function assertAllOk(findings: readonly Finding[]): void {
  const bad = findings.filter(({ mark }) => mark !== "ok");
  assert(bad.length === 0, bad.map(textOf).join("\n"));
}

function textOf({ message, advice }: Finding): string {
  return `${message} -> ${advice}`;
}
