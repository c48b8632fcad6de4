/** The client's half of RFC 6455: counts what arrives, masks what leaves. */

const OPCODE_TEXT = 0x1;
const OPCODE_CLOSE = 0x8;
const OPCODE_PING = 0x9;
const OPCODE_PONG = 0xa;
const FIN = 0x80;
const MASKED = 0x80;

/**
 * Counts the messages in a server's byte stream, in place: no copy and no string is made for any of them. Control frames are kept for the caller
 * to answer.
 */
export class FrameCounter {
  /** Data messages that have arrived whole. */
  messages = 0;
  /** Payload bytes of data frames, those of unfinished ones included. */
  bytes = 0;
  /** Payload of the close frame, once it has arrived. */
  close: Uint8Array | undefined;
  /** Payloads of pings which nobody has answered yet. */
  pings: Uint8Array[] = [];
  /** Payload bytes of the frame under way that have not arrived. */
  #missing = 0;
  /** Whether the frame under way ends its message. */
  #endsMessage = false;

  /**
   * Counts the frames in `buffer[0, end)`.
   *
   * @returns How many bytes were used; the rest is the beginning of a header or of a control frame and belongs before the next bytes.
   * @throws {TypeError} If the bytes cannot come from a WebSocket server: a masked frame or a reserved bit.
   */
  feed(buffer: Uint8Array, end: number): number {
    let at = 0;
    if (this.#missing > 0) {
      at = Math.min(this.#missing, end);
      this.#missing -= at;
      this.bytes += at;
      if (this.#missing === 0 && this.#endsMessage) this.messages++;
    }
    // Locals, and the commonest frame first: sixteen million short lines a second pass through this loop.
    let messages = 0;
    let bytes = 0;
    while (at + 2 <= end) {
      const first = buffer[at];
      let size = buffer[at + 1];
      let start = at + 2;
      if ((first & 0x78) !== 0 || size >= MASKED) {
        if ((first & 0x70) !== 0 || size >= MASKED) {
          throw new TypeError(
            "Cannot read a frame: not sent by a WebSocket server",
          );
        }
        if (start + size > end) break;
        this.#keepControlFrame(first & 0x0f, buffer.slice(start, start + size));
        at = start + size;
        continue;
      }
      if (size >= 126) {
        const width = size === 126 ? 2 : 8;
        if (start + width > end) break;
        size = 0;
        for (let i = 0; i < width; i++) size = size * 256 + buffer[start + i];
        start += width;
      }
      at = start + size;
      bytes += size;
      if (at > end) {
        this.#missing = at - end;
        this.#endsMessage = (first & FIN) !== 0;
        bytes -= this.#missing;
        at = end;
        break;
      }
      if ((first & FIN) !== 0) messages++;
    }
    this.messages += messages;
    this.bytes += bytes;
    return at;
  }

  #keepControlFrame(opcode: number, payload: Uint8Array): void {
    if (opcode === OPCODE_CLOSE) this.close ??= payload;
    if (opcode === OPCODE_PING) this.pings.push(payload);
  }
}

/** A masked text frame; every call draws a new masking key. */
export function textFrame(payload: Uint8Array): Uint8Array {
  return maskedFrame(OPCODE_TEXT, payload);
}

/** A masked close frame; the answer to a server's close frame repeats its payload. */
export function closeFrame(payload: Uint8Array): Uint8Array {
  return maskedFrame(OPCODE_CLOSE, payload);
}

/** A masked pong frame with the ping's payload. */
export function pongFrame(payload: Uint8Array): Uint8Array {
  return maskedFrame(OPCODE_PONG, payload);
}

function maskedFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const key = crypto.getRandomValues(new Uint8Array(4));
  const head = [FIN | opcode, ...sizeBytes(payload.length, MASKED), ...key];
  const frame = new Uint8Array(head.length + payload.length);
  frame.set(head);
  for (let i = 0; i < payload.length; i++) {
    frame[head.length + i] = payload[i] ^ key[i % 4];
  }
  return frame;
}

/** The unmasked text frame of a server, for the server that only measures the client. */
export function serverFrame(payload: Uint8Array): Uint8Array {
  return new Uint8Array([
    FIN | OPCODE_TEXT,
    ...sizeBytes(payload.length, 0),
    ...payload,
  ]);
}

/** Frames, one behind the other. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The one or three bytes that carry a payload's size; nothing here sends 64 KiB in a frame. */
function sizeBytes(size: number, mask: number): number[] {
  return size < 126 ? [mask | size] : [mask | 126, size >> 8, size & 0xff];
}
