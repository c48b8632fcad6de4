import type { Duplex } from "../../socket/wire/duplex.ts";
import { settlesWithin } from "../../settles_within.ts";
import { closeQuietly } from "../close_quietly.ts";
import { writeAll } from "../write_all.ts";
import { answerBytes, type AnswerOptions } from "./answer_bytes.ts";

/** How long a client has to take an answer and to leave, in milliseconds. */
const LINGER_MS = 1000;
/** Bytes of it that are read meanwhile. */
const LINGER_BYTES = 1 << 16;
/** They are read into this, by all connections: nobody wants them. */
const NOWHERE = new Uint8Array(1 << 14);

/**
 * Answers, and ends the connection: within a second, as the client may go on
 * sending and never leave. Never rejects.
 *
 * What is unread when a connection is closed makes the system reset it, and
 * that destroys an answer on its way. So it says that no more will come, and
 * reads until the client leaves.
 */
export async function writeRefusal(
  duplex: Duplex,
  response: Response,
  { method }: Pick<AnswerOptions, "method"> = {},
): Promise<void> {
  const answered = answer(duplex, response, method);
  await settlesWithin(answered, LINGER_MS);
  closeQuietly(duplex);
  await answered;
}

/** Settles when the client has left, or has sent more than anybody wants to read, or nothing can be done any more. */
async function answer(
  duplex: Duplex,
  response: Response,
  method?: string,
): Promise<void> {
  try {
    await writeAll(duplex, await answerBytes(response, { method }));
    await duplex.closeWrite();
    for (let left = LINGER_BYTES; left > 0;) {
      const count = await duplex.read(NOWHERE);
      if (count === null) return;
      left -= count;
    }
  } catch {
    // The client is gone.
  }
}
