/**
 * A peer's bytes become messages.
 *
 * @module
 */
import type { Batch, MessageType } from "../../framing/batch.ts";
import { MessageList } from "../../framing/message_list.ts";
import { CloseFinder } from "./close_finder.ts";
import { whyCloseRefused } from "./close_frame.ts";
import type { Compression } from "./deflate_offer.ts";
import { FrameHeader, keyAt } from "./frame_header.ts";
import { Inflater } from "./inflater.ts";
import { CONTROL_LIMIT, FIN, MASKED, OPCODE } from "./opcode.ts";
import { ReadBuffer } from "./read_buffer.ts";
import { countTexts, TextCheck } from "./text_check.ts";
import { rotateKey, unmask } from "./unmask.ts";
import {
  notUtf8,
  overLimit,
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
/** Bytes in front of a large message that whoever has it may overwrite: it can be given a length or a separator without a copy. */
export const LEAD = 4;

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
  /** How the peer may compress messages. Default: not at all. */
  readonly compression?: Compression;
}

/**
 * Takes a stream of frames apart in the memory that it was read to. Pure and
 * synchronous; one for each connection. To be used like this:
 *
 *     reader.filled(await read(reader.room()));
 *     while ((finding = reader.next()) !== "nothing") …
 *
 * What a finding points to is valid until the next call, and what lies in front
 * of a message or between two of them may be overwritten. No bytes and no order
 * of calls make it throw. The memory held is at most the limit of a message
 * and 64 KiB, or 128 KiB with compression.
 */
export class FrameReader {
  /** The body of the control frame that was found. */
  payload: Uint8Array = NO_BYTES;
  /** What the peer has done wrong, if it has. */
  violation: Violation | null = null;

  readonly #buffer: ReadBuffer;
  readonly #limit: number;
  readonly #maskBit: number;
  readonly #header: FrameHeader;
  readonly #text = new MessageList("text");
  readonly #binary = new MessageList("binary");
  readonly #check = new TextCheck();
  readonly #inflater: Inflater | null;
  /** Messages found and not yet handed out, or those handed out last. */
  #list: MessageList = this.#text;
  #handedOut = true;
  #isClosed = false;

  /** Where the first byte is that has not been looked at. */
  #at = 0;
  /** The message under way: how many of its frames have begun, their payload bytes so far, whether it goes to the inflater, and else where it lies. */
  #fragments = 0;
  #size = 0;
  #isCompressed = false;
  #start = 0;
  #end = 0;
  /** The frame of it under way: payload bytes still to come, the masking key for the next of them, and whether the message ends with it. */
  #missing = 0;
  #key = 0;
  #isLast = false;

