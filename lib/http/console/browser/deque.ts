/** A list that grows at its end and shrinks at its beginning. Items keep their number, counted from 0 over all that were ever added. */
export class Deque<T> {
  #items: (T | undefined)[] = [];
  /** Place of the oldest item in `#items`; what is before it has been taken. */
  #head = 0;
  #taken = 0;

  /** Number of the oldest item. */
  get first(): number {
    return this.#taken;
  }

  /** Number that the next item gets. */
  get end(): number {
    return this.#taken + this.#items.length - this.#head;
  }

  /** Adds an item at the end. */
  push(item: T): void {
    this.#items.push(item);
  }

  /** Takes the oldest item away. */
  shift(): T | undefined {
    if (this.first === this.end) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    this.#taken++;
    // Moved together now and then: `Array.shift` would move everything each time.
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** The item of a number that is not below `first` and below `end`. */
  at(number: number): T {
    return this.#items[number - this.#taken + this.#head] as T;
  }

  /** The items from one number up to another. */
  slice(from: number, to: number): T[] {
    const start = this.#head - this.#taken;
    return this.#items.slice(from + start, to + start) as T[];
  }

  /** All items, the oldest first. */
  *[Symbol.iterator](): Generator<T, void, void> {
    for (let at = this.first; at < this.end; at++) yield this.at(at);
  }
}
