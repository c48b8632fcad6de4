/**
 * Compressed messages become messages (RFC 7692 §7.2.2).
 *
 * @module
 */
import type { MessageType } from "../../framing/batch.ts";
import { MessageList } from "../../framing/message_list.ts";
import type { Compression } from "./deflate_offer.ts";
import { freeMemory } from "./free_memory.ts";
import { TextCheck } from "./text_check.ts";
import {
  invalidData,
  notUtf8,
  overLimit,
  tooBig,
  type Violation,
} from "./violation.ts";
import { ZlibStream } from "./zlib_stream.ts";

/** What a sender leaves out at the end of each message. */
const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff);
/** Memory to begin with. */
const FIRST_ROOM = 1 << 12;
/** Messages handed out together have about so many bytes: a few that come in one packet can be a thousand times as large. */
const ENOUGH = 1 << 14;
/** Reserved at once for a big message. Untouched pages cost nothing. */
const RESERVE = 1 << 26; // 64 MiB
/** Bytes in front of each message that whoever has it may overwrite, as those of a {@linkcode FrameReader}. */
const LEAD = 4;

const NO_BYTES = new Uint8Array(0);

/** Decompresses what comes, as it comes, so that only what comes of it takes memory. */
export class Inflater {
  /** Messages that are whole, of one type. */
  list: MessageList = new MessageList("text");

  readonly #compression: Compression;
  readonly #limit: number;
  readonly #lists = { text: this.list, binary: new MessageList("binary") };
  readonly #check = new TextCheck();
  #zlib: ZlibStream | null = null;
  /** Whether the message under way has any payload. */
  #hasInput = false;
  #bytes: Uint8Array = NO_BYTES;
  /** The message under way is what lies between these; or the end of the one before. */
  #start = 0;
  #end = 0;

  /** @param limit Bytes that a message may have when it is decompressed. */
  constructor(compression: Compression, limit: number) {
    this.#compression = compression;
    this.#limit = limit;
  }

  /** Whether a message of this type can be added to those in the list. */
  accepts(type: MessageType): boolean {
    return this.list.count === 0 ||
      this.list.type === type && this.#end < ENOUGH;
  }

  /** Begins a message. */
  begin(type: MessageType): void {
    if (this.list.type !== type) {
      this.list.clear();
      this.list = this.#lists[type];
      this.list.clear();
    }
    this.#start = this.#end += LEAD;
    this.#hasInput = false;
    this.#check.begin(this.#start);
  }

  /** Goes on with it. Returns what is wrong, if anything is. */
  push(input: Uint8Array, start: number, end: number): Violation | null {
    if (start === end) return null;
    this.#hasInput = true;
    this.#zlib ??= new ZlibStream("decompress", this.#compression.windowBits);
    for (;;) {
      if (this.#end >= this.#bytes.length && !this.#grow()) {
        return tooBig("no memory is left for this message");
      }
      const zlib = this.#zlib, from = this.#end;
      const { used, made } = zlib.run(input, start, end, this.#bytes, from);
      if (zlib.error !== null) return corrupt();
      start += used;
      this.#end += made;
      const size = this.#end - this.#start;
      // How much larger it would have become is not looked at.
      if (size > this.#limit) return overLimit(size, this.#limit);
      if (
        this.list.type === "text" &&
        !this.#check.take(this.#bytes, from, this.#end, false)
      ) return notUtf8();
      if (this.#end === this.#bytes.length) continue;
      if (start === end) return null;
      // There is input and there is room: a last block has ended, which need not be the end of the message (RFC 7692 §7.2.3.4).
      zlib.reset();
    }
  }

  /** Ends it, and adds it to the list. Returns what is wrong, if anything is. */
  end(): Violation | null {
    // Without any payload nothing was left out of it either.
    if (this.#hasInput && !this.#takeTail()) return corrupt();
    if (this.list.type === "text" && !this.#check.isWhole(this.#end)) {
      return notUtf8();
    }
    this.list.bytes = this.#bytes;
    this.list.add(this.#start, this.#end);
    this.#start = this.#end;
    if (!this.#compression.takeover) this.#zlib?.reset();
    return null;
  }

  /** Gives zlib what the sender has left out. False if the message ends where none can. */
  #takeTail(): boolean {
    const zlib = this.#zlib!;
    const { used, made } = zlib.run(
      TAIL,
      0,
      TAIL.length,
      this.#bytes,
      this.#end,
    );
    // All that follows from the message has been written; in the middle of a block, this would be taken for more of it, and so would the next message.
    if (zlib.error !== null || made > 0) return false;
    // A last block that has no empty one behind it, as there should be (RFC 7692 §7.2.1).
    if (used < TAIL.length) zlib.reset();
    return true;
  }

  /** Forgets the messages in the list. One that is under way goes on. */
  startBatch(): void {
    const size = this.#end - this.#start, by = this.#start - LEAD;
    this.list.clear();
    if (size > 0) this.#bytes.copyWithin(LEAD, this.#start, this.#end);
    else if (this.#bytes.length > FIRST_ROOM) this.release();
    this.#check.shift(by);
    this.#start = LEAD;
    this.#end = LEAD + size;
  }

  /** Gives the memory back. Nothing may be called after this. */
  close(): void {
    this.#zlib?.close();
  }

  /** Gives the memory of messages back at once. Nobody may hold the list any more. */
  release(): void {
    freeMemory(this.#bytes);
    this.#bytes = NO_BYTES;
  }

  #grow(): boolean {
    const before = this.#bytes, { length } = before;
    // One more than can be right, to see that it is wrong.
    const most = this.#start + this.#limit + 1;
    const wanted = length < 1 << 16
      ? Math.max(FIRST_ROOM, 4 * length)
      : Math.max(RESERVE, 2 * length);
    try {
      const grown = new Uint8Array(Math.min(most, wanted));
      grown.set(before);
      this.#bytes = grown;
      if (this.list.count > 0) this.list.bytes = grown;
      freeMemory(before);
      return true;
    } catch {
      return false;
    }
  }
}

function corrupt(): Violation {
  return invalidData("a compressed message is corrupt");
}
