import { remember, remembered } from "./storage.ts";

/** Where websocketd's own console keeps it, in the same form: what was sent there can be called up here. */
const NAME = "websocketdconsole.sendhistory";
const LONGEST = 100;
/** Longer messages are not kept: a browser gives a page a few MiB in all. */
const LONGEST_MESSAGE = 10_000;

/** Walks through what was sent from this browser, the newest first. All connections and tabs share it. */
export class SendHistory {
  /** Place of what is shown, -1 for what is being written. */
  #at = -1;
  #draft = "";

  /** Keeps a message that was sent. */
  add(message: string): void {
    this.#at = -1;
    const messages = messagesKept();
    const isNew = message !== "" && message !== messages[0];
    if (!isNew || message.length > LONGEST_MESSAGE) return;
    remember(NAME, JSON.stringify([message, ...messages].slice(0, LONGEST)));
  }

  /**
   * The message before or after the one that is shown, or null at the end.
   *
   * @param current What is shown now: kept for the way back.
   */
  step(towards: "older" | "newer", current: string): string | null {
    const messages = messagesKept();
    if (this.#at === -1) this.#draft = current;
    const at = this.#at + (towards === "older" ? 1 : -1);
    if (at < -1 || at >= messages.length) return null;
    this.#at = at;
    return at === -1 ? this.#draft : messages[at];
  }
}

function messagesKept(): string[] {
  try {
    const messages: unknown = JSON.parse(remembered(NAME) ?? "[]");
    return Array.isArray(messages)
      ? messages.filter((message) => typeof message === "string")
      : [];
  } catch {
    return [];
  }
}
