/**
 * zlib, one synchronous call at a time.
 *
 * The public interface of `node:zlib` is either a stream, which answers later,
 * or a whole message without memory of the one before. Below both is one
 * function that is neither, the same in Node and in every Deno since 1.33:
 * `_handle.writeSync`. That is all this file uses; `isZlibUsable` says whether
 * it is there.
 *
 * @module
 */
import type { DeflateRaw, InflateRaw } from "node:zlib";
import { builtin } from "../../builtin.ts";

/** Fewer cost five times more bytes in big messages; more cost twice the time for 5 % fewer. */
const LEVEL = 3;

/** Write all that can be written (zlib.h). */
const Z_SYNC_FLUSH = 2;

/** The part of a zlib stream that works at once. */
interface Handle {
  onerror: (message: string) => void;
  writeSync(
    flush: number,
    input: Uint8Array,
    start: number,
    count: number,
    output: Uint8Array,
    at: number,
    room: number,
  ): void;
  reset(): void;
}

/** What a call has done. */
export interface ZlibResult {
  /** Bytes of input used. */
  readonly used: number;
  /** Bytes of output made. */
  readonly made: number;
}

/** Compresses or decompresses a sequence of messages (raw DEFLATE, RFC 1951). To be closed. */
export class ZlibStream {
  /** What is wrong with the input, or null. Once something is, calls do nothing. */
  error: string | null = null;
  readonly #stream: DeflateRaw | InflateRaw;
  readonly #handle: Handle;
  /** Room left and input left, after a call. */
  readonly #left: Uint32Array;

  /** @param windowBits The window has 2 to the power of this bytes; 8 to 15. */
  constructor(direction: "compress" | "decompress", windowBits: number) {
    const { createDeflateRaw, createInflateRaw } = builtin("node:zlib");
    this.#stream = direction === "compress"
      ? createDeflateRaw({ windowBits, level: LEVEL })
      : createInflateRaw({ windowBits });
    const { _handle, _writeState } = internals(this.#stream);
    this.#handle = _handle;
    this.#left = _writeState;
    // Instead of destroying the stream and telling its listeners.
    this.#handle.onerror = (message) => this.error = message;
  }

  /** Goes on with `input[start, end)`, and writes all that follows from it to `output` from `at` on, as far as there is room. */
  run(
    input: Uint8Array,
    start: number,
    end: number,
    output: Uint8Array,
    at: number,
  ): ZlibResult {
    const room = output.length - at;
    if (this.error !== null) return { used: 0, made: 0 };
    this.#handle.writeSync(
      Z_SYNC_FLUSH,
      input,
      start,
      end - start,
      output,
      at,
      room,
    );
    if (this.error !== null) return { used: 0, made: 0 };
    return { used: end - start - this.#left[1], made: room - this.#left[0] };
  }

  /** Forgets what came before. */
  reset(): void {
    this.#handle.reset();
  }

  /** Gives the memory back, which is not the garbage collector's. */
  close(): void {
    this.#stream.close();
  }
}

let isUsable: boolean | undefined;

/** Whether this runtime's zlib has what a {@linkcode ZlibStream} needs. */
export function isZlibUsable(): boolean {
  return isUsable ??= tryOut();
}

function tryOut(): boolean {
  try {
    const compress = new ZlibStream("compress", 15);
    const output = new Uint8Array(64);
    const { used, made } = compress.run(new Uint8Array(40), 0, 40, output, 0);
    compress.close();
    return used === 40 && made > 4 && made < 40;
  } catch {
    return false;
  }
}

function internals(
  stream: unknown,
): { _handle: Handle; _writeState: Uint32Array } {
  return stream as { _handle: Handle; _writeState: Uint32Array };
}
