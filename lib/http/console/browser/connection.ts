import { isPassing } from "../../../client/exit.ts";
import { bytesOf, type Data, type Entry } from "./entry.ts";
import { explainClose } from "./explain_close.ts";
import type { ReadyState } from "./ready_state.ts";
import { Retries } from "./retries.ts";

const EVENTS = ["open", "message", "error", "close"] as const;

/** Who wants to know what happens on a connection. */
export interface ConnectionReader {
  /** Something happened. */
  happened(entry: Entry): void;
  /** The state may be another one. */
  changed(): void;
}

/** What went over a connection so far. */
export interface Traffic {
  messages: number;
  bytes: number;
}

/** What a `WebSocket` is made with. */
type Target = readonly [url: string, protocols: readonly string[]];

/** A `WebSocket` that tells everything that happens to it, and may be opened again and again. */
export class Connection {
  /** Whether to connect again when the connection was lost. */
  reconnects = false;
  sent: Traffic = { messages: 0, bytes: 0 };
  received: Traffic = { messages: 0, bytes: 0 };
  /** What the last end meant, in words; empty while there was none. */
  outcome = "";
  /** Whether the last end was a failure. */
  hasFailed = false;
  readonly #reader: ConnectionReader;
  #socket: WebSocket | null = null;
  #binaryType: BinaryType = "blob";
  #target: Target = ["", []];
  /** What to connect to as soon as this connection is closed. */
  #next: Target | null = null;
  #openedAt: number | null = null;
  #closedWith: number | null = null;
  readonly #retries = new Retries();

  constructor(reader: ConnectionReader) {
    this.#reader = reader;
  }

  /** Null as long as there is no `WebSocket`. */
  get readyState(): ReadyState | null {
    return this.#socket === null ? null : this.#socket.readyState as ReadyState;
  }

  /** The address as the browser understood it; empty as long as there is no `WebSocket`. */
  get url(): string {
    return this.#socket?.url ?? "";
  }

  get protocol(): string {
    return this.#socket?.protocol ?? "";
  }

  get extensions(): string {
    return this.#socket?.extensions ?? "";
  }

  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Whether there is a `WebSocket` that is not closed. */
  get isLive(): boolean {
    return this.#socket !== null &&
      this.#socket.readyState !== WebSocket.CLOSED;
  }

