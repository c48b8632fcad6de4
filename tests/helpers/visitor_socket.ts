/**
 * A client's WebSocket without a network, in the test's hand.
 *
 * @module
 */
import type { Batch } from "../../lib/framing/batch.ts";
import type { Segment } from "../../lib/framing/output_log.ts";
import { batchOf } from "../../lib/session/control_batch.ts";
import type { Close } from "../../lib/socket/close_codes.ts";
import type { Socket } from "../../lib/socket/socket.ts";
import { StallClock } from "../../lib/socket/stall_clock.ts";
import { eventually } from "./deadline.ts";

const DECODER = new TextDecoder();

/** A client that says and leaves what the test wants, and takes everything at once. */
export class VisitorSocket implements Socket {
  /** What it was sent. */
  readonly texts: string[] = [];
  readonly sent = { messages: 0, bytes: 0 };
  readonly received = { messages: 0, bytes: 0 };
  readonly stalls = new StallClock();
  readonly lastMessageAt = 0;
  readonly closed: Promise<Close>;
  readonly #closed = Promise.withResolvers<Close>();
  readonly #waiting: Batch[] = [];
  #isOpen = true;
  #close: Close | null = null;
  #wake: () => void = () => {};

  constructor() {
    this.closed = this.#closed.promise;
  }

  /** How it was closed by the server; null if it was not. */
  get closedBy(): Close | null {
    return this.#close;
  }

  /** It sends a message. */
  say(text: string): void {
    this.#waiting.push(batchOf("text", [text]));
    this.#wake();
  }

  /** It says goodbye. */
  leave(): void {
    this.#end({ code: 1000, reason: "", by: "client" });
  }

  /** Waits until it was sent so many messages. */
  async hears(count: number): Promise<string[]> {
    return await eventually(
      () => this.texts.length >= count && this.texts,
      () => `${count} messages, after ${this.texts.join(", ")}`,
    );
  }

  async receive(): Promise<Batch | null> {
    while (this.#isOpen && this.#waiting.length === 0) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return this.#waiting.shift() ?? null;
  }

  send({ bytes, bounds, count }: Batch): Promise<void> {
    for (let i = 0; i < 2 * count; i += 2) {
      this.texts.push(DECODER.decode(bytes.subarray(bounds[i], bounds[i + 1])));
    }
    this.sent.messages += count;
    return Promise.resolve();
  }

  sendShared(segment: Segment, from: number, until: number): Promise<void> {
    return this.send(segment.range(from, until));
  }

  close(code: number, reason: string): Promise<boolean> {
    const close: Close = { code, reason, by: "server" };
    if (this.#isOpen) this.#close = close;
    this.#end(close);
    return Promise.resolve(true);
  }

  abort(): void {
    this.#end({ code: 1006, reason: "", by: "server" });
  }

  #end(close: Close): void {
    this.#isOpen = false;
    this.#closed.resolve(close);
    this.#wake();
  }
}
