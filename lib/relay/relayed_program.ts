/**
 * One program for the clients of several servers.
 *
 * Of the servers that have clients for a key, the one with the lease leads: it
 * runs the program, and publishes what that prints. The others follow: they
 * have the same log of numbered messages, and pass on what their clients send.
 * A follower that has missed something asks the leader for it.
 *
 * @module
 */
import { builtin } from "../builtin.ts";
import type { Batch } from "../framing/batch.ts";
import { partOf } from "../framing/part_of.ts";
import { type Broker, LEASE_MS, type Mail } from "./broker.ts";
import { InputReceiver } from "./input_receiver.ts";
import { type InputFacts, InputSender } from "./input_sender.ts";
import { Lease } from "./lease.ts";
import {
  openParcel,
  packParcel,
  ParcelCutter,
  ParcelJoiner,
} from "./parcel.ts";

/** How often a leader says that it is there and how far it is, and a follower how many clients it has, in milliseconds. */
const ALIVE_MS = 1000;
/** For how long a server counts that was not heard of, in milliseconds. */
const THERE_MS = 3 * ALIVE_MS;
/** How often a follower asks the leader for what it has not got, at most, in milliseconds. */
const FETCH_MS = 500;
/** Bytes of messages that are published together. */
const TOGETHER = 1 << 18;

/** Numbered messages of one run of a program, as far as they are kept. */
export interface RelayLog {
  /** Names the run. */
  readonly epoch: string;
  /** Number of the oldest message kept. */
  readonly first: number;
  /** Number of the message to come. */
  readonly next: number;
  /** Some messages from a number on, at least one if there is one. */
  read(from: number, maxBytes: number): Batch;
}

/** What a relay needs of the hub whose program it shares. */
export interface RelayedHub<End> {
  /** What has been published or received so far. */
  readonly log: RelayLog;
  /** From now on the program runs here. */
  lead(): void;
  /** From now on the program runs elsewhere: if it runs here, it has to be gone within so many milliseconds. */
  follow(endMs: number): void;
  /** Following: what comes next belongs to this run and has this number. Those in between are lost. */
  begin(epoch: string, next: number): void;
  /** Following: the next messages. They are valid during the call. */
  append(batch: Batch): void;
  /** Following: there is nothing more to come of what was printed before. */
  caughtUp(): void;
  /** Following: the program has ended, and is not started again. */
  ended(end: End): void;
  /** Leading: some of the log has been published. */
  moved(): void;
  /** Leading: messages of any client, in order. Resolves when the program has taken them, with false if it never will, and another may. Never rejects. */
  take(seat: string, batch: Batch): Promise<boolean>;
  /** Leading: a client of another server has left. What waits of it need not be kept without end. */
  left(seat: string): void;
}

/** What leaders say. */
interface OutputFacts<End> {
  readonly term: number;
  readonly epoch: string;
  /** Number of the first message with it; without messages, of the one to come. */
  readonly from: number;
  /** Number of the message that the program prints next. */
  readonly next: number;
  readonly end?: End;
}

/** What followers ask for. */
interface FetchFacts {
  readonly epoch: string;
  readonly from: number;
  readonly to: string;
}

/** How many clients a follower has. */
interface HereFacts {
  readonly server: string;
  readonly clients: number;
}

/** A program of one key, as this server has part in it. */
export class RelayedProgram<End> {
  readonly #broker: Broker;
  readonly #server: string;
  readonly #hub: RelayedHub<End>;
  /** What the subjects of this program begin with. */
  readonly subject: string;
  readonly #inbox: string;
  readonly #lease: Lease;
  readonly #cutter: ParcelCutter;
  readonly #unlisten: (() => void)[] = [];
  readonly #timer: ReturnType<typeof setInterval>;
  /** Other servers with clients of this key: how many, and when they said so. */
  readonly #others = new Map<string, { clients: number; at: number }>();
  readonly #sender: InputSender;
  readonly #receiver: InputReceiver;
  #clients = 0;
  /** Ours while leading, else the highest heard of. */
  #term = 0;
  #heardAt = -Infinity;
  /** Number of the message to publish next. */
  #published = 0;
  #publishing: Promise<void> | null = null;
  #fetchedAt = -Infinity;
  /** How the program has ended for good, while leading. */
  #end: End | undefined;
  #isClosed = false;

