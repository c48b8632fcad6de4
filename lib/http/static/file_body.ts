/**
 * A file on its way to a client.
 *
 * @module
 */
import type { ByteRange } from "./byte_ranges.ts";

/** A part of a body: bytes as they are, or a range of the file. */
export type Piece = Uint8Array<ArrayBuffer> | ByteRange;

/** Bytes read at once, and all that a client who reads slowly costs. */
const CHUNK = 64 * 1024;

/**
 * Pieces of a file as a body, read when the client has room. If the file ends
 * before a piece does, so does the body: it is shorter than its
 * `Content-Length` then, and the runtime drops the connection, which tells the
 * client. An error would do the same and print it.
 *
 * @param file Closed when the body has ended or is cancelled.
 */
export function fileBody(
  file: Deno.FsFile,
  pieces: readonly Piece[],
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = readPieces(file, pieces);
  return new ReadableStream({
    async pull(controller): Promise<void> {
      const { value, done } = await chunks.next();
      if (!done) return controller.enqueue(value);
      file.close();
      controller.close();
    },
    cancel(): void {
      file.close();
    },
  }, { highWaterMark: 0 });
}

async function* readPieces(
  file: Deno.FsFile,
  pieces: readonly Piece[],
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  let at = 0;
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) {
      yield piece;
      continue;
    }
    if (at !== piece.start) {
      at = await file.seek(piece.start, Deno.SeekMode.Start);
    }
    while (at < piece.end) {
      const chunk = new Uint8Array(Math.min(piece.end - at, CHUNK));
      const read = await readOrNull(file, chunk);
      if (read === null) return;
      at += read;
      yield chunk.subarray(0, read);
    }
  }
}

/** Null at the end of the file, and if the disk fails: there is no more. */
async function readOrNull(
  file: Deno.FsFile,
  chunk: Uint8Array<ArrayBuffer>,
): Promise<number | null> {
  try {
    return await file.read(chunk);
  } catch {
    return null;
  }
}
