import { settlesWithin } from "../settles_within.ts";
import type { Duplex } from "../socket/wire/duplex.ts";
import { closeQuietly } from "./close_quietly.ts";
import { writeAll } from "./write_all.ts";

/** What a quiet direction waits with. */
const SMALL = 1 << 10;
/** What a busy one reads at once. */
const LARGE = 1 << 16;
/** How long a client has to leave when the server has said everything, in milliseconds. */
const LINGER_MS = 1000;
/** Bytes of a client that are read though nobody wants them: only so is it seen that it leaves. */
const UNWANTED = 1 << 16;

/** What may go from one end to the other. */
export interface SpliceOptions {
  /** Bytes of the client that the server gets; what comes behind them is dropped. Default: all. */
  readonly upTo?: number;
  /** Ends both connections at once. */
  readonly signal?: AbortSignal;
}

/**
 * Joins a client's connection and one to a server: what comes from one goes to
 * the other, no faster than that takes it, and so does the end of what comes.
 * Resolves when both are closed: when the server has said everything and the
 * client has taken it and left, or a second has passed since; at once when the
 * client is lost. Never rejects.
 */
export async function splice(
  client: Duplex,
  server: Duplex,
  { upTo = Infinity, signal }: SpliceOptions = {},
): Promise<void> {
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    closeQuietly(client);
    closeQuietly(server);
  };
  signal?.addEventListener("abort", end);
  if (signal?.aborted) end();
  // The server has to know at once that there is nobody to answer.
  const uploaded = upload(client, server, upTo).catch(end);
  try {
    await copy(server, client);
    await settlesWithin(uploaded, LINGER_MS);
  } catch {
    // One of them is lost, and the other is of no use without it.
  }
  end();
  await uploaded;
  signal?.removeEventListener("abort", end);
}

/** @throws {Error} If one of the connections is lost. */
async function copy(from: Duplex, to: Duplex): Promise<void> {
  const buffer = new CopyBuffer();
  let chunk: Uint8Array | null;
  while ((chunk = await buffer.read(from)) !== null) await writeAll(to, chunk);
  await to.closeWrite();
}

/**
 * Like {@linkcode copy}. A server that takes no more, as it has answered before
 * the end of a body, is no reason not to deliver that answer.
 *
 * @throws {Error} If the client is lost.
 */
async function upload(
  client: Duplex,
  server: Duplex,
  upTo: number,
): Promise<void> {
  const buffer = new CopyBuffer();
  let wanted = upTo, unwanted = 0;
  while (unwanted <= UNWANTED) {
    const chunk = await buffer.read(client);
    if (chunk === null) {
      // Fails if the server has left, which its own direction tells.
      return await server.closeWrite().catch(() => {});
    }
    const part = chunk.subarray(0, Math.min(chunk.length, wanted));
    wanted -= part.length;
    unwanted += chunk.length - part.length;
    await writeAll(server, part).catch(() => {
      wanted = 0;
    });
  }
}

/** Memory for one direction: much only while much comes. */
class CopyBuffer {
  #bytes = new Uint8Array(SMALL);

  /** Valid until the next call; null at the end. */
  async read(from: Duplex): Promise<Uint8Array | null> {
    const count = await from.read(this.#bytes);
    if (count === null) return null;
    const chunk = this.#bytes.subarray(0, count);
    const size = count === this.#bytes.length
      ? LARGE
      : count < SMALL
      ? SMALL
      : this.#bytes.length;
    if (size !== this.#bytes.length) this.#bytes = new Uint8Array(size);
    return chunk;
  }
}
