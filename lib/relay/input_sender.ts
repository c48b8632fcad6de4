/**
 * What clients of this server send to a program that may run on another.
 *
 * @module
 */
import type { Batch } from "../framing/batch.ts";
import { spare } from "../framing/payloads.ts";
import type { Broker } from "./broker.ts";
import { packParcel, type ParcelCutter } from "./parcel.ts";

/** How long an answer may take before it is asked for again, in milliseconds. */
const ANSWER_MS = 2000;
/** How long to wait before trying again when nobody leads, in milliseconds. */
const NOBODY_MS = 200;

/** What a leader answers who has been sent messages. */
export const TAKEN = 1, NOT_TAKEN = 0;

/** What comes with messages of a client, which are numbered for each client from 0 on. */
export interface InputFacts {
  readonly seat: string;
  /** Number of the first message with it. */
  readonly from: number;
  /** Whether the client has left meanwhile. */
  readonly isGone?: boolean;
}

/** Where messages go. */
export interface InputPlace {
  /** What the leader listens to. */
  readonly subject: string;
  /** Whether the program runs here. */
  runsHere(): boolean;
  /** Whether this server takes no part any more. */
  isClosed(): boolean;
  /** Leading: has the program take messages. Resolves with false if it never will, and another may. Never rejects. */
  take(seat: string, batch: Batch): Promise<boolean>;
}

/** A client of this server. */
interface Sender {
  /** Number of its next message. */
  next: number;
  /** Settles when the program has taken all before that. */
  taking: Promise<void>;
  isGone: boolean;
}

/** Asks whoever runs a program to take messages, again and again until somebody has. */
export class InputSender {
  readonly #broker: Pick<Broker, "publish" | "ask">;
  readonly #cutter: ParcelCutter;
  readonly #place: InputPlace;
  readonly #senders = new Map<string, Sender>();

  constructor(
    broker: Pick<Broker, "publish" | "ask">,
    cutter: ParcelCutter,
    place: InputPlace,
  ) {
    this.#broker = broker;
    this.#cutter = cutter;
    this.#place = place;
  }

  /**
   * Passes on what a client has sent, after everything that it has sent before.
   * Resolves when the program has taken it, wherever that runs; waits while it
   * runs nowhere. Never rejects.
   */
  write(seat: string, batch: Batch): Promise<void> {
    const sender = this.#senders.get(seat) ??
      { next: 0, taking: Promise.resolve(), isGone: false };
    this.#senders.set(seat, sender);
    const from = sender.next;
    sender.next += batch.count;
    // One at a time: of two that are asked for again, whoever runs the program next may hear the later one first.
    return sender.taking = sender.taking.then(() =>
      this.#ask(() => ({ seat, from, isGone: sender.isGone }), batch)
    );
  }

  /** A client is gone. What it has sent is passed on all the same. */
  forget(seat: string): void {
    const sender = this.#senders.get(seat);
    if (sender !== undefined) sender.isGone = true;
    this.#senders.delete(seat);
  }

  /** Asks whoever runs the program to take messages, until somebody has. */
  async #ask(facts: () => InputFacts, batch: Batch): Promise<void> {
    const place = this.#place;
    while (!place.isClosed()) {
      const isTaken = place.runsHere()
        // Whoever is asked next, if this program takes nothing, is to get the same.
        ? await place.take(facts().seat, spare(batch))
        : await this.#askElsewhere(facts(), batch);
      if (isTaken) return;
      await new Promise((resolve) => setTimeout(resolve, NOBODY_MS));
    }
  }

  async #askElsewhere(facts: InputFacts, batch: Batch): Promise<boolean> {
    const { subject } = this.#place;
    const pieces = this.#cutter.cut(packParcel(facts, batch));
    const last = pieces.pop()!;
    for (const piece of pieces) this.#broker.publish(subject, piece);
    const answer = await this.#broker.ask(subject, last, ANSWER_MS);
    return answer?.[0] === TAKEN;
  }
}
