import { sha1 } from "./sha1.ts";

/** What makes an answer one to this very request (RFC 6455 §1.3). */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * The `Sec-WebSocket-Accept` that answers a `Sec-WebSocket-Key` (RFC 6455
 * §4.2.2). By a hash of our own: `node:crypto` takes 35 ms and more to load, for
 * which the first client would wait, and Web Crypto a turn of the event loop
 * and another thread, 7 % of all that a short session costs.
 *
 * @param key As it was sent; any string. Never throws.
 */
export function acceptKey(key: string): string {
  return sha1(new TextEncoder().encode(key + GUID)).toBase64();
}
