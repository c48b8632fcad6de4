/**
 * The text format that Prometheus reads, version 0.0.4.
 *
 * @module
 */

/** The media type of {@linkcode prometheusText}. */
export const PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** What tells the samples of a family apart. Each combination of values is kept for months by whoever reads it, so none may come from a client. */
export type Labels = Readonly<Record<string, string>>;

/** One number. */
export interface Sample {
  /** What follows the name of the family: the parts of a histogram have one. */
  readonly suffix?: "_bucket" | "_sum" | "_count";
  readonly labels?: Labels;
  readonly value: number;
}

/** All samples of one name. Data only: it can be sent to another thread. */
export interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** What it counts, in one sentence. */
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** Something that only grows. By convention its name ends in `_total`. */
export function counter(
  name: string,
  help: string,
  value: number | readonly Sample[],
): Family {
  return { name, type: "counter", help, samples: samplesOf(value) };
}

/** Something that grows and shrinks. */
export function gauge(
  name: string,
  help: string,
  value: number | readonly Sample[],
): Family {
  return { name, type: "gauge", help, samples: samplesOf(value) };
}

/** Writes families in their order. One without samples is announced all the same. */
export function prometheusText(families: readonly Family[]): string {
  return families.map(familyText).join("");
}

function samplesOf(value: number | readonly Sample[]): readonly Sample[] {
  return typeof value === "number" ? [{ value }] : value;
}

function familyText({ name, type, help, samples }: Family): string {
  const lines = samples.map(({ suffix = "", labels = {}, value }) =>
    `${name}${suffix}${labelsText(labels)} ${numberText(value)}\n`
  );
  return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n${
    lines.join("")
  }`;
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) =>
    `${name}="${escapeHelp(value).replaceAll('"', '\\"')}"`
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

/** A number as Go reads it. */
export function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}
