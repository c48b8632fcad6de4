import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  checkPreconditions,
  isRangeAllowed,
  type Version,
  versionOf,
} from "../../lib/http/static/preconditions.ts";

const MODIFIED = Date.parse("Sun, 06 Nov 1994 08:49:37 GMT");
const STRONG: Version = { etag: '"v1"', modified: MODIFIED };
const WEAK: Version = { etag: 'W/"v1"', modified: MODIFIED };
const NO_DATE: Version = { etag: '"v1"', modified: null };

const SAME = "Sun, 06 Nov 1994 08:49:37 GMT";
const BEFORE = "Sun, 06 Nov 1994 08:49:36 GMT";
const AFTER = "Sun, 06 Nov 1994 08:49:38 GMT";

for (
  const [conditions, version, answer] of [
    [{}, STRONG, null],
    // If-Match: the strong comparison.
    [{ "if-match": '"v1"' }, STRONG, null],
    [{ "if-match": '"v0", "v1"' }, STRONG, null],
    [{ "if-match": '"v0","a, b"' }, STRONG, 412],
    [{ "if-match": 'W/"v1"' }, STRONG, 412],
    [{ "if-match": '"v1"' }, WEAK, 412],
    [{ "if-match": 'W/"v1"' }, WEAK, 412],
    [{ "if-match": "*" }, WEAK, null],
    [{ "if-match": "v1" }, STRONG, 412],
    [{ "if-match": "" }, STRONG, 412],
    // It makes If-Unmodified-Since nothing.
    [{ "if-match": '"v1"', "if-unmodified-since": BEFORE }, STRONG, null],
    [{ "if-unmodified-since": BEFORE }, STRONG, 412],
    [{ "if-unmodified-since": SAME }, STRONG, null],
    [{ "if-unmodified-since": AFTER }, STRONG, null],
    [{ "if-unmodified-since": "nonsense" }, STRONG, null],
    [{ "if-unmodified-since": BEFORE }, NO_DATE, null],
    // If-None-Match: the weak comparison.
    [{ "if-none-match": '"v1"' }, STRONG, 304],
    [{ "if-none-match": 'W/"v1"' }, STRONG, 304],
    [{ "if-none-match": '"v1"' }, WEAK, 304],
    [{ "if-none-match": '"v0" , W/"v1"' }, WEAK, 304],
    [{ "if-none-match": '"v0", "v2"' }, STRONG, null],
    [{ "if-none-match": '"W/v1"' }, STRONG, null],
    [{ "if-none-match": "*" }, STRONG, 304],
    [{ "if-none-match": "v1" }, STRONG, null],
    // It makes If-Modified-Since nothing.
    [{ "if-none-match": '"v0"', "if-modified-since": AFTER }, STRONG, null],
    [{ "if-modified-since": BEFORE }, STRONG, null],
    [{ "if-modified-since": SAME }, STRONG, 304],
    [{ "if-modified-since": AFTER }, STRONG, 304],
    [{ "if-modified-since": AFTER }, NO_DATE, null],
    // The other two forms of a date.
    [{ "if-modified-since": "Sunday, 06-Nov-94 08:49:37 GMT" }, STRONG, 304],
    [{ "if-modified-since": "Sunday, 06-Nov-94 08:49:36 GMT" }, STRONG, null],
    [{ "if-modified-since": "Sun Nov  6 08:49:37 1994" }, STRONG, 304],
    [{ "if-modified-since": "Sun Nov  6 08:49:36 1994" }, STRONG, null],
    // What is no date does not count.
    [{ "if-modified-since": "2030-01-01" }, STRONG, null],
    [{ "if-modified-since": "Sun, 06 Nov 2034 08:49:37 +0100" }, STRONG, null],
    [{ "if-modified-since": "Sun, 99 Xyz 2034 08:49:37 GMT" }, STRONG, null],
    [{ "if-modified-since": "9999999999999" }, STRONG, null],
    // The first two come before the last two.
    [{ "if-match": '"v0"', "if-none-match": '"v1"' }, STRONG, 412],
    [{ "if-match": '"v1"', "if-none-match": '"v1"' }, STRONG, 304],
  ] as const
) {
  Deno.test(`${JSON.stringify(conditions)} on ${version.etag}${version.modified === null ? " without a date" : ""}: ${answer ?? "the file"}`, () =>
    assertEquals(
      checkPreconditions(new Headers({ ...conditions }), version),
      answer,
    ));
}

for (
  const [condition, version, allowed] of [
    [null, WEAK, true],
    ['"v1"', STRONG, true],
    ['"v0"', STRONG, false],
    ['W/"v1"', STRONG, false],
    ['W/"v1"', WEAK, false],
    ['"v1"', WEAK, false],
    [SAME, STRONG, true],
    [SAME, WEAK, false],
    [SAME, NO_DATE, false],
    [BEFORE, STRONG, false],
    [AFTER, STRONG, false],
    ["*", STRONG, false],
    ["", STRONG, false],
  ] as const
) {
  Deno.test(`a range ${allowed ? "is" : "is not"} an answer to If-Range: ${condition} on ${version.etag}${version.modified === null ? " without a date" : ""}`, () => {
    const headers = new Headers();
    if (condition !== null) headers.set("if-range", condition);
    assertEquals(isRangeAllowed(headers, version), allowed);
  });
}

const FILE = { size: 10, mtime: new Date(MODIFIED), ctime: new Date(MODIFIED) };
const NOW = MODIFIED + 86_400_000;

Deno.test("a version changes with the size, with the date, and with the date of the inode", () => {
  const { etag } = versionOf(FILE, NOW);
  const later = new Date(MODIFIED + 1);
  assertEquals(versionOf(FILE, NOW + 1000).etag, etag);
  assertNotEquals(versionOf({ ...FILE, size: 11 }, NOW).etag, etag);
  assertNotEquals(versionOf({ ...FILE, mtime: later }, NOW).etag, etag);
  assertNotEquals(versionOf({ ...FILE, ctime: later }, NOW).etag, etag);
});

Deno.test("a tag is weak until the file has rested for two seconds", () => {
  const isWeak = (mtime: number, ctime: number): boolean =>
    versionOf({
      size: 10,
      mtime: new Date(mtime),
      ctime: new Date(ctime),
    }, NOW).etag.startsWith("W/");
  assert(!isWeak(NOW - 2000, NOW - 2000));
  assert(isWeak(NOW - 1999, NOW - 2000));
  assert(isWeak(NOW - 2000, NOW - 1999));
  assert(isWeak(NOW + 86_400_000, NOW - 2000));
});

Deno.test("the date of a version has whole seconds, is never to come, and may be missing", () => {
  const modified = (mtime: Date | null): number | null =>
    versionOf({ ...FILE, mtime }, NOW).modified;
  assertEquals(modified(new Date(MODIFIED + 999)), MODIFIED);
  assertEquals(modified(new Date(NOW + 5000)), NOW);
  assertEquals(modified(null), null);
});
