import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseRanges } from "../../lib/http/static/byte_ranges.ts";

/** Ranges as `start-end`, the end not included. */
function ranges(header: string, size: number): string[] | null {
  const parsed = parseRanges(header, size);
  return parsed?.map(({ start, end }) => `${start}-${end}`) ?? null;
}

for (
  const [header, expected] of [
    ["bytes=0-0", ["0-1"]],
    ["bytes=0-", ["0-1000"]],
    ["bytes=999-", ["999-1000"]],
    ["bytes=999-999", ["999-1000"]],
    ["bytes=0-999", ["0-1000"]],
    ["bytes=0-1000", ["0-1000"]],
    ["bytes=0-99999999999999999999999", ["0-1000"]],
    ["bytes=-1", ["999-1000"]],
    ["bytes=-1000", ["0-1000"]],
    ["bytes=-1001", ["0-1000"]],
    ["bytes=-99999999999999999999999", ["0-1000"]],
    ["BYTES=0-1", ["0-2"]],
    ["bytes=007-008", ["7-9"]],
    ["bytes= 0-1 , 500-501\t", ["0-2", "500-502"]],
    ["bytes=,0-1,,", ["0-2"]],
    // Those behind the end are left out.
    ["bytes=0-1,1000-,-0", ["0-2"]],
    // In the order of the request.
    ["bytes=900-,0-1,500-501", ["900-1000", "0-2", "500-502"]],
    // One, as a part's head would be longer than the gap: 128, and 129.
    ["bytes=0-9,138-150", ["0-151"]],
    ["bytes=0-9,139-150", ["0-10", "139-151"]],
    ["bytes=500-600,550-,0-9,400-520", ["400-1000", "0-10"]],
    ["bytes=0-,0-,0-", ["0-1000"]],
    // None of them in the file.
    ["bytes=1000-", []],
    ["bytes=1000-1001,-0", []],
    ["bytes=99999999999999999999999-", []],
    // No ranges.
    ["", null],
    ["bytes", null],
    ["bytes=", null],
    ["bytes=,", null],
    ["bytes=-", null],
    ["bytes=a-b", null],
    ["bytes=1-0", null],
    ["bytes=0-1,5-4", null],
    ["bytes=0-1-2", null],
    ["bytes=0-1;2-3", null],
    ["bytes=0-1,bytes=2-3", null],
    ["bytes=--1", null],
    ["bytes=+1-2", null],
    ["bytes=1.5-2", null],
    ["bytes=0x1-0x2", null],
    ["bytes=1e1-2e1", null],
    ["bytes =0-1", null],
    ["bits=0-1", null],
    ["xbytes=0-1", null],
  ] as const
) {
  Deno.test(`of 1000 bytes, ${JSON.stringify(header)} is ${JSON.stringify(expected)}`, () =>
    assertEquals(ranges(header, 1000), expected as unknown));
}

Deno.test("64 ranges count, 65 do not", () => {
  const list = (count: number): string =>
    `bytes=${
      Array.from({ length: count }, (_, i) => `${i * 1000}-${i * 1000}`)
    }`;
  assertEquals(ranges(list(64), 1_000_000)?.length, 64);
  assertEquals(ranges(list(65), 1_000_000), null);
});

Deno.test("an empty file has no ranges", () => {
  for (const header of ["bytes=0-", "bytes=-1", "bytes=0-0"]) {
    assertEquals(ranges(header, 0), null);
  }
});

const spec = fc.oneof(
  fc.tuple(fc.nat(2000), fc.nat(400)).map(([a, n]) => `${a}-${a + n}`),
  fc.nat(2000).map((a) => `${a}-`),
  fc.nat(2000).map((n) => `-${n}`),
);

Deno.test("whatever is asked for comes, once, with no more than a little between", () => {
  fc.assert(fc.property(
    fc.array(spec, { minLength: 1, maxLength: 20 }),
    fc.integer({ min: 1, max: 1500 }),
    (specs, size) => {
      const wanted = new Set<number>();
      for (const spec of specs) {
        const [first, last] = spec.split("-");
        const from = first === "" ? size - Number(last) : Number(first);
        const to = first === "" || last === "" ? size - 1 : Number(last);
        for (let i = Math.max(0, from); i <= Math.min(to, size - 1); i++) {
          wanted.add(i);
        }
      }
      const got = new Set<number>();
      for (const { start, end } of parseRanges(`bytes=${specs}`, size)!) {
        assert(0 <= start && start < end && end <= size);
        assert(wanted.has(start) && wanted.has(end - 1));
        for (let i = start; i < end; i++) {
          assert(!got.has(i), "a byte comes twice");
          got.add(i);
        }
      }
      assertEquals(wanted.difference(got).size, 0);
      assert(got.size - wanted.size <= 128 * (specs.length - 1));
    },
  ));
});
