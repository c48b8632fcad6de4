import { startTimer } from "../../shared_timer.ts";
import type { Duplex } from "../../socket/wire/duplex.ts";
import type { Head, HeadRefusal } from "./head.ts";
import { HeadReader } from "./head_reader.ts";

/** How a head is read. */
export interface ReadHeadOptions {
  /** How long all of the head may take, in milliseconds. @default {10_000} */
  readonly timeoutMs?: number;
  /** What has been read of it before: behind another request. Default: nothing. */
  readonly early?: Uint8Array;
}

/**
 * Reads the head of a request. Null if there is none to answer: the client has
 * left before it was complete, or has said nothing in time. Whoever wants to
 * stop waiting closes the connection. Never rejects.
 *
 * A read may be under way when this gives up for lack of time. It takes what
 * comes next, and ends with the connection.
 */
export async function readHead(
  duplex: Duplex,
  { timeoutMs = 10_000, early }: ReadHeadOptions = {},
): Promise<Head | HeadRefusal | null> {
  const reader = new HeadReader(early);
  const late = Promise.withResolvers<HeadRefusal | null>();
  let isLate = false;
  // One for the whole head, or a client that sends a byte now and then would stay for hours.
  const stop = startTimer(timeoutMs, () => {
    isLate = true;
    late.resolve(
      reader.isEmpty ? null : {
        status: 408,
        message: `The head of a request is complete within ${
          timeoutMs / 1000
        } seconds here`,
      },
    );
  });
  const result = await Promise.race([
    late.promise,
    read(duplex, reader, () => isLate),
  ]);
  stop();
  return result;
}

async function read(
  duplex: Duplex,
  reader: HeadReader,
  isLate: () => boolean,
): Promise<Head | HeadRefusal | null> {
  try {
    let found = reader.next();
    while (found === null && !isLate()) {
      const count = await duplex.read(reader.room());
      if (count === null) break;
      found = reader.filled(count);
    }
    return found;
  } catch {
    return null; // The client is gone, or the connection was closed here.
  } finally {
    reader.release();
  }
}