  /** Whether a try to connect again is about to come. */
  get isWaiting(): boolean {
    return this.#retries.isWaiting;
  }

  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  set binaryType(type: BinaryType) {
    this.#binaryType = type;
    if (this.#socket !== null) this.#socket.binaryType = type;
  }

  /** Opens a new `WebSocket`. If there is one it is closed first, and the new one waits for that. */
  open(url: string, protocols: readonly string[]): void {
    this.#retries.stop();
    this.#retries.reset();
    if (this.isLive) {
      this.close();
      this.#next = [url, protocols];
    } else this.#connect(url, protocols);
  }

  /** Sends a message. False if it was not even tried, or could not be. */
  send(data: Data): boolean {
    const socket = this.#socket;
    if (socket === null) return false;
    try {
      socket.send(data);
    } catch (error) {
      this.#failed("send", error);
      return false;
    }
    const bytes = bytesOf(data);
    const isLate = socket.readyState > WebSocket.OPEN;
    if (!isLate) {
      this.sent.messages++;
      this.sent.bytes += bytes;
    }
    this.#tell("send", {
      direction: "sent",
      data,
      bytes,
      ...(isLate && {
        words:
          "It was thrown away: a WebSocket that is closing or closed sends nothing, and does not complain.",
        isFailure: true,
      }),
    });
    this.#reader.changed();
    return !isLate;
  }

  /**
   * Closes the connection, or ends waiting for another try.
   *
   * @param code None if it is left out, and then the reason does not count either.
   */
  close(code?: number, reason = ""): void {
    this.#next = null;
    if (this.isWaiting) {
      this.#retries.stop();
      this.outcome = "You stopped it from connecting again.";
    }
    if (this.isLive) {
      try {
        if (code === undefined) this.#socket!.close();
        else this.#socket!.close(code, reason);
        this.#closedWith ??= code ?? 1005;
        this.#tell("close", {
          facts: code === undefined
            ? [["code", "none"]]
            : [["code", String(code)], ["reason", JSON.stringify(reason)]],
        });
      } catch (error) {
        this.#failed("close", error);
      }
    }
    this.#reader.changed();
  }

  #connect(url: string, protocols: readonly string[]): void {
    this.#socket = null;
    this.#target = [url, protocols];
    this.#openedAt = this.#closedWith = null;
    this.outcome = "";
    this.hasFailed = false;
    this.sent = { messages: 0, bytes: 0 };
    this.received = { messages: 0, bytes: 0 };
    let socket: WebSocket;
    try {
      socket = new WebSocket(url, [...protocols]);
    } catch (error) {
      this.#failed("new WebSocket", error);
      this.outcome = "The browser did not even try: see the exception.";
      this.hasFailed = true;
      this.#reader.changed();
      return;
    }
    this.#socket = socket;
    socket.binaryType = this.#binaryType;
    this.#tell("new WebSocket", {
      facts: [
        ["url", socket.url],
        ...(protocols.length === 0
          ? []
          : [["protocols", JSON.stringify(protocols)] as const]),
      ],
    });
    for (const type of EVENTS) {
      socket.addEventListener(type, (event) => this.#on(socket, event));
    }
    this.#reader.changed();
  }

  #on(socket: WebSocket, event: Event): void {
    if (event instanceof MessageEvent) return this.#onMessage(event.data);
    if (event instanceof CloseEvent) return this.#onClose(socket, event);
    if (event.type === "open") {
      this.#openedAt = performance.now();
      this.#tell("onopen", {
        facts: [
          ["protocol", JSON.stringify(socket.protocol)],
          ["extensions", JSON.stringify(socket.extensions)],
        ],
      });
    } else {
      this.#tell("onerror", {
        words:
          "The event says no more than that; the close event that follows has a code.",
        isFailure: true,
      });
    }
    this.#reader.changed();
  }

  #onMessage(data: Data): void {
    const bytes = bytesOf(data);
    this.received.messages++;
    this.received.bytes += bytes;
    this.#tell("onmessage", { direction: "received", data, bytes });
  }

  #onClose(socket: WebSocket, { code, reason, wasClean }: CloseEvent): void {
    const { words, advice, command, isFailure } = explainClose({
      code,
      reason,
      wasOpen: this.#openedAt !== null,
      closedWith: this.#closedWith,
      url: socket.url,
      origin: location.origin,
    });
    this.outcome = words;
    this.hasFailed = isFailure;
    this.#tell("onclose", {
      facts: [
        ["code", String(code)],
        ["reason", JSON.stringify(reason)],
        [
          "wasClean",
          wasClean
            ? "true (both sent a close frame)"
            : "false (no close frame came)",
        ],
      ],
      words,
      advice,
      command,
      isFailure,
    });
    if (this.reconnects && this.#closedWith === null && isPassing(code)) {
      this.#wait();
    }
    this.#reader.changed();
    const next = this.#next;
    this.#next = null;
    if (next !== null) this.#connect(...next);
  }

  #wait(): void {
    const lastedMs = performance.now() - (this.#openedAt ?? performance.now());
    const ms = this.#retries.wait(
      () => this.#connect(...this.#target),
      lastedMs,
    );
    this.outcome += ` Try ${this.#retries.count} to connect again comes in ${
      (ms / 1000).toFixed(1)
    } s.`;
  }

  #failed(call: string, error: unknown): void {
    const { name, message } = error as DOMException;
    this.#tell("exception", {
      facts: [["in", call]],
      words: `${name}: ${message}`,
      isFailure: true,
    });
  }

  #tell(name: string, what: Partial<Entry>): void {
    this.#reader.happened({
      time: performance.timeOrigin + performance.now(),
      direction: "event",
      name,
      data: null,
      bytes: 0,
      ...what,
    });
  }
}
