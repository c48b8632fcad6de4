/**
 * Whether a program that several servers share runs on this one.
 *
 * @module
 */
import type { Batch } from "../framing/batch.ts";
import { OutputLog } from "../framing/output_log.ts";
import type { RelayedHub, RelayedProgram } from "../relay/relayed_program.ts";
import type { Ended } from "./seat_connection.ts";

/** How long one that has just begun to lead waits to hear of clients elsewhere, in milliseconds. */
const HEAR_MS = 3000;

/** Takes part in a program, as soon as that can be. Null if it never will. */
export type JoinRelay = (
  hub: RelayedHub<Ended>,
) => Promise<RelayedProgram<Ended> | null>;

/** What it needs of the hub. */
export interface LeadingHub {
  /** What is sent to the clients here. */
  log: OutputLog;
  /** Begins another log, behind the one there is. */
  beginLog(log: OutputLog): void;
  /** Appends messages of a program that runs elsewhere. */
  appendRemote(batch: Batch): void;
  /** Gives the program that runs here what a client here or elsewhere has sent. Never rejects. */
  writeToProgram(client: string, batch: Batch): Promise<void>;
  /** A client elsewhere has left: what the program has not taken of it is kept up to a limit. */
  forgetInput(client: string): void;
  /** Others have been sent some of the log. */
  moved(): void;
  /** The program that runs here has to be gone within so many milliseconds: another server runs it. */
  yieldProgram(endMs: number): void;
}

/** The part that one server has in a program: it leads, or follows. */
export class Leadership implements RelayedHub<Ended> {
  /** Settles when it is known what the program has printed before, whoever leads. */
  readonly ready: Promise<void>;
  readonly #hub: LeadingHub;
  readonly #program: Promise<RelayedProgram<Ended> | null>;
  readonly #ready = Promise.withResolvers<void>();
  #joined: RelayedProgram<Ended> | null = null;
  /** Settles when the program is to run here (null), or never is. */
  #turn = Promise.withResolvers<Ended | null>();
  #isTurn = false;
  #isStopped = false;
  /** Those who wait for messages to be taken by the program that runs here, or not. */
  readonly #taking = new Set<(isTaken: boolean) => void>();
  #since = 0;

  /** Begins to take part. */
  constructor(hub: LeadingHub, join: JoinRelay) {
    this.#hub = hub;
    this.ready = this.#ready.promise;
    this.#program = join(this).then((program) => this.#joined = program);
  }

  /** What is sent to the clients here. */
  get log(): OutputLog {
    return this.#hub.log;
  }

  /** Whether the program is to run here. */
  get leads(): boolean {
    return this.#isTurn;
  }

  /** Whether clients of other servers need the program that runs here. */
  get isNeededElsewhere(): boolean {
    if (!this.#isTurn || this.#joined === null) return false;
    return this.#joined.clientsElsewhere > 0 ||
      performance.now() - this.#since < HEAR_MS;
  }

  /** Number of the oldest message here that other servers have not been sent; infinite if there is nobody to send to. */
  get unpublished(): number {
    return this.#joined?.published ?? Infinity;
  }

  /** Waits until the program is to run here: null, or how it has ended elsewhere. Never rejects. */
  turn(): Promise<Ended | null> {
    return this.#turn.promise;
  }

  /** The program is not to run here, or no more. */
  stop(ended: Ended): void {
    this.#isStopped = true;
    this.#takeNoMore();
    this.#turn.resolve(ended);
    this.#ready.resolve();
  }

  /** The log of the program that runs here has grown. */
  grown(): void {
    void this.#joined?.publish();
  }

  /** Passes on what a client here has sent, to wherever the program runs. Never rejects. */
  async write(seat: string, batch: Batch): Promise<void> {
    await (await this.#program)?.write(seat, batch);
  }

  /** Says how many clients are here. */
  count(clients: number): void {
    void this.#program.then((program) => program?.setClients(clients));
  }

  /** A client of this server is gone. */
  forget(seat: string): void {
    this.#joined?.forget(seat);
  }

  /** Takes no part any more: others may run the program. The program that ran here has to be gone. Never rejects. */
  async close(ended: Ended | null): Promise<void> {
    const program = this.#joined;
    if (program === null) {
      // There is nobody to be told, and that may never change.
      return void this.#program.then((late) => late?.close());
    }
    if (ended !== null && program.leads) await program.publishEnd(ended);
    await program.close();
  }

  lead(): void {
    this.#hub.beginLog(new OutputLog(crypto.randomUUID()));
    this.#isTurn = true;
    this.#since = performance.now();
    this.#turn.resolve(null);
    this.#ready.resolve();
  }

  follow(endMs: number): void {
    this.#takeNoMore();
    this.#isTurn = false;
    this.#turn = Promise.withResolvers();
    this.#hub.yieldProgram(endMs);
  }

  begin(epoch: string, next: number): void {
    this.#hub.beginLog(new OutputLog(epoch, next));
  }

  append(batch: Batch): void {
    this.#hub.appendRemote(batch);
  }

  caughtUp(): void {
    this.#ready.resolve();
  }

  moved(): void {
    this.#hub.moved();
  }

  ended(end: Ended): void {
    this.#turn.resolve(end);
  }

  take(seat: string, batch: Batch): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    if (!this.#isTurn || this.#isStopped) resolve(false);
    else {
      this.#taking.add(resolve);
      void this.#hub.writeToProgram(seat, batch).then(() => {
        this.#taking.delete(resolve);
        resolve(true);
      });
    }
    return promise;
  }

  left(seat: string): void {
    this.#hub.forgetInput(seat);
  }

  /** The program that runs here is about to end: what it has not taken is for the next one, wherever that runs. */
  #takeNoMore(): void {
    for (const resolve of this.#taking) resolve(false);
    this.#taking.clear();
  }
}
