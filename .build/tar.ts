/** A file for {@linkcode tar}. */
export interface Member {
  /** Its name in the archive; at most 100 bytes, ASCII. */
  readonly name: string;
  /** Where it is. */
  readonly path: string;
  readonly mode: number;
}

const BLOCK = 512;

/**
 * An archive as POSIX.1-1988 describes it (ustar), which every tar reads. Times
 * and owners are left out, so that the same files give the same archive.
 */
export async function* tar(
  members: readonly Member[],
): AsyncGenerator<Uint8Array> {
  for (const { name, path, mode } of members) {
    using file = await Deno.open(path);
    const { size } = await file.stat();
    yield header(name, mode, size);
    let left = size;
    for await (const chunk of file.readable) {
      left -= chunk.length;
      yield chunk;
    }
    if (left !== 0) throw new Error(`Cannot pack "${path}": it has changed`);
    yield new Uint8Array((BLOCK - size % BLOCK) % BLOCK);
  }
  yield new Uint8Array(2 * BLOCK);
}

function header(name: string, mode: number, size: number): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const encoder = new TextEncoder();
  const put = (text: string, at: number) => block.set(encoder.encode(text), at);
  const octal = (value: number, digits: number) =>
    value.toString(8).padStart(digits, "0");
  put(name, 0);
  put(octal(mode, 7), 100);
  put(octal(0, 7), 108);
  put(octal(0, 7), 116);
  put(octal(size, 11), 124);
  put(octal(0, 11), 136);
  put("        ", 148);
  put("0", 156);
  put("ustar\0" + "00", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${octal(sum, 6)}\0 `, 148);
  return block;
}
