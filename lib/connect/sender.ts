/**
 * From the input to whichever connection there is.
 *
 * @module
 */
import type { Framing } from "../framing/framing.ts";
import { partOf } from "../framing/part_of.ts";
import type { ClientSocket } from "../socket/wire/client_socket.ts";

/** Bytes read at once: what a Linux pipe holds. */
const CHUNK = 1 << 16;

/** Where bytes come from, such as `Deno.stdin`. */
export interface ByteSource {
  /** Reads at least one byte; null at the end. */
  read(into: Uint8Array): Promise<number | null>;
}

/**
 * Sends everything from a source. Reads no more before that is sent: a server
 * that takes nothing holds the source back, and so does one that is away.
 * What the system had not taken whole when a connection broke is sent on the
 * next; nothing is ever sent twice.
 *
 * @param nextSocket Waits for a connection that is open; null when there will be none.
 * @throws {FramingError} If the input breaks a rule of the framing.
 * @throws What `read` throws.
 */
export async function sendAll(
  source: ByteSource,
  framing: Framing,
  nextSocket: () => Promise<ClientSocket | null>,
): Promise<void> {
  const decoder = framing.decoder("stdout");
  const chunk = new Uint8Array(CHUNK);
  let count: number | null;
  do {
    count = await source.read(chunk);
    let batch = count === null
      ? decoder.end()
      : decoder.push(chunk.subarray(0, count));
    while (batch.count > 0) {
      const socket = await nextSocket();
      if (socket === null) return;
      const sent = await socket.send(batch);
      batch = partOf(batch, sent);
      // Closing, or broken: it takes no more, but may not have ended yet.
      if (batch.count > 0) await socket.closed;
    }
  } while (count !== null);
}
