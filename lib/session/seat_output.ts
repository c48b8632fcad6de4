/**
 * What a client gets of what its program prints.
 *
 * @module
 */
import type { OutputAck } from "../client/protocol.ts";
import type { Batch } from "../framing/batch.ts";
import type { Framing } from "../framing/framing.ts";
import type { OutputLog } from "../framing/output_log.ts";
import type { Stretch } from "./addressed_messages.ts";
import { batchOf, controlBatch } from "./control_batch.ts";
import type { Outgoing } from "./seat_connection.ts";

/** Where the output is. */
export interface OutputSource {
  readonly log: OutputLog;
  readonly framing: Framing;
  /** How often the program was started again, and the number of its first message since. */
  readonly restart: { readonly count: number; readonly at: number };
  /** How far the messages from a number on are all for a client, or all for others. */
  stretch(from: number, client: string): Stretch;
  /** How many messages from a number on are for others only. */
  countOthers(from: number, client: string): number;
}

/** A client's place in the output, from the first connection to the last: what is sent next, and what may be asked for again. */
export class SeatOutput {
  readonly sent = { messages: 0, bytes: 0 };
  readonly #source: OutputSource;
  readonly #client: string;
  /** What the numbers are of: the source may have begun another one, which comes behind it. */
  #log: OutputLog;
  /** Number of the message to be sent next. */
  #cursor: number;
  /** What is behind this number was there before the client was: that it has to wait is no fault of the client's. */
  #joinedAt: number;
  #acknowledged: number;
  /** Restarts that the client has been told of. */
  #restarts: number;
  /** Messages left out, of which the client has not been told. */
  #leftOut = 0;
  /** Whether the next message is not the one behind the last that was sent. */
  #isSkipping = false;

  /**
   * @param client Its id.
   * @param from Number of the first message to be sent.
   */
  constructor(source: OutputSource, client: string, from: number) {
    this.#source = source;
    this.#client = client;
    this.#log = source.log;
    this.#cursor = this.#acknowledged = from;
    this.#joinedAt = source.log.next;
    this.#restarts = source.restart.count;
  }

  /** Names the numbering. */
  get epoch(): string {
    return this.#log.epoch;
  }

  /** Number of the message to be sent next. */
  get next(): number {
    return this.#cursor;
  }

  /** What waits to be sent, in bytes with 8 for each message, of the messages of the source's log below a number. */
  waiting(below = Infinity): number {
    const { log } = this.#source;
    const isBehind = this.#log !== log;
    const before = isBehind ? this.#log.costFrom(this.#cursor) : 0;
    const from = isBehind ? log.first : Math.max(this.#cursor, this.#joinedAt);
    if (from >= below) return before;
    return before + log.costFrom(from) -
      log.costFrom(Math.min(below, log.next));
  }

  /** Number of the oldest message of a log that is not sent. */
  unsentOf(log: OutputLog): number {
    return this.#log === log ? this.#cursor : log.first;
  }

  /** Number of the oldest message of a log that is not acknowledged. */
  unacknowledgedOf(log: OutputLog): number {
    return this.#log === log ? this.#acknowledged : log.first;
  }

  /** The client has everything below a number. */
  acknowledge({ output, epoch = this.epoch }: OutputAck): void {
    // It was under way when another numbering began.
    if (epoch !== this.epoch) return;
    this.#acknowledged = Math.max(
      this.#acknowledged,
      Math.min(output, this.#cursor),
    );
  }

  /** Goes back, or forward, to a number. */
  moveTo(number: number): void {
    const { log, restart } = this.#source;
    this.#log = log;
    this.#cursor = this.#acknowledged = number;
    this.#joinedAt = log.next;
    this.#isSkipping = false;
    // What comes behind a restart comes behind the word of it, which may have been lost.
    if (restart.count > 0 && number <= restart.at) {
      this.#restarts = Math.min(this.#restarts, restart.count - 1);
    }
  }

  /** Leaves out all that waits. Returns how many of the messages were for this client. */
  skip(): number {
    let messages = this.#log.next - this.#cursor;
    if (this.#log !== this.#source.log) {
      this.#changeLog();
      messages += this.#log.next - this.#cursor;
    }
    messages -= this.#source.countOthers(this.#cursor, this.#client);
    this.#cursor = this.#log.next;
    this.#leftOut += messages;
    this.#isSkipping = true;
    return messages;
  }

  /**
   * Takes the next thing to send; null if there is nothing at the moment.
   *
   * @param speaksV1 Whether the client speaks `websocketd.v1`.
   */
  take(speaksV1: boolean): Outgoing | null {
    const source = this.#source;
    for (;;) {
      const isLast = this.#log !== source.log && this.#cursor >= this.#log.next;
      if (isLast) this.#changeLog();
      const { count, at } = source.restart;
      const isStale = this.#log === source.log && this.#restarts !== count;
      if (isStale && this.#cursor >= at) {
        this.#restarts = count;
        if (speaksV1) return { note: this.#restartNote() };
        continue;
      }
      if (this.#log !== source.log) {
        return this.#takeMessages(this.#log.next, speaksV1);
      }
      const { until, isOthers } = source.stretch(this.#cursor, this.#client);
      if (this.#cursor >= until) return null;
      const end = isStale ? Math.min(until, at) : until;
      if (!isOthers) return this.#takeMessages(end, speaksV1);
      // Messages for others are counted, and not sent.
      this.#cursor = end;
      this.#isSkipping = true;
    }
  }

  /** What comes next of the log, up to a number; first the word of what was left out. */
  #takeMessages(until: number, speaksV1: boolean): Outgoing {
    if (this.#isSkipping) {
      this.#isSkipping = false;
      const note = this.#skipNote(speaksV1);
      this.#leftOut = 0;
      if (note !== null) return { note };
    }
    const from = this.#cursor;
    const segment = this.#log.segmentOf(from);
    const end = Math.min(until, segment.next);
    this.#cursor = end;
    const { bounds, first } = segment;
    this.sent.messages += end - from;
    this.sent.bytes += bounds[2 * (end - first) - 1] -
      bounds[2 * (from - first)];
    return { segment, from, until: end };
  }

  /** What the client is sent in place of messages that were left out, or are for others. Null if it gets nothing. */
  #skipNote(speaksV1: boolean): Batch | null {
    const { framing } = this.#source;
    if (speaksV1) {
      return controlBatch(framing, [{
        type: "skip",
        output: this.#cursor,
        lost: this.#leftOut,
      }]);
    }
    return this.#leftOut === 0 ? null : skipMessage(framing, this.#leftOut);
  }

  #restartNote(): Batch {
    return controlBatch(this.#source.framing, [{
      type: "epoch",
      epoch: this.epoch,
      output: this.#cursor,
    }]);
  }

  /** Goes on with the log that the source has begun, which is a restart for the client. */
  #changeLog(): void {
    this.#log = this.#source.log;
    this.#cursor = this.#acknowledged = this.#log.first;
    this.#joinedAt = this.#log.next;
    this.#isSkipping = false;
    this.#restarts = -1;
  }
}

/** Tells a client without the subprotocol that messages were left out, where it is sent lines; other framings have no room for such a word. */
function skipMessage(framing: Framing, messages: number): Batch | null {
  const text = `websocketd: ${messages} messages left out`;
  switch (framing.name) {
    case "lines":
    case "nul":
      return batchOf("text", [text]);
    case "tagged":
      return batchOf("text", [
        JSON.stringify({ stream: "websocketd", data: text }),
      ]);
    default:
      return null;
  }
}
