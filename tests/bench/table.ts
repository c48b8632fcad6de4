import type { Row } from "./report.ts";

const HEADINGS = [
  "case",
  "ours",
  "theirs",
  "ratio",
  "goal",
  "met",
  "cpu ours",
  "cpu theirs",
  "ratio",
  "client ceiling",
];

/** Rows as a table for people, with what went wrong below it. */
export function tableText(rows: readonly Row[]): string {
  const cells = [HEADINGS, ...rows.map(rowCells)];
  const widths = HEADINGS.map((_, column) =>
    Math.max(...cells.map((row) => row[column].length))
  );
  const lines = cells.map((row) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])
    ).join("  ").trimEnd()
  );
  lines.splice(1, 0, widths.map((width) => "-".repeat(width)).join("  "));
  return [...lines, ...failureLines(rows)].join("\n");
}

function rowCells(
  { title, unit, ours, theirs, ceiling, ratio, goal, met, cpu }: Row,
  index: number,
  rows: readonly Row[],
): string[] {
  // A case's processor time stands once, beside its first metric.
  const isFirst = rows[index - 1]?.cpu !== cpu;
  return [
    title,
    quantity(ours, unit),
    quantity(theirs, unit),
    times(ratio),
    goal ?? "",
    met === undefined ? "" : met ? "yes" : "NO",
    isFirst ? quantity(cpu.ours, `µs/${cpu.operation}`) : "",
    isFirst ? quantity(cpu.theirs, `µs/${cpu.operation}`) : "",
    isFirst ? times(cpu.ratio) : "",
    ceiling === undefined ? "" : quantity(ceiling, unit),
  ];
}

function failureLines(rows: readonly Row[]): string[] {
  const lines = rows.flatMap((row) =>
    Object.entries(row.failures).map(([side, failure]) =>
      `FAILED ${row.case}, ${side}: ${failure}`
    )
  );
  return [...new Set(lines)];
}

function quantity(value: number | undefined, unit: string): string {
  if (value === undefined) return "-";
  const [scaled, prefix] = /^(B|lines|msg)\/s$/.test(unit)
    ? prefixed(value)
    : [value, ""];
  return `${threeDigits(scaled)} ${prefix}${unit}`;
}

function prefixed(value: number): [number, string] {
  if (value >= 1e9) return [value / 1e9, "G"];
  if (value >= 1e6) return [value / 1e6, "M"];
  if (value >= 1e3) return [value / 1e3, "k"];
  return [value, ""];
}

function threeDigits(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function times(ratio: number | undefined): string {
  return ratio === undefined ? "" : `${ratio.toFixed(2)}x`;
}
