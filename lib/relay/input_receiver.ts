/**
 * What clients of other servers send to a program that runs here.
 *
 * @module
 */
import type { Batch } from "../framing/batch.ts";
import { partOf } from "../framing/part_of.ts";
import type { Mail } from "./broker.ts";
import { type InputFacts, NOT_TAKEN, TAKEN } from "./input_sender.ts";

/** Clients whose numbers are remembered. Who is forgotten counts as new, and that is wrong only where an answer to it was lost. */
const MOST_CLIENTS = 16_384;

/** A client of another server. */
interface Receiver {
  /** Number of its message to come. */
  next: number;
  /** Settles when the program has taken all before that, or never will. */
  taking: Promise<boolean>;
  /** Who is to be told, the last one that has asked: it asks again and again. Null if nobody waits. */
  mail: Mail | null;
}

/** Has a program take each message once, however often it comes: that is, until the answer has arrived. */
export class InputReceiver {
  readonly #take: (seat: string, batch: Batch) => Promise<boolean>;
  /** The ones that were silent longest come first. */
  readonly #receivers = new Map<string, Receiver>();

  /** @param take Has the program take messages. Resolves with false if it never will, and another may. Must not reject. */
  constructor(take: (seat: string, batch: Batch) => Promise<boolean>) {
    this.#take = take;
  }

  /** Takes messages, and answers when the program has. */
  receive({ seat, from }: InputFacts, batch: Batch, mail: Mail): void {
    const receiver = this.#receivers.get(seat) ??
      { next: from, taking: Promise.resolve(true), mail: null };
    this.#remember(seat, receiver);
    const known = receiver.next - from;
    if (known < batch.count) {
      receiver.next = from + batch.count;
      receiver.taking = receiver.taking
        .then(() => this.#take(seat, partOf(batch, Math.max(0, known))));
    }
    const isWaiting = receiver.mail !== null;
    receiver.mail = mail;
    if (!isWaiting) void this.#answer(receiver);
  }

  /** Forgets all numbers: another run of the program begins. */
  clear(): void {
    this.#receivers.clear();
  }

  /** Keeps nothing of what was asked but the last time. */
  async #answer(receiver: Receiver): Promise<void> {
    let taking: Promise<boolean>, isTaken: boolean;
    do {
      taking = receiver.taking;
      isTaken = await taking;
    } while (taking !== receiver.taking);
    receiver.mail?.respond(Uint8Array.of(isTaken ? TAKEN : NOT_TAKEN));
    receiver.mail = null;
  }

  #remember(seat: string, receiver: Receiver): void {
    this.#receivers.delete(seat);
    this.#receivers.set(seat, receiver);
    if (this.#receivers.size <= MOST_CLIENTS) return;
    const [oldest] = this.#receivers.keys();
    this.#receivers.delete(oldest);
  }
}
