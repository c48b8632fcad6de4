/** What makes an answer one to this very request (RFC 6455 §1.3). */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * The `Sec-WebSocket-Accept` that answers a `Sec-WebSocket-Key` (RFC 6455
 * §4.2.2). By the runtime's own Web Crypto: `node:crypto` hashes faster, but
 * takes 60 ms or more to load, and the first client would wait for it.
 *
 * @param key As it was sent; any string. Never rejects.
 */
export async function acceptKey(key: string): Promise<string> {
  const bytes = new TextEncoder().encode(key + GUID);
  return new Uint8Array(await crypto.subtle.digest("SHA-1", bytes)).toBase64();
}
