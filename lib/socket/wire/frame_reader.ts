/**
 * A peer's bytes become messages.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import type { Batch } from "../../framing/batch.ts";
import { MessageList } from "../../framing/message_list.ts";
import { whyCloseRefused } from "./close_frame.ts";
import {
  CONTROL_LIMIT,
  FIN,
  LENGTH_16,
  MASKED,
  OPCODE,
  RESERVED,
} from "./opcode.ts";
import { ReadBuffer } from "./read_buffer.ts";
import { TextCheck } from "./text_check.ts";
import { rotateKey, unmask } from "./unmask.ts";
import {
  invalidData,
  protocolError,
  tooBig,
  type Violation,
} from "./violation.ts";

/** Frames that one message may come in: twice as many as 4 MiB in pieces of 64 bytes, the finest that Autobahn's test suite cuts. */
const MAX_FRAGMENTS = 1 << 17;
/** Messages handed out together: 2048 cost 16 KiB of bounds, and 64 KiB can hold 10,000 of the shortest. */
const MAX_BATCH = 2048;
/** What "unlimited" means: indices stay below 31 bits. */
const MAX_MESSAGE = 2 ** 31 - 2 ** 17;
/** Bytes of the longest header and the longest control frame: what may have to be in memory before it means something. */
const WAITING_ROOM = 14 + CONTROL_LIMIT;

const NO_BYTES = new Uint8Array(0);

/** What {@linkcode FrameReader.next} has found. */
export type Finding =
  /** Nothing more in what has been read. */
  | "nothing"
  /** Messages of one type: `batch`. */
  | "messages"
  /** A ping; `payload` is to be sent back. */
  | "ping"
  /** A pong; `payload` is that of the ping it answers, or anything. */
  | "pong"
  /** A close frame; `payload` is its body, with nothing wrong in it. Nothing that comes later means anything. */
  | "close"
  /** The peer broke a rule: `violation`. Nothing that comes later means anything. */
  | "violation";

/** What a peer may send. */
export interface FrameReaderOptions {
  /** Bytes that one message may have, over all its fragments; 0 or less is unlimited, which is 2 GiB. @default {1048576} */
  readonly maxFrameSize?: number;
  /** Whether the peer is a client. A client's frames must be masked, a server's must not be. @default {true} */
  readonly masked?: boolean;
}

/**
 * Takes a stream of frames apart in the memory that it was read to. Pure and
 * synchronous; one for each connection. To be used like this:
 *
 *     reader.filled(await read(reader.room()));
 *     while ((finding = reader.next()) !== "nothing") …
 *
 * What a finding points to is valid until the next call. No bytes and no order
 * of calls make it throw. The memory held is at most the limit of a message
 * and 64 KiB.
 */
export class FrameReader {
  /** The body of the control frame that was found. */
  payload: Uint8Array = NO_BYTES;
  /** What the peer has done wrong, if it has. */
  violation: Violation | null = null;

  readonly #buffer: ReadBuffer;
  readonly #limit: number;
  readonly #maskBit: number;
  readonly #text = new MessageList("text");
  readonly #binary = new MessageList("binary");
  readonly #check = new TextCheck();
  /** Messages found and not yet handed out, or those handed out last. */
  #list: MessageList = this.#text;
  #handedOut = true;
  #isClosed = false;

  /** Where the first byte is that has not been looked at. */
  #at = 0;
  /** The message under way: how many of its frames have begun, and where its payload lies so far. */
  #fragments = 0;
  #start = 0;
  #end = 0;
  /** The frame of it under way: payload bytes still to come, the masking key for the next of them, and whether the message ends with it. */
  #missing = 0;
  #key = 0;
  #isLast = false;

  constructor(options: FrameReaderOptions = {}) {
    const { maxFrameSize = 1 << 20, masked = true } = options;
    this.#limit = maxFrameSize > 0
      ? Math.min(maxFrameSize, MAX_MESSAGE)
      : MAX_MESSAGE;
    this.#maskBit = masked ? MASKED : 0;
    this.#buffer = new ReadBuffer(this.#limit);
  }

  /** The messages that were found. */
  get batch(): Batch {
    return this.#list;
  }

