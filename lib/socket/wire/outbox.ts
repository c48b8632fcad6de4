/**
 * Everything that is written to one client, in order.
 *
 * @module
 */
import { concat } from "../../concat.ts";
import type { Traffic } from "../../events.ts";
import type { Batch } from "../../framing/batch.ts";
import type { Duplex } from "./duplex.ts";
import type { Frames } from "./frame_writer.ts";
import { StallClock } from "../stall_clock.ts";
import { giveBack } from "./write_buffer.ts";

/** Control frames that may wait behind a write. RFC 6455 §5.5.3 allows to answer only the last ping. */
const MAX_WAITING = 32;

/**
 * Writes to one connection, one write at a time, each as large as can be.
 * Holds a buffer only while it writes.
 */
export class Outbox {
  readonly sent = { messages: 0, bytes: 0 };
  /** How long writes of messages took. */
  readonly stalls: StallClock = new StallClock();
  readonly #duplex: Duplex;
  readonly #frame: (batch: Batch, from: number) => Frames;
  readonly #onBroken: () => void;
  #isOpen = true;
  #isBusy = false;
  /** Those who wait for their turn; each is given it by the one before. */
  readonly #waiting: (() => void)[] = [];
  readonly #controlFrames: Uint8Array[] = [];
  #written = 0;

  /**
   * @param frame Makes frames of messages: `writeFrames`, or a deflater's.
   * @param onBroken Called once when the connection takes no more.
   */
  constructor(
    duplex: Duplex,
    frame: (batch: Batch, from: number) => Frames,
    onBroken: () => void,
  ) {
    this.#duplex = duplex;
    this.#frame = frame;
    this.#onBroken = onBroken;
  }

  /** Whether a write is under way. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Bytes the system has taken so far. */
  get written(): number {
    return this.#written;
  }

  /** Sends messages, as one write unless they are very large. Resolves when the system has taken them, or will take none any more. Never rejects. */
  async send(batch: Batch): Promise<void> {
    if (this.#isBusy) await this.#turn();
    else this.#isBusy = true;
    for (let next = 0; next < batch.count && this.#isOpen;) {
      const { buffer, next: after } = this.#frame(batch, next);
      this.stalls.begin();
      await this.#write(buffer.filled);
      if (buffer.rest !== null) await this.#write(buffer.rest);
      this.stalls.end();
      this.sent.messages += after - next;
      this.sent.bytes += buffer.payload;
      giveBack(buffer);
      next = after;
    }
    this.#pass();
  }

  /** Sends frames that are made already, in one write. Otherwise the same as {@linkcode send}. */
  async sendFrames(
    frames: Uint8Array,
    { messages, bytes }: Traffic,
  ): Promise<void> {
    if (this.#isBusy) await this.#turn();
    else this.#isBusy = true;
    if (this.#isOpen) {
      this.stalls.begin();
      await this.#write(frames);
      this.stalls.end();
      this.sent.messages += messages;
      this.sent.bytes += bytes;
    }
    this.#pass();
  }

  /** Queues a control frame. If very many wait already, the oldest is dropped: a client that sends pings and reads nothing gets no memory for it. */
  queue(frame: Uint8Array): void {
    this.#controlFrames.push(frame);
    if (this.#controlFrames.length <= MAX_WAITING) return;
    if (this.#isBusy) this.#controlFrames.shift();
    else this.flush();
  }

  /** Sends what is queued: now, or behind the write under way. */
  flush(): void {
    if (this.#isBusy || this.#controlFrames.length === 0) return;
    this.#isBusy = true;
    this.#pass();
  }

  /** Sends a last frame behind everything else; what is sent later goes nowhere. Never rejects. */
  async close(frame: Uint8Array): Promise<void> {
    if (this.#isBusy) await this.#turn();
    else this.#isBusy = true;
    await this.#write(frame);
    this.#isOpen = false;
    this.#pass();
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Passes the turn on: control frames first, but never twice in a row while others wait. */
  #pass(): void {
    if (this.#controlFrames.length === 0) return this.#passToNext();
    const frames = concat(this.#controlFrames.splice(0));
    // Cannot reject.
    void this.#write(frames).then(() => this.#passToNext());
  }

  #passToNext(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) next();
    else if (this.#controlFrames.length > 0) this.#pass();
    else this.#isBusy = false;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (!this.#isOpen) return;
    try {
      let written = await this.#duplex.write(bytes);
      this.#written += written;
      for (let at = written; at < bytes.length; at += written) {
        written = await this.#duplex.write(bytes.subarray(at));
        this.#written += written;
      }
    } catch {
      this.#isOpen = false;
      this.#onBroken();
    }
  }
}
