/**
 * Whether a client has this version of a file already, or wants no other
 * (RFC 9110 §13).
 *
 * @module
 */

/** What tells one version of a file from another. */
export interface Version {
  /** The value of `ETag`. */
  readonly etag: string;
  /** When the content changed last, in milliseconds since 1970, whole seconds; null if nobody knows. */
  readonly modified: number | null;
}

/** How long a file must have rested, in milliseconds: the coarsest clock of a file system in use (FAT's) ticks every 2 s. */
const REST_MS = 2000;

/**
 * The version of a file. The tag is weak as long as another change could have
 * the same time.
 *
 * @param now In milliseconds since 1970.
 */
export function versionOf(
  { size, mtime, ctime }: Pick<Deno.FileInfo, "size" | "mtime" | "ctime">,
  now: number,
): Version {
  const modified = mtime?.getTime() ?? 0;
  // Reproducible builds give all files one time, whatever is in them: the time
  // of the inode tells two of the same size apart.
  const changed = ctime?.getTime() ?? 0;
  const tag = `"${
    [modified, changed, size].map((n) => n.toString(36)).join("-")
  }"`;
  const rested = Math.max(modified, changed) + REST_MS <= now;
  return {
    etag: rested ? tag : `W/${tag}`,
    // A date to come would be wrong for good: RFC 9110 §8.8.2.1.
    modified: mtime === null ? null : wholeSeconds(Math.min(modified, now)),
  };
}

/**
 * Checks the conditions of a GET or HEAD request, in the order of RFC 9110
 * §13.2.2.
 *
 * @returns 412 or 304 if that is the answer, null if the file is.
 */
export function checkPreconditions(
  headers: Headers,
  { etag, modified }: Version,
): 304 | 412 | null {
  const match = headers.get("if-match");
  if (match !== null) {
    if (!lists(match, etag, isSame)) return 412;
  } else {
    const since = parseDate(headers.get("if-unmodified-since"));
    if (since !== null && modified !== null && modified > since) return 412;
  }
  const noneMatch = headers.get("if-none-match");
  if (noneMatch !== null) {
    return lists(noneMatch, etag, isAlike) ? 304 : null;
  }
  const since = parseDate(headers.get("if-modified-since"));
  return since !== null && modified !== null && modified <= since ? 304 : null;
}

/** Whether `If-Range` lets a range be the answer: the client has the rest of this very version, or does not ask. */
export function isRangeAllowed(
  headers: Headers,
  { etag, modified }: Version,
): boolean {
  const condition = headers.get("if-range");
  if (condition === null) return true;
  const date = parseDate(condition);
  if (date === null) return isSame(condition, etag);
  return date === modified && !etag.startsWith("W/");
}

/** The strong comparison: every byte is the same. */
function isSame(tag: string, etag: string): boolean {
  return tag === etag && !etag.startsWith("W/");
}

/** The weak comparison: as good as the same. */
function isAlike(tag: string, etag: string): boolean {
  return tag.replace(/^W\//, "") === etag.replace(/^W\//, "");
}

function lists(
  header: string,
  etag: string,
  matches: (tag: string, etag: string) => boolean,
): boolean {
  if (header.trim() === "*") return true;
  const tags = header.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.some((tag) => matches(tag, etag));
}

/** The three forms of a date that RFC 9110 §5.6.7 knows. The last says no zone and is UTC as well. */
const DATES = [
  /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/,
  /^\w{6,9}, \d\d-\w{3}-\d\d \d\d:\d\d:\d\d GMT$/,
  /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/,
];

function parseDate(value: string | null): number | null {
  if (value === null || !DATES.some((form) => form.test(value))) return null;
  const ms = Date.parse(value.endsWith("GMT") ? value : `${value} GMT`);
  return Number.isNaN(ms) ? null : ms;
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
