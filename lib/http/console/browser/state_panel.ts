import type { Connection, Traffic } from "./connection.ts";
import { countOf, size } from "./numbers.ts";
import { part } from "./part.ts";
import { READY_STATES } from "./ready_state.ts";

/** Sentences for `readyState`; the last end has its own. */
const SENTENCES = [
  "The handshake is on its way: an HTTP request that asks for a WebSocket.",
  "Connected. Messages go both ways.",
  "Goodbye was said; the answer is on its way.",
] as const;

/** Shows what a connection is and has: `readyState` as a track, and its properties. */
export class StatePanel {
  readonly #pane: HTMLElement;
  readonly #connection: Connection;
  readonly #outcome: HTMLElement;
  readonly #button: HTMLButtonElement;
  readonly #steps: HTMLElement[];

  constructor(pane: HTMLElement, connection: Connection) {
    this.#pane = pane;
    this.#connection = connection;
    this.#outcome = part(pane, "outcome", HTMLElement);
    this.#button = part(pane, "connect", HTMLButtonElement);
    this.#steps = [...part(pane, "track", HTMLElement).children]
      .filter((step) => step instanceof HTMLElement);
  }

  /** Shows the state as it is now. */
  show(): void {
    const {
      isLive,
      readyState,
      outcome,
      hasFailed,
      isWaiting,
      url,
      protocol,
      extensions,
    } = this.#connection;
    for (const [state, step] of this.#steps.entries()) {
      step.ariaCurrent = state === readyState ? "step" : null;
    }
    this.#pane.dataset.state = hasFailed
      ? "failed"
      : String(readyState ?? "none");
    this.#set(
      "ready-state",
      readyState === null
        ? "no WebSocket yet"
        : `${readyState} ${READY_STATES[readyState]}`,
    );
    this.#set("socket-url", url || "–");
    this.#set("protocol", JSON.stringify(protocol));
    this.#set("extensions", JSON.stringify(extensions));
    const sentence = readyState === null || readyState === WebSocket.CLOSED
      ? outcome || "Not connected. The program starts when you connect."
      : SENTENCES[readyState];
    // Only what is new: screen readers read it out.
    if (this.#outcome.textContent !== sentence) {
      this.#outcome.textContent = sentence;
    }
    this.#button.textContent = isWaiting
      ? "Stop"
      : readyState === WebSocket.CONNECTING
      ? "Cancel"
      : isLive
      ? "Disconnect"
      : "Connect";
    this.#button.classList.toggle("primary", !isLive && !isWaiting);
    this.#button.disabled = readyState === WebSocket.CLOSING;
    this.count();
  }

  /** Shows how much has gone over the connection. */
  count(): void {
    this.#set("sent", inWords(this.#connection.sent));
    this.#set("received", inWords(this.#connection.received));
  }

  #set(name: string, text: string): void {
    part(this.#pane, name, HTMLElement).textContent = text;
  }
}

function inWords({ messages, bytes }: Traffic): string {
  return `${countOf(messages, "message")}, ${size(bytes)}`;
}
