/**
 * Applies a masking key in place (RFC 6455 §5.3), four bytes at a time.
 * Applied again, it undoes itself. Relies on little-endian words, which every
 * machine that Deno runs on has.
 *
 * @param words The same memory as `bytes`.
 * @param key The masking key as a little-endian number: its low byte is for the byte at `start`.
 * @returns 0 if the result is ASCII: known at no extra cost, it saves checking most text for UTF-8.
 */
export function unmask(
  bytes: Uint8Array,
  words: Int32Array,
  start: number,
  end: number,
  key: number,
): number {
  let seen = 0;
  let at = start;
  while ((at & 3) !== 0 && at < end) {
    const byte = bytes[at] ^ (key & 0xff);
    bytes[at++] = byte;
    seen |= byte;
    key = rotateKey(key, 1);
  }
  const last = end >> 2;
  let word = at >> 2;
  if (word < last) {
    do {
      const four = words[word] ^ key;
      words[word] = four;
      seen |= four;
    } while (++word < last);
    at = last << 2;
  }
  while (at < end) {
    const byte = bytes[at] ^ (key & 0xff);
    bytes[at++] = byte;
    seen |= byte;
    key >>>= 8;
  }
  return seen & 0x80808080;
}

/** The key for what comes `offset` bytes later. */
export function rotateKey(key: number, offset: number): number {
  // A shift by 32 would be a shift by 0.
  const bits = 8 * (offset & 3);
  return bits === 0 ? key : (key >>> bits) | (key << (32 - bits));
}
