/**
 * Reads the text format of Prometheus, and is strict: what it lets pass, any
 * reader understands.
 *
 * @module
 */

/** A sample as it was written. */
export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** All samples of one name, and what was said about them. */
export interface ReadFamily {
  readonly type: string;
  readonly help: string;
  readonly samples: ReadSample[];
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y;
const NUMBER = /^(?:[+-]Inf|NaN|-?\d+(?:\.\d+)?(?:e[+-]\d+)?)$/;

/**
 * The families in a text, by name.
 *
 * @throws {Error} If anything is not as it should be; the message says what.
 */
export function readPrometheus(text: string): Map<string, ReadFamily> {
  must(text.endsWith("\n"), "the last line ends in a newline");
  const families = new Map<string, ReadFamily>();
  const lines = text.slice(0, -1).split("\n");
  let name = "";
  for (let at = 0; at < lines.length; at++) {
    const help = /^# HELP (\S+) (.+)$/.exec(lines[at]);
    if (help !== null) {
      name = help[1];
      const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(lines[++at]);
      must(type?.[1] === name, `TYPE of ${name} follows its HELP`);
      must(!families.has(name), `${name} comes once`);
      families.set(name, {
        type: type![2],
        help: unescaped(help[2]),
        samples: [],
      });
      continue;
    }
    const sample = readSample(lines[at]);
    const family = families.get(name);
    must(family !== undefined, `${sample.name} is announced`);
    const suffix = sample.name.slice(name.length);
    must(
      sample.name.startsWith(name) &&
        (family!.type === "histogram"
          ? ["_bucket", "_sum", "_count"].includes(suffix)
          : suffix === ""),
      `${sample.name} belongs to ${name}`,
    );
    family!.samples.push(sample);
  }
  for (const [name, family] of families) checkFamily(name, family);
  return families;
}

/** The value of one sample. `labels` are all it has, written as in the text. */
export function valueOf(text: string, name: string, labels = ""): number {
  const start = `${name}${labels === "" ? "" : `{${labels}}`} `;
  const lines = text.split("\n").filter((line) => line.startsWith(start));
  must(lines.length === 1, `there is one ${start}`);
  return Number(lines[0].slice(start.length));
}

function readSample(line: string): ReadSample {
  const match = SAMPLE.exec(line);
  must(match !== null, `${JSON.stringify(line)} is a sample`);
  const [, name, inBraces, number] = match!;
  must(NUMBER.test(number), `${number} is a number`);
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (inBraces !== undefined && LABEL.lastIndex < inBraces.length) {
    const label = LABEL.exec(inBraces);
    must(label !== null, `{${inBraces}} are labels`);
    must(!(label![1] in labels), `label ${label![1]} comes once`);
    labels[label![1]] = unescaped(label![2]);
  }
  return { name, labels, value: Number(number.replace("Inf", "Infinity")) };
}

function checkFamily(name: string, { type, samples }: ReadFamily): void {
  const keys = samples.map(({ name, labels }) =>
    JSON.stringify([name, labels])
  );
  must(new Set(keys).size === keys.length, `each sample of ${name} comes once`);
  if (type === "counter") {
    must(name.endsWith("_total"), `${name} ends in _total`);
    must(samples.every(({ value }) => value >= 0), `${name} is positive`);
  }
  if (type === "histogram") checkHistogram(name, samples);
}

function checkHistogram(name: string, samples: readonly ReadSample[]): void {
  const part = (suffix: string) =>
    samples.filter((sample) => sample.name === name + suffix);
  const buckets = part("_bucket");
  const bounds = buckets.map(({ labels: { le } }) =>
    Number(le.replace("Inf", "Infinity"))
  );
  const ascends = (numbers: number[], isStrict: boolean) =>
    numbers.every((number, at) =>
      at === 0 || number > numbers[at - 1] ||
      (!isStrict && number === numbers[at - 1])
    );
  must(ascends(bounds, true), `the bounds of ${name} ascend`);
  must(bounds.at(-1) === Infinity, `the last bound of ${name} is +Inf`);
  must(
    ascends(buckets.map(({ value }) => value), false),
    `the buckets of ${name} are cumulative`,
  );
  must(part("_sum").length === 1, `${name} has a sum`);
  must(part("_count").length === 1, `${name} has a count`);
  must(
    part("_count")[0].value === buckets.at(-1)!.value,
    `the last bucket of ${name} has all`,
  );
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, letter) => letter === "n" ? "\n" : letter);
}

function must(is: boolean, what: string): void {
  if (!is) throw new Error(`It is not so that ${what}`);
}
