import { Deque } from "./deque.ts";
import type { Entry } from "./entry.ts";

/** What an entry costs besides its data, roughly. */
const ENTRY_BYTES = 256;

/** What a transcript tells about when it changes. */
export interface TranscriptReader {
  /** An entry was added at the end. */
  added(entry: Entry): void;
  /** The oldest entry was dropped to make room. */
  dropped(entry: Entry): void;
  /** All entries are gone. */
  cleared(): void;
}

/** Everything that happened on a connection, bounded in memory: when it is full the oldest entries make room, and are counted. */
export class Transcript {
  /** Entries that had to make room. */
  dropped = 0;
  /** Bytes it may take. */
  readonly limit: number;
  readonly #reader: TranscriptReader;
  #entries = new Deque<Entry>();
  #cost = 0;

  /** @param limit Bytes it may take; text takes two for each character. The newest entry is kept however long it is. @default {64 MiB} */
  constructor(reader: TranscriptReader, limit = 1 << 26) {
    this.#reader = reader;
    this.limit = limit;
  }

  /** Entries that are kept. */
  get length(): number {
    return this.#entries.end - this.#entries.first;
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
    this.#cost += costOf(entry);
    this.#reader.added(entry);
    while (this.#cost > this.limit && this.length > 1) {
      const oldest = this.#entries.shift()!;
      this.#cost -= costOf(oldest);
      this.dropped++;
      this.#reader.dropped(oldest);
    }
  }

  clear(): void {
    this.#entries = new Deque();
    this.#cost = 0;
    this.dropped = 0;
    this.#reader.cleared();
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.#entries[Symbol.iterator]();
  }
}

function costOf({ data }: Entry): number {
  if (data === null) return ENTRY_BYTES;
  if (typeof data === "string") return ENTRY_BYTES + 2 * data.length;
  // A file that was chosen stays on its disk.
  if (data instanceof File) return ENTRY_BYTES;
  return ENTRY_BYTES + (data instanceof Blob ? data.size : data.byteLength);
}