  /**
   * Begins to take part.
   *
   * @param key What the clients have in common; any text.
   * @param server Names this server among the others.
   */
  constructor(
    broker: Broker,
    key: string,
    server: string,
    hub: RelayedHub<End>,
  ) {
    this.#broker = broker;
    this.#server = server;
    this.#hub = hub;
    const name = nameOf(key);
    this.subject = `${broker.prefix}.${name}`;
    this.#inbox = `${this.subject}.to.${crypto.randomUUID()}`;
    this.#cutter = new ParcelCutter(broker.maxPayload);
    const take = (seat: string, batch: Batch) => hub.take(seat, batch);
    this.#receiver = new InputReceiver(take);
    this.#sender = new InputSender(broker, this.#cutter, {
      subject: `${this.subject}.in`,
      take,
      runsHere: () => this.leads,
      isClosed: () => this.#isClosed,
    });
    // Before there is anything to be heard: what a leader says first is not to be missed.
    this.#hear("out", (bytes) => this.#follow(bytes, false));
    this.#hearAt(this.#inbox, (bytes) => this.#follow(bytes, true));
    this.#hear("here", (bytes) => this.#meet(bytes));
    this.#hear("fetch", (bytes) => this.#give(bytes));
    this.#hear("in", (bytes, mail) => this.#take(bytes, mail));
    this.#lease = new Lease(broker, name, server, {
      onGained: () => this.#lead(),
      onLost: (endMs) => hub.follow(endMs),
    });
    this.#timer = setInterval(() => this.#sayAlive(), ALIVE_MS);
    // Whoever leads says how far it is without being asked, but not at once.
    this.#fetch("");
  }

  /** Whether the program runs here. */
  get leads(): boolean {
    return this.#lease.isHeld;
  }

  /** Leading: number of the message to be published next, or null if nobody can be told at the moment. */
  get published(): number | null {
    return this.leads && this.#broker.isConnected ? this.#published : null;
  }

  /** Clients of other servers, as far as is known. */
  get clientsElsewhere(): number {
    const since = performance.now() - THERE_MS;
    let sum = 0;
    for (const { clients, at } of this.#others.values()) {
      if (at >= since) sum += clients;
    }
    return sum;
  }

  /** Says how many clients this server has for the program. */
  setClients(count: number): void {
    const wasNone = this.#clients === 0;
    this.#clients = count;
    if (wasNone !== (count === 0)) this.#sayHere();
  }

  /** Leading: the log has grown. Resolves when all of it has been published. Never rejects. */
  publish(): Promise<void> {
    return this.#publishing ??= this.#publish();
  }

  /** Leading: the program has ended for good. Resolves when the others can know. Never rejects. */
  async publishEnd(end: End): Promise<void> {
    await this.publish();
    this.#end = end;
    this.#sayAlive();
    await this.#broker.flush();
  }

  /**
   * Passes on what a client of this server has sent, after everything that it
   * has sent before. Resolves when the program has taken it, wherever that
   * runs; waits while it runs nowhere. Never rejects.
   */
  write(seat: string, batch: Batch): Promise<void> {
    return this.#sender.write(seat, batch);
  }

  /** A client of this server is gone. */
  forget(seat: string): void {
    this.#sender.forget(seat);
  }

  /** Takes no part any more. If the program ran here, another server can start it at once. Never rejects. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#clients = 0;
    this.#sayHere();
    this.#unlisten.forEach((stop) => stop());
    await this.#lease.release();
  }

  #lead(): void {
    // Larger than any before, and larger than those of whom this server has never heard.
    this.#term = Math.max(Date.now(), this.#term + 1);
    this.#receiver.clear();
    this.#published = 0;
    this.#end = undefined;
    this.#hub.lead();
  }

  async #publish(): Promise<void> {
    // So that it has not ended before it is known to be under way.
    await null;
    while (this.leads && this.#published < this.#hub.log.next) {
      const { log } = this.#hub;
      const from = Math.max(this.#published, log.first);
      const batch = log.read(from, TOGETHER);
      this.#published = from + batch.count;
      this.#send(`${this.subject}.out`, from, batch);
      // The broker's pace: what it has not taken is kept in the log, not in a queue.
      await this.#broker.flush();
      this.#hub.moved();
    }
    this.#publishing = null;
  }

  #sayAlive(): void {
    if (this.leads) {
      this.#send(`${this.subject}.out`, this.#published, null);
    } else if (this.#clients > 0) {
      this.#sayHere();
    }
  }

  #sayHere(): void {
    const facts: HereFacts = { server: this.#server, clients: this.#clients };
    this.#post(`${this.subject}.here`, packParcel(facts, null));
  }

  #send(subject: string, from: number, batch: Batch | null): void {
    const { log: { epoch, next } } = this.#hub;
    const isLast = from + (batch?.count ?? 0) === next;
    const facts: OutputFacts<End> = {
      term: this.#term,
      epoch,
      from,
      next,
      // Behind everything that was printed before.
      end: isLast ? this.#end : undefined,
    };
    this.#post(subject, packParcel(facts, batch));
  }

  #post(subject: string, parcel: Uint8Array): void {
    for (const piece of this.#cutter.cut(parcel)) {
      this.#broker.publish(subject, piece);
    }
  }

  #meet(bytes: Uint8Array): void {
    const { server, clients } = openParcel<HereFacts>(bytes)?.facts ?? {};
    if (typeof server !== "string" || typeof clients !== "number") return;
    if (server === this.#server) return;
    if (clients === 0) this.#others.delete(server);
    else this.#others.set(server, { clients, at: performance.now() });
  }

  /** Another server leads. What is said to everybody may come before an answer to this server that it builds on. */
  #follow(bytes: Uint8Array, isAnswer: boolean): void {
    const parcel = openParcel<OutputFacts<End>>(bytes);
    if (parcel === null || this.leads || this.#isClosed) return;
    const { facts: { term, epoch, from, next, end }, batch } = parcel;
    const now = performance.now();
    // One that has lost its lease without knowing. Clocks may be wrong, and then it is forgotten.
    if (term < this.#term && now - this.#heardAt < 2 * LEASE_MS) return;
    this.#term = term;
    this.#heardAt = now;
    const { log } = this.#hub;
    if (epoch !== log.epoch || from > log.next) {
      // An answer begins with the oldest that there is.
      if (!isAnswer && from > 0) return this.#fetch(epoch);
      this.#hub.begin(epoch, from);
    }
    const known = this.#hub.log.next - from;
    if (batch !== null && known < batch.count) {
      this.#hub.append(partOf(batch, Math.max(0, known)));
    }
    if (this.#hub.log.next >= next) this.#hub.caughtUp();
    if (end !== undefined) this.#hub.ended(end);
  }

  /** Asks the leader for what this server has not got. */
  #fetch(epoch: string): void {
    const now = performance.now();
    if (now - this.#fetchedAt < FETCH_MS) return;
    this.#fetchedAt = now;
    const { log } = this.#hub;
    const from = epoch === log.epoch ? log.next : 0;
    const facts: FetchFacts = { epoch, from, to: this.#inbox };
    this.#post(`${this.subject}.fetch`, packParcel(facts, null));
  }

  /** Leading: gives all that another server has not got, at once, so that what is published next goes on from there. */
  #give(bytes: Uint8Array): void {
    const facts = openParcel<FetchFacts>(bytes)?.facts;
    if (facts === undefined || !this.leads) return;
    if (!facts.to?.startsWith(`${this.subject}.to.`)) return;
    const { log } = this.#hub;
    let from = Math.max(facts.epoch === log.epoch ? facts.from : 0, log.first);
    do {
      const batch = log.read(from, TOGETHER);
      this.#send(facts.to, from, batch);
      from += batch.count;
    } while (from < log.next);
  }

  /** Leading: what a client of another server has sent. It comes again if the answer was lost or late. */
  #take(bytes: Uint8Array, mail: Mail): void {
    const parcel = openParcel<InputFacts>(bytes);
    if (parcel === null || parcel.batch === null || !this.leads) return;
    const { facts, batch } = parcel;
    this.#receiver.receive(facts, batch, mail);
    if (facts.isGone === true) this.#hub.left(facts.seat);
  }

  #hear(what: string, then: (parcel: Uint8Array, mail: Mail) => void): void {
    this.#hearAt(`${this.subject}.${what}`, then);
  }

  #hearAt(
    subject: string,
    then: (parcel: Uint8Array, mail: Mail) => void,
  ): void {
    const joiner = new ParcelJoiner();
    this.#unlisten.push(this.#broker.listen(subject, (mail) => {
      const parcel = joiner.push(mail.bytes);
      if (parcel !== null) then(parcel, mail);
    }));
  }
}

/** A key as a part of a subject: keys may be long, and hold what has a meaning there. */
function nameOf(key: string): string {
  return builtin("node:crypto").createHash("sha256").update(key).digest(
    "base64url",
  );
}