  /** Where the next bytes are to be put. Empty only when there is no memory, which `next` then reports. */
  room(): Uint8Array {
    if (this.#isClosed || this.violation !== null) this.#forget();
    else if (this.#fragments > 0) this.#closeGap();
    const from = this.#fragments > 0 ? this.#start : this.#at;
    const most = this.#missing > 0 && this.#isLast
      ? this.#missing
      : this.#limit - this.#size + WAITING_ROOM;
    try {
      const room = this.#buffer.room(from, this.#missing || WAITING_ROOM, most);
      // The array of a big message must not live on because a list points to it.
      if (this.#buffer.isSmall) this.#list.clear();
      this.#handedOut = true;
      this.#list.begin(this.#buffer.bytes);
      this.#at -= from;
      this.#start -= from;
      this.#end -= from;
      this.#check.shift(from);
      return room;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.violation ??= tooBig("no memory is left for this message");
      return NO_BYTES;
    }
  }

  /** Says how many bytes have been put there. */
  filled(count: number): void {
    this.#buffer.fill(count);
  }

  /** Looks at what has been read, up to the next thing to tell. */
  next(): Finding {
    if (this.#handedOut) this.#list.begin(this.#buffer.bytes);
    this.#handedOut = false;
    const finding = this.#advance();
    if (
      this.#list.count === 0 || finding === "ping" || finding === "pong"
    ) return finding;
    // What ended the batch is found again with the next call.
    this.#handedOut = true;
    return "messages";
  }

  /** Bytes of the message under way that have come. */
  get #size(): number {
    return this.#fragments > 0 ? this.#end - this.#start : 0;
  }

  #advance(): Finding {
    if (this.#missing > 0) this.#takePayload();
    while (this.violation === null) {
      if (this.#isClosed || this.#missing > 0) return "nothing";
      if (this.#fragments === 0) this.#takeShortMessages();
      if (this.violation !== null) break;
      const finding = this.#takeFrame();
      if (finding !== null) return finding;
    }
    return "violation";
  }

  /** The hot path: messages of up to 125 bytes, each in one frame, of the same type as those before. */
  #takeShortMessages(): void {
    const { bytes, words, end } = this.#buffer;
    const list = this.#list, isText = list.type === "text";
    const first = FIN | (isText ? OPCODE.TEXT : OPCODE.BINARY);
    const maskBit = this.#maskBit, header = maskBit === 0 ? 2 : 6;
    const longest = Math.min(CONTROL_LIMIT, this.#limit);
    const from = list.count;
    let at = this.#at, seen = 0;
    while (at + header <= end && list.count < MAX_BATCH) {
      const length = bytes[at + 1] ^ maskBit;
      const start = at + header, next = start + length;
      if (bytes[at] !== first || length > longest || next > end) break;
      if (maskBit !== 0) {
        seen |= unmask(bytes, words, start, next, keyAt(bytes, start - 4));
      }
      list.add(start, next);
      at = next;
    }
    this.#at = at;
    if (isText && (seen !== 0 || maskBit === 0)) this.#checkTexts(from);
  }

  /** Checks the messages from number `from` on, at once: a call for each would cost more than all else. */
  #checkTexts(from: number): void {
    const list = this.#list, { bytes, bounds, count } = list;
    if (from === count) return;
    // What lies between two messages has to be ASCII for that.
    for (let i = 2 * from + 2; i < 2 * count; i += 2) {
      for (let at = bounds[i - 1]; at < bounds[i]; at++) bytes[at] = 0;
    }
    if (isUtf8(bytes.subarray(bounds[2 * from], bounds[2 * count - 1]))) return;
    list.count = from;
    while (
      isUtf8(bytes.subarray(bounds[2 * list.count], bounds[2 * list.count + 1]))
    ) list.count++;
    this.violation = notUtf8();
  }

  /** Any frame, as soon as its header is there; a control frame when all of it is. Null if more may follow. */
  #takeFrame(): Finding | null {
    const { bytes, end } = this.#buffer;
    const at = this.#at, available = end - at;
    if (available < 2) return "nothing";
    const first = bytes[at], second = bytes[at + 1];
    const wrong = this.#whyWrong(first, second);
    if (wrong !== null) return this.#refuse(protocolError(wrong));
    const opcode = first & 0x0f;
    if (opcode >= OPCODE.CLOSE) return this.#takeControlFrame(opcode);

    let header = 2;
    let length = second & ~MASKED;
    if (length >= LENGTH_16) {
      header = length === LENGTH_16 ? 4 : 10;
      if (available < header) return "nothing";
      length = header === 4
        ? bytes[at + 2] << 8 | bytes[at + 3]
        : 2 ** 32 * uint32At(bytes, at + 2) + uint32At(bytes, at + 6);
      if (header === 10 && bytes[at + 2] > 127) {
        return this.#refuse(protocolError("a length has its highest bit set"));
      }
      if (length < (header === 4 ? LENGTH_16 : 2 ** 16)) {
        return this.#refuse(
          protocolError("a length is not in its shortest form"),
        );
      }
    }
    // As soon as it is announced, before anything is kept of it.
    const size = this.#size + length;
    if (size > this.#limit) {
      return this.#refuse(tooBig(
        `message of ${size} bytes is over the limit of ${this.#limit} (--maxframesize)`,
      ));
    }
    if (this.#maskBit !== 0) header += 4;
    if (available < header) return "nothing";
    if (opcode !== OPCODE.CONTINUATION) {
      if (!this.#choose(opcode === OPCODE.TEXT ? this.#text : this.#binary)) {
        return "nothing";
      }
      this.#start = this.#end = at + header;
      this.#check.begin(at + header);
    } else if (this.#fragments === MAX_FRAGMENTS) {
      return this.#refuse(
        tooBig(`a message has more than ${MAX_FRAGMENTS} fragments`),
      );
    }
    this.#fragments++;
    this.#isLast = first >= FIN;
    this.#missing = length;
    if (this.#maskBit !== 0) this.#key = keyAt(bytes, at + header - 4);
    this.#at = at + header;
    this.#takePayload();
    return null;
  }

  /** What is wrong with the first two bytes of a frame, or null. */
  #whyWrong(first: number, second: number): string | null {
    if ((first & RESERVED) !== 0) return "a reserved bit is set";
    const opcode = first & 0x0f;
    if ((opcode & 7) > OPCODE.BINARY) return `opcode ${opcode} is reserved`;
    if ((second & MASKED) !== this.#maskBit) {
      return this.#maskBit === 0
        ? "a frame is masked"
        : "a frame is not masked";
    }
    if (opcode >= OPCODE.CLOSE) {
      if (first < FIN) return "a control frame is fragmented";
      return (second & ~MASKED) > CONTROL_LIMIT
        ? "a control frame is longer than 125 bytes"
        : null;
    }
    if (opcode === OPCODE.CONTINUATION) {
      return this.#fragments > 0
        ? null
        : "a continuation has nothing to continue";
    }
    return this.#fragments > 0 ? "a message begins inside another" : null;
  }

