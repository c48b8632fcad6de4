import { type Family, numberText } from "./prometheus.ts";

/** Counts how many values were at most so large, for some sizes. */
export class Histogram {
  readonly #bounds: readonly number[];
  /** For each bound, and for what is above the last, the values that no lower bound has counted. */
  readonly #counts: number[];
  #sum = 0;

  /** @param bounds Ascending, without infinity. */
  constructor(bounds: readonly number[]) {
    this.#bounds = [...bounds, Infinity];
    this.#counts = this.#bounds.map(() => 0);
  }

  /** Counts a value. One that is no number is not counted. */
  observe(value: number): void {
    const at = this.#bounds.findIndex((bound) => value <= bound);
    if (at === -1) return;
    this.#counts[at]++;
    this.#sum += value;
  }

  /** What has been counted so far. */
  family(name: string, help: string): Family {
    let count = 0;
    const buckets = this.#bounds.map((bound, at) => ({
      suffix: "_bucket" as const,
      labels: { le: numberText(bound) },
      value: count += this.#counts[at],
    }));
    return {
      name,
      type: "histogram",
      help,
      samples: [
        ...buckets,
        { suffix: "_sum", value: this.#sum },
        { suffix: "_count", value: count },
      ],
    };
  }
}
