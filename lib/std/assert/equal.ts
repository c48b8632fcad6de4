import { isDeepStrictEqual } from "node:util";

/** Whether two values are the same, deeply: same types, same keys, same elements. Cycles are allowed. */
export function equal(a: unknown, b: unknown): boolean {
  // Deno 2.5 sees no difference between two addresses.
  if (a instanceof URL && b instanceof URL) return a.href === b.href;
  return isDeepStrictEqual(a, b);
}
