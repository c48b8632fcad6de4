import { startTimer } from "../shared_timer.ts";

/** Calls back when nothing has been going on for some time, once. Begins to wait when it is made. */
export class IdleLimit {
  readonly #ms: number;
  readonly #then: () => void;
  #running = 0;
  #isOver = false;
  #stopTimer = (): void => {};

  /** @param ms How long nothing may go on, in milliseconds. */
  constructor(ms: number, then: () => void) {
    this.#ms = ms;
    this.#then = then;
    this.#wait();
  }

  /** Something goes on until this settles. */
  during(action: Promise<unknown>): void {
    this.#running++;
    this.#stopTimer();
    const ended = () => {
      if (--this.#running === 0) this.#wait();
    };
    void action.then(ended, ended);
  }

  /** Never calls back. */
  stop(): void {
    this.#isOver = true;
    this.#stopTimer();
  }

  #wait(): void {
    if (!this.#isOver) this.#stopTimer = startTimer(this.#ms, this.#then);
  }
}