  constructor(options: FrameReaderOptions = {}) {
    const { maxFrameSize = 1 << 20, masked = true, compression } = options;
    this.#limit = maxFrameSize > 0
      ? Math.min(maxFrameSize, MAX_MESSAGE)
      : MAX_MESSAGE;
    this.#maskBit = masked ? MASKED : 0;
    this.#header = new FrameHeader({
      masked,
      compressed: compression !== undefined,
    });
    this.#inflater = compression === undefined
      ? null
      : new Inflater(compression, this.#limit);
    // Its own memory counts, too.
    this.#buffer = new ReadBuffer(this.#inflater === null ? this.#limit : 0);
  }

  /** The messages that were found. */
  get batch(): Batch {
    return this.#list;
  }

  /** Where the next bytes are to be put. Empty only when there is no memory, which `next` then reports. */
  room(): Uint8Array {
    if (this.#isClosed || this.violation !== null) this.#forget();
    else if (this.#fragments > 0) this.#closeGap();
    const isKept = this.#fragments > 0 && !this.#isCompressed;
    const from = isKept ? Math.max(0, this.#start - LEAD) : this.#at;
    const missing = isKept ? this.#missing : 0;
    const later = missing > 0 && this.#isLast
      ? 0
      : this.#limit - (isKept ? this.#size : 0) + WAITING_ROOM;
    try {
      const room = this.#buffer.room(
        from,
        missing || WAITING_ROOM,
        missing + later,
      );
      this.#startBatch();
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
    if (this.#handedOut) this.#startBatch();
    const finding = this.#advance();
    if (
      this.#list.count === 0 || finding === "ping" || finding === "pong"
    ) return finding;
    // What ended the batch is found again with the next call.
    this.#handedOut = true;
    return "messages";
  }

  /** What looks for a close frame in the rest of the stream, and has looked at what has been read. */
  closeFinder(): CloseFinder {
    const finder = new CloseFinder(this.#missing);
    finder.push(this.#buffer.bytes.subarray(this.#at, this.#buffer.end));
    return finder;
  }

  /** Gives the memory back that is not the garbage collector's. Nothing may be called after this. */
  close(): void {
    this.#inflater?.close();
  }

  /** Gives the memory of messages back at once, behind `close`. Nobody may hold a batch any more. */
  release(): void {
    this.#buffer.release();
    this.#inflater?.release();
  }

  #startBatch(): void {
    this.#handedOut = false;
    if (this.#list === this.#inflater?.list) return this.#inflater.startBatch();
    // A connection that has been quiet holds little; nor does the array of a big message live on because a list points to it.
    if (this.#buffer.isSmall) this.#list.clear();
    this.#list.begin(this.#buffer.bytes);
  }

  #advance(): Finding {
    if (this.#missing > 0 && this.violation === null) this.#takePayload();
    while (this.violation === null) {
      if (this.#isClosed || this.#missing > 0) return "nothing";
      if (this.#fragments === 0 && this.#inflater === null) {
        this.#takeShortMessages();
      }
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
    if (!isText || (seen === 0 && maskBit !== 0)) return;
    const valid = countTexts(list, from);
    if (valid < list.count) this.violation = notUtf8();
    list.count = valid;
  }

  /** Any frame: what has come of it as soon as its header is there, a control frame when all of it is. Null if more may follow. */
  #takeFrame(): Finding | null {
    const { bytes, end } = this.#buffer;
    const header = this.#header, at = this.#at, isInside = this.#fragments > 0;
    const wrong = header.read(bytes, at, end, isInside);
    if (wrong !== null) return this.#refuse(protocolError(wrong));
    if (!header.hasLength) return "nothing";
    if (header.opcode >= OPCODE.CLOSE) return this.#takeControlFrame();

    const isCompressed = isInside ? this.#isCompressed : header.isCompressed;
    const size = header.length + (isInside ? this.#size : 0);
    // As soon as it is announced, before anything is kept of it.
    const limit = isCompressed ? compressedLimit(this.#limit) : this.#limit;
    if (size > limit) return this.#refuse(overLimit(size, limit));
    if (!header.isWhole) return "nothing";
    const start = at + header.size;
    if (!isInside) {
      const type = header.opcode === OPCODE.TEXT ? "text" : "binary";
      if (!this.#choose(type, isCompressed)) return "nothing";
      this.#isCompressed = isCompressed;
      this.#start = this.#end = start;
      this.#check.begin(start);
    } else if (this.#fragments === MAX_FRAGMENTS) {
      return this.#refuse(
        tooBig(`a message has more than ${MAX_FRAGMENTS} fragments`),
      );
    }
    this.#fragments++;
    this.#size = size;
    this.#isLast = header.isLast;
    this.#missing = header.length;
    this.#key = header.key;
    this.#at = start;
    this.#takePayload();
    return null;
  }

  #takeControlFrame(): Finding {
    const { bytes, words, end } = this.#buffer;
    const { opcode, isWhole, size, length, key } = this.#header;
    const start = this.#at + size, next = start + length;
    if (!isWhole || next > end) return "nothing";
    // The messages before it first; nothing is changed until then.
    if (opcode === OPCODE.CLOSE && this.#list.count > 0) return "nothing";
    if (this.#maskBit !== 0) unmask(bytes, words, start, next, key);
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

  /** Chooses the list that a message will be added to. False if the one before has messages that must be handed out first. */
  #choose(type: MessageType, isCompressed: boolean): boolean {
    const before = this.#list, inflater = this.#inflater;
    if (before.count === MAX_BATCH) return false;
    if (inflater !== null && isCompressed) {
      if (before === inflater.list) {
        if (!inflater.accepts(type)) return false;
      } else {
        if (before.count > 0) return false;
        before.clear();
      }
      inflater.begin(type);
      this.#list = inflater.list;
      return true;
    }
    const list = type === "text" ? this.#text : this.#binary;
    if (before === list) return true;
    if (before.count > 0) return false;
    if (before === inflater?.list) inflater.startBatch();
    else before.clear();
    this.#list = list;
    list.begin(this.#buffer.bytes);
    return true;
  }

  /** As much of the frame under way as has come. */
  #takePayload(): void {
    const from = this.#at;
    const count = Math.min(this.#missing, this.#buffer.end - from);
    this.#at += count;
    this.#missing -= count;
    const isWhole = this.#missing === 0 && this.#isLast;
    this.violation = this.#isCompressed
      ? this.#inflate(from, count, isWhole)
      : this.#keep(from, count, isWhole);
    if (isWhole) this.#fragments = 0;
  }

  /** Keeps payload where it is, right behind what came in the frames before. */
  #keep(from: number, count: number, isWhole: boolean): Violation | null {
    const { bytes } = this.#buffer;
    const start = this.#end;
    if (from !== start) bytes.copyWithin(start, from, from + count);
    this.#end += count;
    const isAscii = this.#unmask(start, count) === 0;
    if (this.#list.type === "text") {
      const check = this.#check;
      if (!check.take(bytes, start, this.#end, isAscii)) return notUtf8();
      if (isWhole && !check.isWhole(this.#end)) return notUtf8();
    }
    if (isWhole) this.#list.add(this.#start, this.#end);
    return null;
  }

  /** Gives payload to the inflater. */
  #inflate(from: number, count: number, isWhole: boolean): Violation | null {
    const inflater = this.#inflater!;
    this.#unmask(from, count);
    this.#start = this.#end = this.#at;
    return inflater.push(this.#buffer.bytes, from, from + count) ??
      (isWhole ? inflater.end() : null);
  }

  /** Unmasks payload of the frame under way. Returns 0 if it is known to be ASCII then. */
  #unmask(start: number, count: number): number {
    if (this.#maskBit === 0) return -1;
    const { bytes, words } = this.#buffer;
    const key = this.#key;
    this.#key = rotateKey(key, count);
    return unmask(bytes, words, start, start + count, key);
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

/** Payload bytes that a compressed message may have: endless ones of which nothing comes would cost no memory, but time. No sender makes one message an eighth longer. */
function compressedLimit(limit: number): number {
  return limit + (limit >> 3) + 1024;
}
