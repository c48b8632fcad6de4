/**
 * A client's bytes become the head of a request.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { parseFields } from "./field_lines.ts";
import { badHead, type Head, type HeadRefusal } from "./head.ts";
import {
  parseRequestLine,
  type RequestLine,
  whyNoRequest,
} from "./request_line.ts";

/** Bytes that a head may have, its empty line included. */
export const HEAD_LIMIT = 1 << 15;
/** Bytes that its first line may have; RFC 9112 §3 asks for 8000 at least, and a query of 8 KiB is not rare. */
export const REQUEST_LINE_LIMIT = 1 << 14;
/** Lines that it may have besides the first and the empty one. */
export const HEADER_LIMIT = 100;

/** What a connection begins with: room for nearly every head. */
const SMALL = 1 << 12;
/** Small buffers kept for the next connections: a fresh one costs more than a microsecond. */
const KEPT = 16;
const free: Uint8Array<ArrayBuffer>[] = [];

const CR = 13, LF = 10;

/**
 * Reads one head, whatever pieces it comes in. Lines end with CR and LF only: a
 * lone LF, which RFC 9112 §2.2 lets a server take for both, is refused, as a
 * proxy in front that reads it differently could be led to pass on a request
 * that it has not seen.
 */
export class HeadReader {
  #bytes: Uint8Array<ArrayBuffer>;
  #end = 0;
  /** Where the line begins that is not complete, and how far its end has been looked for. */
  #start = 0;
  #searched = 0;
  #requestLine: RequestLine | null = null;
  /** Where the headers begin, and how many lines of them are complete. */
  #fields = 0;
  #count = 0;

  /** @param early What has been read before; {@linkcode HEAD_LIMIT} at most. */
  constructor(early: Uint8Array = new Uint8Array(0)) {
    this.#bytes = early.length > SMALL
      ? new Uint8Array(HEAD_LIMIT)
      : free.pop() ?? new Uint8Array(SMALL);
    this.#bytes.set(early);
    this.#end = early.length;
  }

  /** Whether nothing has come so far. */
  get isEmpty(): boolean {
    return this.#end === 0;
  }

  /** Where to put what comes next, for {@linkcode filled} to look at. Never empty. */
  room(): Uint8Array {
    if (this.#end === this.#bytes.length) {
      const bytes = new Uint8Array(HEAD_LIMIT);
      bytes.set(this.#bytes);
      this.release();
      this.#bytes = bytes;
    }
    return this.#bytes.subarray(this.#end);
  }

  /** Says that so many bytes have been put into the room. Returns what {@linkcode next} does. */
  filled(count: number): Head | HeadRefusal | null {
    this.#end += count;
    return this.next();
  }

  /** The head, or why it is refused, or null if that takes more bytes. After a result nothing may be called but {@linkcode release}. */
  next(): Head | HeadRefusal | null {
    const bytes = this.#bytes, end = this.#end;
    for (;;) {
      if (this.#requestLine === null && this.#start < end) {
        const refusal = this.#whyNoRequest();
        if (refusal !== null) return refusal;
      }
      let at = this.#searched;
      while (at < end && bytes[at] !== LF) at++;
      this.#searched = at;
      const found = at < end ? this.#endOfLine(at) : this.#whyTooLong();
      if (found !== null || at === end) return found;
      this.#start = this.#searched = at + 1;
    }
  }

  /** Gives the memory back: nobody may be writing into the room any more. */
  release(): void {
    if (this.#bytes.length === SMALL && free.length < KEPT) {
      free.push(this.#bytes);
    }
    this.#bytes = new Uint8Array(0);
  }

  #whyNoRequest(): HeadRefusal | null {
    const first = this.#bytes[this.#start];
    // One empty line may come before a request (RFC 9112 §2.2).
    return first === CR && this.#start === 0 ? null : whyNoRequest(first);
  }

  #endOfLine(lf: number): Head | HeadRefusal | null {
    const cr = lf - 1, size = cr - this.#start;
    if (this.#requestLine === null && size > REQUEST_LINE_LIMIT) {
      return TOO_LONG;
    }
    if (size < 0 || this.#bytes[cr] !== CR) {
      return badHead("A line of a request ends with CR and LF");
    }
    if (this.#requestLine !== null) {
      if (size === 0) return this.#endOfHead(lf + 1);
      return ++this.#count > HEADER_LIMIT ? TOO_MANY : null;
    }
    if (size === 0) return null;
    const line = parseRequestLine(this.#text(this.#start, cr));
    if ("status" in line) return line;
    this.#requestLine = line;
    this.#fields = lf + 1;
    return null;
  }

  #whyTooLong(): HeadRefusal | null {
    if (
      this.#requestLine === null &&
      this.#end - this.#start > REQUEST_LINE_LIMIT + 1
    ) return TOO_LONG;
    return this.#end === HEAD_LIMIT ? TOO_BIG : null;
  }

  #endOfHead(size: number): Head | HeadRefusal {
    const line = this.#requestLine!;
    const lines = this.#count === 0
      ? []
      : this.#text(this.#fields, this.#start - 2).split("\r\n");
    const fields = parseFields(lines, line);
    if ("status" in fields) return fields;
    const bytes = this.#bytes.slice(0, this.#end);
    return {
      ...line,
      ...fields,
      raw: bytes.subarray(0, size),
      early: bytes.subarray(size),
    };
  }

  /** Bytes as a string of which each character is one. */
  #text(from: number, to: number): string {
    return Buffer.from(this.#bytes.buffer).toString("latin1", from, to);
  }
}

const TOO_LONG: HeadRefusal = {
  status: 414,
  message:
    `The first line of a request has at most ${REQUEST_LINE_LIMIT} bytes here`,
};
const TOO_MANY: HeadRefusal = {
  status: 431,
  message: `A request has at most ${HEADER_LIMIT} header lines here`,
};
const TOO_BIG: HeadRefusal = {
  status: 431,
  message: `The head of a request has at most ${HEAD_LIMIT} bytes here`,
};
