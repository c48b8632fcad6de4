/**
 * What a program prints, against the framing it is served with.
 *
 * @module
 */
import type { FramingOptions } from "../framing/framing.ts";
import { type Finding, problem, warning } from "./finding.ts";

/** Output that has come so far. */
export interface SeenOutput {
  /** The beginning of it. */
  readonly output: Uint8Array;
  /** All bytes. */
  readonly bytes: number;
  /** Bytes that came before the program's stdin was ended. */
  readonly beforeEof: number;
  /** The longest stretch without newline or NUL, as far as one goes over several reads. */
  readonly longest: number;
  /** Whether the program ran and was silent when its stdin was ended. */
  readonly wasWaiting: boolean;
}

/** What {@linkcode FramingOptions} is without. */
const DEFAULTS = { framing: "lines", maxLine: 16 << 20 } as const;
const SUBJECT = "output";
/** How much of an unfinished line is shown. */
const SHOWN = 40;

/** Looks for what a framing does not carry as it is. All is well if nothing is found. */
export function inspectOutput(
  seen: SeenOutput,
  options: FramingOptions,
): Finding[] {
  if (seen.bytes === 0) return [];
  const { framing = DEFAULTS.framing } = options;
  switch (framing) {
    case "chunks":
      return [];
    case "length32":
      return lengthFindings(seen, options);
    case "raw":
      return textFindings(seen, options);
    default:
      return [
        ...recordFindings(seen, options),
        ...textFindings(seen, options),
      ];
  }
}

function lengthFindings(
  { output, bytes }: SeenOutput,
  { maxLine = DEFAULTS.maxLine }: FramingOptions,
): Finding[] {
  if (output.byteLength < 4) return [];
  const length = new DataView(output.buffer, output.byteOffset).getUint32(0);
  if (length <= maxLine) return [];
  const text = new TextDecoder().decode(output.subarray(0, 4));
  return [
    problem(
      SUBJECT,
      `its first message would have ${length} bytes, which is beyond --maxline; ${bytes} came, the first are ${
        JSON.stringify(text)
      }`,
      "print 4 bytes of length before each message, the highest first, or use another --framing",
    ),
  ];
}

function recordFindings(
  { output, beforeEof, longest, wasWaiting }: SeenOutput,
  { framing = DEFAULTS.framing, maxLine = DEFAULTS.maxLine }: FramingOptions,
): Finding[] {
  const findings: Finding[] = [];
  const [end, kind] = framing === "nul" ? [0, "record"] : [10, "line"];
  const most = Math.max(longest, longestIn(output, end));
  if (most > maxLine) {
    findings.push(
      problem(
        SUBJECT,
        `it prints a ${kind} of ${most} bytes or more, and --maxline is ${maxLine}: that ends the session`,
        `print shorter ones, or raise --maxline`,
      ),
    );
  }
  const early = output.subarray(0, beforeEof);
  const isWhole = early.byteLength === beforeEof && beforeEof > 0;
  if (wasWaiting && isWhole && early.at(-1) !== end) {
    const from = early.lastIndexOf(end) + 1;
    const text = new TextDecoder().decode(early.subarray(from, from + SHOWN));
    findings.push(
      warning(
        SUBJECT,
        `${JSON.stringify(text)} has no ${
          end === 0 ? "NUL byte" : "newline"
        } behind it, and reaches the client only when one follows or the program ends`,
        end === 0
          ? "print a NUL byte after it, or use --framing=lines"
          : "print a newline after it, or use --framing=raw",
      ),
    );
  }
  return findings;
}

function longestIn(bytes: Uint8Array, end: number): number {
  let longest = 0;
  let from = 0;
  for (let at = bytes.indexOf(end); at !== -1; at = bytes.indexOf(end, from)) {
    longest = Math.max(longest, at - from);
    from = at + 1;
  }
  return Math.max(longest, bytes.byteLength - from);
}

function textFindings(
  { output }: SeenOutput,
  { framing = DEFAULTS.framing, invalidUtf8 }: FramingOptions,
): Finding[] {
  const findings: Finding[] = [];
  if (!isUtf8(output)) {
    findings.push(
      (invalidUtf8 === "close" ? problem : warning)(
        SUBJECT,
        invalidUtf8 === "close"
          ? "it prints bytes that are not UTF-8: that ends the session with --invalid-utf8=close"
          : "it prints bytes that are not UTF-8: clients get U+FFFD in their place",
        "print UTF-8 (a program gets no LANG unless --passenv names it), or send bytes with --binary",
      ),
    );
  }
  const isLines = framing === "lines" || framing === "tagged";
  if (output.includes(0) && framing !== "nul") {
    findings.push(
      warning(
        SUBJECT,
        "it prints NUL bytes, as binary data has",
        "use --binary for data, or --framing=nul for records that end so",
      ),
    );
  }
  const text = new TextDecoder().decode(output);
  if (!isLines && text.includes("\r\n")) {
    findings.push(
      warning(
        SUBJECT,
        `its lines end with CR LF, which --framing=${framing} leaves as it is`,
        "use --framing=lines, which takes both off",
      ),
    );
  }
  if (isLines && /\r(?!\n)./.test(text)) {
    findings.push(
      warning(
        SUBJECT,
        "it prints carriage returns within a line, as progress bars do",
        "print a line for each step: only a newline ends a message",
      ),
    );
  }
  // deno-lint-ignore no-control-regex -- what a terminal takes for a command begins so
  if (/\x1b\[/.test(text)) {
    findings.push(
      warning(
        SUBJECT,
        "it prints colours or other commands for a terminal, which pages show as text",
        "turn them off, often with --color=never or NO_COLOR=1",
      ),
    );
  }
  return findings;
}

/** The last bytes may be the beginning of a character. */
function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
