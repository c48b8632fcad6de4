/**
 * Where in the output of a program a client begins, or goes on.
 *
 * @module
 */
import type { OutputLog } from "../framing/output_log.ts";

/** Where a client that joins begins. Default: with the history. */
export interface JoinPoint {
  /** So many of the newest messages of the history. */
  readonly tail?: number;
  /** With the message of this number, if the history has it. */
  readonly since?: number;
}

/** A place in a numbering of output. */
export interface LogPlace {
  readonly output: number;
  readonly epoch: string;
}

/** How much of the output is kept for whoever joins. */
export interface HistoryOptions {
  /** Messages. */
  readonly history: number;
  /** The same, as bytes of payload; counts if it is more than 0. */
  readonly historyBytes: number;
}

/** The newest messages of a program's output, which who joins gets first. */
export class History {
  readonly #source: { readonly log: OutputLog };
  readonly #options: HistoryOptions;

  /** @param source What has the output: another log, once another server runs the program. */
  constructor(source: { readonly log: OutputLog }, options: HistoryOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** Number of its oldest message. */
  get start(): number {
    const { history, historyBytes } = this.#options;
    const { log } = this.#source;
    if (historyBytes > 0) return log.withinBytes(historyBytes);
    return Math.max(log.first, log.next - history);
  }

  /** Number of the first message for a client that joins. */
  beginning({ tail, since }: JoinPoint): number {
    const { next } = this.#source.log;
    const { start } = this;
    if (since !== undefined) return Math.min(Math.max(start, since), next);
    return tail === undefined ? start : Math.max(start, next - tail);
  }

  /** Where a client goes on that was at a place: there, or with the oldest message that is kept. `lost` are those between; null if it was in another numbering. */
  placeOf(
    { output, epoch }: LogPlace,
  ): { readonly from: number; readonly lost: number | null } {
    const { log } = this.#source;
    if (epoch !== log.epoch || output > log.next) {
      return { from: this.start, lost: null };
    }
    const from = Math.max(output, log.first);
    return { from, lost: from - output };
  }
}
