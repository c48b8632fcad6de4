/** Writes some of the bytes and tells how many, as `Deno.stdout.write` does. */
export type Write = (bytes: Uint8Array) => Promise<number>;

/** How a {@linkcode LogQueue} behaves. */
export interface LogQueueOptions {
  /** Bytes that wait at most, the ones being written included. @default {1048576} */
  readonly limit?: number;
  /** How long after a write the next line waits for others, in milliseconds: to write costs a busy server more than to make the lines. 64 KiB do not wait. @default {10} */
  readonly pauseMs?: number;
  /** The line, with its newline, that reports lost lines; an empty text for none. */
  readonly lossReport: (lines: number) => string;
}

interface Entry {
  readonly bytes: Uint8Array;
  /** Lines that are lost if these bytes are: 1, or for a report all that it reports. */
  readonly lines: number;
}

/** Bytes written at once: what a Linux pipe takes. */
const BATCH = 65536;

/** Pause before another try when the output is in non-blocking mode and full. */
const RETRY_MS = 20;

/**
 * Lines on their way out, bounded in bytes. Whoever logs never waits: a reader
 * that is stuck costs lines and nothing else, and a reader that is gone costs
 * all lines until there is one again. Lost lines are counted and reported in
 * the place where they are missing.
 */
export class LogQueue {
  readonly #write: Write;
  readonly #limit: number;
  readonly #pauseMs: number;
  readonly #lossReport: (lines: number) => string;
  readonly #entries: Entry[] = [];
  /** Bytes in `#entries` and in the batch being written. */
  #bytes = 0;
  #lost = 0;
  /** Whether the last bytes written were the first half of a line. */
  #torn = false;
  #wroteAt = -Infinity;
  /** Ends the pause before the next write. */
  #hurry = (): void => {};
  /** Settles when everything is written or lost. */
  #idle: Promise<void> | undefined;

  /** @param write Where the lines go. When it throws, the lines it was given are lost, and the next ones are tried. */
  constructor(write: Write, options: LogQueueOptions) {
    this.#write = write;
    this.#limit = options.limit ?? 1 << 20;
    this.#pauseMs = options.pauseMs ?? 10;
    this.#lossReport = options.lossReport;
  }

  /** Takes one line with its newline. Never waits, never throws. */
  push(line: string): void {
    const entries = [
      ...this.#reports(),
      { bytes: encoder.encode(line), lines: 1 },
    ];
    if (this.#bytes + sizeOf(entries) > this.#limit) {
      this.#lost++;
      return;
    }
    this.#add(entries);
    this.#idle ??= this.#run();
    if (this.#bytes >= BATCH) this.#hurry();
  }

  /**
   * Waits until everything is written, but not longer than `ms`. Never rejects.
   *
   * @param ms Longest wait, in milliseconds.
   */
  async flush(ms: number): Promise<void> {
    if (this.#idle === undefined) return;
    this.#hurry();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    // The loser is a timer that is cleared, or a write that nothing can end.
    await Promise.race([this.#idle, promise]);
    clearTimeout(timer);
  }

  /** None, or one that speaks for all lines lost so far. If it is lost itself, they count again. */
  #reports(): Entry[] {
    if (this.#lost === 0) return [];
    const bytes = encoder.encode(this.#lossReport(this.#lost));
    return [{ bytes, lines: this.#lost }];
  }

  /** Takes entries that begin with what `#reports` gave. */
  #add(entries: readonly Entry[]): void {
    this.#lost = 0;
    this.#entries.push(...entries);
    this.#bytes += sizeOf(entries);
  }

  async #run(): Promise<void> {
    await this.#pause();
    while (this.#entries.length > 0) {
      const batch = this.#take();
      const written = await this.#writeAll(batch);
      this.#settle(batch, written);
      // Not after a failure: the report would fail too, again and again.
      if (this.#entries.length === 0 && written === sizeOf(batch)) {
        this.#add(this.#reports());
      }
    }
    this.#idle = undefined;
  }

  /** Lines of one turn leave in one write, and those of a busy moment. */
  async #pause(): Promise<void> {
    const ms = this.#wroteAt + this.#pauseMs - performance.now();
    if (ms <= 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#hurry = resolve;
    await promise;
    clearTimeout(timer);
  }

  #take(): Entry[] {
    let size = 0;
    let count = 0;
    while (
      count < this.#entries.length &&
      (count === 0 || size + this.#entries[count].bytes.length <= BATCH)
    ) {
      size += this.#entries[count++].bytes.length;
    }
    return this.#entries.splice(0, count);
  }

  /** @returns How many bytes were written before something went wrong; all of them if nothing did. */
  async #writeAll(batch: readonly Entry[]): Promise<number> {
    const start = this.#torn ? NEWLINE : NOTHING;
    const bytes = concat([start, ...batch.map((entry) => entry.bytes)]);
    let written = 0;
    while (written < bytes.length) {
      const count = await this.#writeSome(bytes.subarray(written));
      if (count === 0) break;
      written += count;
    }
    this.#wroteAt = performance.now();
    if (written > 0) this.#torn = bytes[written - 1] !== NEWLINE[0];
    return Math.max(0, written - start.length);
  }

  /** @returns 0 if it cannot be written: the reader is gone, the disk is full. */
  async #writeSome(bytes: Uint8Array): Promise<number> {
    while (true) {
      try {
        return await this.#write(bytes);
      } catch (error) {
        if (!(error instanceof Deno.errors.WouldBlock)) return 0;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  #settle(batch: readonly Entry[], written: number): void {
    let end = 0;
    for (const { bytes, lines } of batch) {
      end += bytes.length;
      if (end > written) this.#lost += lines;
    }
    this.#bytes -= end;
  }
}

function sizeOf(entries: readonly Entry[]): number {
  return entries.reduce((size, { bytes }) => size + bytes.length, 0);
}

const encoder = new TextEncoder();
const NOTHING = new Uint8Array(0);
const NEWLINE = encoder.encode("\n");

function concat(parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(
    parts.reduce((size, part) => size + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
