/**
 * The `Range` header: which bytes of a file a client wants (RFC 9110 §14).
 *
 * @module
 */

/** Bytes of a file. */
export interface ByteRange {
  readonly start: number;
  /** The first byte behind it. */
  readonly end: number;
}

/** Ranges that one request may ask for. More is no player and no download tool. */
const MAX_RANGES = 64;
/** Ranges closer than this are sent as one, as the head of another part would be longer than the gap. */
const PART_HEAD = 128;

/**
 * Reads a `Range` header. Ranges that overlap or nearly meet become one, so
 * that the answer is never much longer than the file; the others keep the
 * order of the request.
 *
 * @param size Of the file.
 * @returns Null if the header does not count and the whole file is the answer: it is not in bytes, not well-formed, has more than 64 ranges, or the file is empty. No ranges if none lies in the file.
 */
export function parseRanges(header: string, size: number): ByteRange[] | null {
  const [, list] = /^bytes=(.*)$/i.exec(header) ?? [];
  if (list === undefined || size === 0) return null;
  const specs = list.split(",").map((spec) => spec.trim()).filter(Boolean);
  if (specs.length === 0 || specs.length > MAX_RANGES) return null;
  const ranges: ByteRange[] = [];
  for (const spec of specs) {
    const range = parseRange(spec, size);
    if (range === null) return null;
    if (range.start < range.end) ranges.push(range);
  }
  return join(ranges);
}

/** One range, empty if it lies outside of the file. */
function parseRange(spec: string, size: number): ByteRange | null {
  const [, first, last] = /^(\d*)-(\d*)$/.exec(spec) ?? [];
  if (first === undefined || first + last === "") return null;
  if (first === "") {
    return { start: Math.max(0, size - Number(last)), end: size };
  }
  if (last !== "" && Number(last) < Number(first)) return null;
  const end = last === "" ? size : Math.min(size, Number(last) + 1);
  return { start: Number(first), end };
}

/** Joins ranges that overlap or nearly meet; a joined one stands where its first part stood in the request. */
function join(ranges: readonly ByteRange[]): ByteRange[] {
  const joined: { start: number; end: number; order: number }[] = [];
  const sorted = ranges
    .map((range, order) => ({ ...range, order }))
    .sort((a, b) => a.start - b.start);
  for (const range of sorted) {
    const before = joined.at(-1);
    if (before === undefined || range.start > before.end + PART_HEAD) {
      joined.push(range);
    } else {
      before.end = Math.max(before.end, range.end);
      before.order = Math.min(before.order, range.order);
    }
  }
  return joined
    .sort((a, b) => a.order - b.order)
    .map(({ start, end }) => ({ start, end }));
}
