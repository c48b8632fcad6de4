import type { Finding, Mark } from "../../mod.ts";
import { escapeJson } from "../escape.ts";

/** Colours of the marks for a terminal, which say nothing that the words do not. */
const COLOURS: Readonly<Record<Mark, string>> = {
  ok: "\x1b[32m",
  warning: "\x1b[33m",
  problem: "\x1b[1;31m",
};
const PLAIN = "\x1b[0m";

/**
 * A finding as one line: mark, subject, message, and behind an arrow what to do.
 * Nothing that came from a program or file reaches the terminal as a command.
 */
export function findingLine(
  { mark, subject, message, advice }: Finding,
  isColoured: boolean,
): string {
  const column = mark.padEnd(7);
  const text = `${subject}: ${message}${
    advice === null ? "" : ` -> ${advice}`
  }`;
  return `${isColoured ? COLOURS[mark] + column + PLAIN : column}  ${
    escapeJson(text)
  }`;
}

/** A finding as one JSON object in one line. */
export function findingJson(
  { mark, subject, message, advice }: Finding,
): string {
  return escapeJson(JSON.stringify({ mark, subject, message, advice }));
}

/** What it comes to: `1 problem, 2 warnings`. */
export function summaryLine(marks: readonly Mark[]): string {
  const count = (mark: Mark): string => {
    const number = marks.filter((one) => one === mark).length;
    return `${number || "no"} ${mark}${number === 1 ? "" : "s"}`;
  };
  return `${count("problem")}, ${count("warning")}`;
}
