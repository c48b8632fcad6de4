import type { Duplex } from "../socket/wire/duplex.ts";

/**
 * Writes all of the bytes.
 *
 * @throws {Error} If the connection is lost or closed.
 */
export async function writeAll(
  duplex: Pick<Duplex, "write">,
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await duplex.write(at === 0 ? bytes : bytes.subarray(at));
  }
}
