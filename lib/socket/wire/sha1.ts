/**
 * SHA-1 (RFC 3174), which a WebSocket handshake is made with. It protects
 * nothing there, and is to protect nothing elsewhere.
 *
 * @module
 */

const BLOCK = 64;
const START = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
/** One for each twenty of the rounds. */
const CONSTANTS = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];
const words = new Int32Array(80);

/** The 20 bytes for some bytes, less than 256 MiB of them. */
export function sha1(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const view = padded(bytes);
  const state = Int32Array.from(START);
  for (let at = 0; at < view.byteLength; at += BLOCK) addBlock(state, view, at);
  const digest = new DataView(new ArrayBuffer(4 * state.length));
  state.forEach((word, i) => digest.setInt32(4 * i, word));
  return new Uint8Array(digest.buffer);
}

/** The bytes, a one bit, zeros, and how many bits there were, as whole blocks (§4). */
function padded(bytes: Uint8Array): DataView {
  const blocks = Math.ceil((bytes.length + 9) / BLOCK);
  const all = new Uint8Array(blocks * BLOCK);
  all.set(bytes);
  all[bytes.length] = 0x80;
  const view = new DataView(all.buffer);
  view.setUint32(all.length - 4, bytes.length * 8);
  return view;
}

/** One block (§6.1). */
function addBlock(state: Int32Array, view: DataView, at: number): void {
  for (let i = 0; i < 16; i++) words[i] = view.getInt32(at + 4 * i);
  for (let i = 16; i < 80; i++) {
    words[i] = rotate(
      words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16],
      1,
    );
  }
  let [a, b, c, d, e] = state;
  for (let i = 0; i < 80; i++) {
    const mixed = i < 20
      ? (b & c) | (~b & d)
      : i < 40 || i >= 60
      ? b ^ c ^ d
      : (b & c) | (b & d) | (c & d);
    const next =
      (rotate(a, 5) + mixed + e + words[i] + CONSTANTS[Math.floor(i / 20)]) | 0;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
