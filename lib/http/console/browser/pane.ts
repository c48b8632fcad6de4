import { BufferMeter } from "./buffer_meter.ts";
import { CodePanel } from "./code_panel.ts";
import { Composer } from "./composer.ts";
import { Connection, type ConnectionReader } from "./connection.ts";
import type { Data, Entry } from "./entry.ts";
import { LogPanel } from "./log_panel.ts";
import { part } from "./part.ts";
import type { ReadyState } from "./ready_state.ts";
import { StatePanel } from "./state_panel.ts";

/** What a pane tells the page. */
export interface PaneReader {
  /** A connection is about to be opened. */
  connecting(pane: Pane): void;
  /** The state of its connection, or its address, may be another one. */
  changed(pane: Pane): void;
  /** The user wants it gone. */
  removed(pane: Pane): void;
}

/** One connection on the page, with its log and its controls. */
export class Pane implements ConnectionReader {
  readonly element: HTMLElement;
  readonly log: LogPanel;
  readonly #reader: PaneReader;
  readonly #connection = new Connection(this);
  readonly #url: HTMLInputElement;
  readonly #protocols: HTMLInputElement;
  readonly #composer: Composer;
  readonly #state: StatePanel;
  readonly #meter: BufferMeter;
  readonly #code: CodePanel;

  /** @param element The pane's part of the page, new. */
  constructor(element: HTMLElement, reader: PaneReader) {
    this.element = element;
    this.#reader = reader;
    this.#url = part(element, "url", HTMLInputElement);
    this.#protocols = part(element, "protocols", HTMLInputElement);
    this.#state = new StatePanel(element, this.#connection);
    this.#meter = new BufferMeter(element, this.#connection);
    this.#code = new CodePanel(element);
    this.log = new LogPanel(element, () => this.#state.count());
    this.#composer = new Composer(element, (data) => this.#send(data));
    this.#listen();
    this.#state.show();
  }

  /** The address in the box. */
  get url(): string {
    return this.#url.value;
  }

  set url(url: string) {
    this.#url.value = url;
    this.#offer();
  }

  /** The subprotocols in the box. */
  get protocols(): string {
    return this.#protocols.value;
  }

  set protocols(protocols: string) {
    this.#protocols.value = protocols;
    this.#offer();
  }

  get readyState(): ReadyState | null {
    return this.#connection.readyState;
  }

  /** Whether the last end was a failure. */
  get hasFailed(): boolean {
    return this.#connection.hasFailed;
  }

  happened(entry: Entry): void {
    this.log.add(entry);
  }

  changed(): void {
    this.#state.show();
    this.#meter.look();
    this.#reader.changed(this);
  }

  /** Connects, or ends the connection or the wait for one, as the button says. */
  toggle(): void {
    const { isLive, isWaiting } = this.#connection;
    if (isLive || isWaiting) this.#close();
    else this.#open();
  }

  /** Ends the connection for good. */
  end(): void {
    this.#connection.reconnects = false;
    this.#connection.close();
  }

  focusUrl(): void {
    this.#url.focus();
    this.#url.select();
  }

  focusMessage(): void {
    this.#composer.focus();
  }

  #listen(): void {
    const { element } = this;
    part(element, "opening", HTMLFormElement)
      .addEventListener("submit", (event) => {
        event.preventDefault();
        this.toggle();
      });
    part(element, "closing", HTMLFormElement)
      .addEventListener("submit", (event) => {
        event.preventDefault();
        this.#close();
      });
    part(element, "remove", HTMLButtonElement)
      .addEventListener("click", () => this.#reader.removed(this));
    this.#url.addEventListener("input", () => this.#offer());
    for (const box of [this.#url, this.#protocols]) {
      box.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.isComposing) return;
        event.preventDefault();
        this.#open();
      });
    }
    this.#protocols.addEventListener("input", () => this.#offer());
    const reconnects = part(element, "reconnects", HTMLInputElement);
    reconnects.addEventListener("change", () => {
      this.#connection.reconnects = reconnects.checked;
      if (this.#connection.isWaiting) this.#connection.close();
    });
    const binaryType = part(element, "binary-type", HTMLSelectElement);
    binaryType.addEventListener("change", () => {
      this.#connection.binaryType = binaryType.value as BinaryType;
      if (this.#connection.isLive) {
        this.#code.binaryTypeSet(this.#connection.binaryType);
      } else this.#offer();
    });
    const inspect = part(element, "inspect", HTMLButtonElement);
    inspect.addEventListener("click", () => {
      const shown = element.classList.toggle("inspected");
      inspect.ariaExpanded = String(shown);
    });
  }

  /** Shows the code for what is in the boxes, as long as there is no connection. */
  #offer(): void {
    if (!this.#connection.isLive) {
      this.#code.opens(this.url, this.#offered(), this.#connection);
    }
    this.#reader.changed(this);
  }

  /** Connects to what is in the boxes, in place of the connection there may be. */
  #open(): void {
    this.#reader.connecting(this);
    this.#code.opens(this.url, this.#offered(), this.#connection);
    this.#connection.open(this.url, this.#offered());
  }

  #close(): void {
    const code = part(this.element, "close-code", HTMLInputElement).value;
    const reason = part(this.element, "close-reason", HTMLInputElement).value;
    // A reason cannot go without a code.
    const number = code !== ""
      ? Number(code)
      : reason !== ""
      ? 1000
      : undefined;
    if (this.#connection.isLive) this.#code.closed(number, reason);
    this.#connection.close(number, reason);
  }

  #send(data: Data): boolean {
    if (!this.#connection.isLive) {
      part(this.element, "problem", HTMLElement).textContent =
        "There is no connection to send it on: connect first";
      return false;
    }
    const sent = this.#connection.send(data);
    if (sent) this.#code.sent(data);
    this.#meter.look();
    return sent;
  }

  #offered(): string[] {
    return this.#protocols.value.split(",").map((name) => name.trim())
      .filter((name) => name !== "");
  }
}
