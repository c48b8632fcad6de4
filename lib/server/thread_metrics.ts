/**
 * The metrics of several threads, which are those of one server.
 *
 * @module
 */
import type { EventSink } from "../events.ts";
import { Metrics, type MetricsSource } from "../http/metrics.ts";
import type { Family } from "../http/metrics/prometheus.ts";
import type { SessionState } from "../session/sessions.ts";

/** Counts the events of all threads, and asks each how its open sessions stand. */
export class ThreadMetrics implements MetricsSource {
  /** To be given every event, of all threads in one order: those before what a thread has last said of its sessions. */
  readonly sink: EventSink;
  readonly #look: () => Promise<readonly SessionState[]>;
  readonly #metrics: Metrics;
  #states: readonly SessionState[] = [];

  /** @param look The open sessions of all threads. Must not reject. */
  constructor(look: () => Promise<readonly SessionState[]>) {
    this.#look = look;
    this.#metrics = new Metrics({ live: () => this.#states });
    this.sink = this.#metrics.sink;
  }

  async families(): Promise<readonly Family[]> {
    this.#states = await this.#look();
    return this.#metrics.families();
  }
}