  #takeControlFrame(opcode: number): Finding {
    const { bytes, words, end } = this.#buffer;
    const at = this.#at;
    const length = bytes[at + 1] & ~MASKED;
    const start = at + (this.#maskBit === 0 ? 2 : 6), next = start + length;
    if (next > end) return "nothing";
    // The messages before it first; nothing is changed until then.
    if (opcode === OPCODE.CLOSE && this.#list.count > 0) return "nothing";
    if (this.#maskBit !== 0) {
      unmask(bytes, words, start, next, keyAt(bytes, start - 4));
    }
    this.#at = next;
    this.payload = bytes.subarray(start, next);
    if (opcode !== OPCODE.CLOSE) {
      return opcode === OPCODE.PING ? "ping" : "pong";
    }
    const wrong = whyCloseRefused(this.payload);
    if (wrong !== null) return this.#refuse(wrong);
    this.#isClosed = true;
    return "close";
  }

  /** Makes a list the one that messages are added to. False if another has messages that must be handed out first, or this has enough. */
  #choose(list: MessageList): boolean {
    if (this.#list !== list) {
      if (this.#list.count > 0) return false;
      this.#list.clear();
      this.#list = list;
      list.begin(this.#buffer.bytes);
    }
    return list.count < MAX_BATCH;
  }

  /** As much of the frame under way as has come. */
  #takePayload(): void {
    const { bytes, words, end } = this.#buffer;
    const count = Math.min(this.#missing, end - this.#at);
    const from = this.#at, start = this.#end;
    // Behind what came in the frames before, without the header in between.
    if (from !== start) bytes.copyWithin(start, from, from + count);
    this.#at += count;
    this.#end += count;
    this.#missing -= count;
    let isAscii = false;
    if (this.#maskBit !== 0) {
      isAscii = unmask(bytes, words, start, this.#end, this.#key) === 0;
      this.#key = rotateKey(this.#key, count);
    }
    if (this.#list.type === "text") {
      const check = this.#check;
      if (
        !check.take(bytes, start, this.#end, isAscii) ||
        this.#missing === 0 && this.#isLast && !check.isWhole(this.#end)
      ) {
        this.violation = notUtf8();
        return;
      }
    }
    if (this.#missing > 0 || !this.#isLast) return;
    this.#list.add(this.#start, this.#end);
    this.#fragments = 0;
  }

  /** Moves what has not been looked at right behind the message under way, so that headers in between take no memory. */
  #closeGap(): void {
    const { bytes, end } = this.#buffer;
    const gap = this.#at - this.#end;
    if (gap === 0) return;
    bytes.copyWithin(this.#end, this.#at, end);
    this.#buffer.end -= gap;
    this.#at -= gap;
  }

  /** Drops all that has come, and so makes room that never grows. */
  #forget(): void {
    this.#fragments = this.#missing = 0;
    this.#at = this.#buffer.end;
  }

  #refuse(violation: Violation): Finding {
    this.violation = violation;
    return "violation";
  }
}

function notUtf8(): Violation {
  return invalidData("a text message is not UTF-8");
}

/** A masking key as `unmask` takes it. */
function keyAt(bytes: Uint8Array, at: number): number {
  return bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 |
    bytes[at + 3] << 24;
}

function uint32At(bytes: Uint8Array, at: number): number {
  const signed = bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 |
    bytes[at + 3];
  return signed >>> 0;
}
