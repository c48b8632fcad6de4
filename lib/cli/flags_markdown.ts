import { type Flag, FLAG_GROUPS, FLAGS, flagUsage } from "./flags.ts";

/**
 * The flags as tables in Markdown, one under the heading of each group, in the
 * form that `deno fmt` gives them. README holds this text; a test compares.
 */
export function flagsMarkdown(): string {
  return FLAG_GROUPS.map((group) => {
    const rows = FLAGS.filter((flag) => flag.group === group).map(row);
    return `### ${group}\n\n${table([HEAD, ...rows])}`;
  }).join("\n");
}

const HEAD = ["flag", "what it does", "default", "websocketd has it"];

function row(flag: Flag): string[] {
  return [
    `\`${flagUsage(flag)}\``,
    code(flag.help),
    code(flag.default),
    flag.original ? "yes" : "new",
  ].map((cell) => cell.replaceAll("|", "\\|"));
}

/** Sets in code what is typed: flags, and the star, which would else be emphasis. */
function code(text: string): string {
  return text
    .replaceAll("'*'", "`*`")
    .replaceAll(/--[\w-]+(?:=\w+)?/g, (flag) => `\`${flag}\``);
}

function table(rows: readonly string[][]): string {
  const widths = HEAD.map((_, column) =>
    Math.max(...rows.map((cells) => cells[column].length))
  );
  const lines = rows.map((cells) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |\n`
  );
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |\n`;
  return [lines[0], rule, ...lines.slice(1)].join("");
}
