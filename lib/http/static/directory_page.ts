/**
 * What is in a directory, as a page.
 *
 * @module
 */
import { sha256 } from "../sha256.ts";

/** A file or a directory in a listing. */
export interface Entry {
  readonly name: string;
  readonly isDirectory: boolean;
  /** In bytes. */
  readonly size: number;
  /** When it changed last, or null if nobody knows. */
  readonly modified: Date | null;
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.25rem; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; }
th { text-align: left; font-weight: normal; opacity: 0.7; }
th, td { padding: 0.25rem 0.5rem; border-bottom: 1px solid #8884; }
td:first-child { overflow-wrap: anywhere; }
th:not(:first-child), td:not(:first-child) {
  text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums;
}
a { text-decoration: none; }
a:hover, a:focus { text-decoration: underline; }
tr:hover { background: #8881; }
@media (max-width: 30rem) { th:last-child, td:last-child { display: none; } }
`;

/** What the page may do: have this style, and be framed by its own server. */
export async function directoryPagePolicy(): Promise<string> {
  return policy ??= `default-src 'none'; style-src 'sha256-${await sha256(
    STYLE,
    "base64",
  )}'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'`;
}

let policy: string | undefined;

/** Numbers in names count as numbers: `2.txt` stands before `10.txt`. Made when it is first needed: that takes 10 to 20 ms. */
function collator(): Intl.Collator {
  return byName ??= new Intl.Collator("en", { numeric: true });
}

let byName: Intl.Collator | undefined;

/**
 * Makes the page, directories first.
 *
 * @param names Those of the directories that lead here; none for the root.
 * @param isCut Whether the directory has more entries than these.
 */
export function directoryPage(
  names: readonly string[],
  entries: readonly Entry[],
  isCut: boolean,
): string {
  const title = escape(["", ...names, ""].join("/"));
  const { compare } = collator();
  const rows = [...entries]
    .sort((a, b) =>
      Number(b.isDirectory) - Number(a.isDirectory) ||
      compare(a.name, b.name)
    )
    .map(row);
  if (names.length > 0) rows.unshift(cells(link("../", ".."), "", ""));
  const note = isCut
    ? "<p>There is more in this directory than one page can show.</p>\n"
    : "";
  return `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
<h1><bdi>${title}</bdi></h1>
<table>
<thead><tr><th>Name</th><th>Size</th><th>Changed (UTC)</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>
${note}</html>
`;
}

function row({ name, isDirectory, size, modified }: Entry): string {
  const end = isDirectory ? "/" : "";
  const time = modified?.toISOString().slice(0, 16).replace("T", " ") ?? "";
  return cells(
    // Before the name: a colon in it would else end a scheme.
    link(`./${encodeURIComponent(name)}${end}`, name + end),
    isDirectory ? "" : sizeInWords(size),
    time,
  );
}

function cells(...contents: string[]): string {
  return `<tr>${contents.map((html) => `<td>${html}</td>`).join("")}</tr>`;
}

/** A name that reads from right to left must not turn its neighbours around: `bdi`. */
function link(href: string, text: string): string {
  return `<a href="${escape(href)}"><bdi>${escape(text)}</bdi></a>`;
}

function sizeInWords(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    unit++;
  }
  return `${bytes < 10 && unit > 0 ? bytes.toFixed(1) : Math.round(bytes)} ${
    units[unit]
  }`;
}

function escape(text: string): string {
  return text.replace(
    /[&<>"']/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}
