import type { Labels, Sample } from "./prometheus.ts";

/** Counts things by their labels. */
export class Tally {
  readonly #counts = new Map<string, { labels: Labels; value: number }>();

  /** @param expected What is shown with a 0 before it has been counted: a rise from nothing to one is none to Prometheus. */
  constructor(expected: readonly Labels[] = []) {
    for (const labels of expected) {
      this.#counts.set(JSON.stringify(labels), { labels, value: 0 });
    }
  }

  /** Counts one. The labels always have the same names in the same order. */
  add(labels: Labels): void {
    const key = JSON.stringify(labels);
    const count = this.#counts.get(key);
    if (count === undefined) this.#counts.set(key, { labels, value: 1 });
    else count.value++;
  }

  /** What has been counted so far. */
  get samples(): Sample[] {
    return Array.from(this.#counts.values(), (count) => ({ ...count }));
  }
}
