import type { Connection } from "./connection.ts";
import { size } from "./numbers.ts";
import { part } from "./part.ts";

/** Time between two looks, in milliseconds: the browser tells nobody when the number falls. */
const LOOK_MS = 40;

/** Shows how much of what was sent is still on its way: `bufferedAmount`. */
export class BufferMeter {
  readonly #connection: Connection;
  readonly #bar: HTMLProgressElement;
  readonly #number: HTMLElement;
  #timer: number | null = null;

  constructor(pane: HTMLElement, connection: Connection) {
    this.#connection = connection;
    this.#bar = part(pane, "buffered", HTMLProgressElement);
    this.#number = part(pane, "buffered-number", HTMLElement);
    this.look();
  }

  /** Looks, and goes on looking until nothing waits or nothing will go any more. */
  look(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const { bufferedAmount, readyState } = this.#connection;
    // The bar is as long as the most that has waited, so that it empties.
    if (bufferedAmount === 0) this.#bar.max = 1;
    else if (bufferedAmount > this.#bar.max) this.#bar.max = bufferedAmount;
    this.#bar.value = bufferedAmount;
    this.#number.textContent =
      bufferedAmount > 0 && readyState === WebSocket.CLOSED
        ? `${size(bufferedAmount)} never left`
        : size(bufferedAmount);
    if (bufferedAmount > 0 && readyState !== WebSocket.CLOSED) {
      this.#timer = setTimeout(() => this.look(), LOOK_MS);
    }
  }
}
