/**
 * The header of a frame (RFC 6455 §5.2), and the rules for it.
 *
 * @module
 */
import {
  CONTROL_LIMIT,
  FIN,
  LENGTH_16,
  MASKED,
  OPCODE,
  RESERVED,
  RSV1,
} from "./opcode.ts";

/** What a peer may send. */
export interface HeaderRules {
  /** Whether frames must be masked; otherwise they must not be. */
  readonly masked: boolean;
  /** Whether messages may be compressed. */
  readonly compressed: boolean;
}

/** One header after the other, read into the same fields. */
export class FrameHeader {
  /** Whether all bytes of the header are there. */
  isWhole = false;
  /** Whether `length` is: known a little earlier, so that too much is refused at once. */
  hasLength = false;
  /** Bytes of the header. */
  size = 0;
  opcode = 0;
  /** Whether the message ends with this frame. */
  isLast = false;
  /** Whether the message is compressed. */
  isCompressed = false;
  /** Payload bytes. */
  length = 0;
  /** The masking key as `unmask` takes it. */
  key = 0;

  readonly #maskBit: number;
  readonly #compressed: boolean;

  constructor({ masked, compressed }: HeaderRules) {
    this.#maskBit = masked ? MASKED : 0;
    this.#compressed = compressed;
  }

  /**
   * Reads the header that begins at `at`, as far as it is there.
   *
   * @param isInside Whether a message has begun that has not ended.
   * @returns What is wrong with it, or null.
   */
  read(
    bytes: Uint8Array,
    at: number,
    end: number,
    isInside: boolean,
  ): string | null {
    this.isWhole = this.hasLength = false;
    const available = end - at;
    if (available < 2) return null;
    const first = bytes[at], second = bytes[at + 1];
    this.opcode = first & 0x0f;
    this.isLast = first >= FIN;
    this.isCompressed = (first & RSV1) !== 0;
    this.length = second & ~MASKED;
    this.size = 2;
    const wrong = this.#whyWrong(first, second, isInside);
    if (wrong !== null) return wrong;
    if (this.length >= LENGTH_16) {
      this.size = this.length === LENGTH_16 ? 4 : 10;
      if (available < this.size) return null;
      if (this.size === 10 && bytes[at + 2] > 127) {
        return "a length has its highest bit set";
      }
      this.length = this.size === 4
        ? bytes[at + 2] << 8 | bytes[at + 3]
        : 2 ** 32 * uint32At(bytes, at + 2) + uint32At(bytes, at + 6);
      if (this.length < (this.size === 4 ? LENGTH_16 : 2 ** 16)) {
        return "a length is not in its shortest form";
      }
    }
    this.hasLength = true;
    if (this.#maskBit !== 0) {
      this.size += 4;
      if (available < this.size) return null;
      this.key = keyAt(bytes, at + this.size - 4);
    }
    this.isWhole = true;
    return null;
  }

  /** The rules that the first two bytes can break. */
  #whyWrong(first: number, second: number, isInside: boolean): string | null {
    const { opcode, isLast, length } = this;
    const begins = opcode === OPCODE.TEXT || opcode === OPCODE.BINARY;
    const allowed = begins && this.#compressed ? RSV1 : 0;
    if ((first & RESERVED & ~allowed) !== 0) return "a reserved bit is set";
    if ((opcode & 7) > OPCODE.BINARY) return `opcode ${opcode} is reserved`;
    if ((second & MASKED) !== this.#maskBit) {
      return this.#maskBit === 0
        ? "a frame is masked"
        : "a frame is not masked";
    }
    if (opcode >= OPCODE.CLOSE) {
      if (!isLast) return "a control frame is fragmented";
      return length > CONTROL_LIMIT
        ? "a control frame is longer than 125 bytes"
        : null;
    }
    if (begins) return isInside ? "a message begins inside another" : null;
    return isInside ? null : "a continuation has nothing to continue";
  }
}

/** A masking key as `unmask` takes it. */
export function keyAt(bytes: Uint8Array, at: number): number {
  return bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 |
    bytes[at + 3] << 24;
}

function uint32At(bytes: Uint8Array, at: number): number {
  const signed = bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 |
    bytes[at + 3];
  return signed >>> 0;
}
