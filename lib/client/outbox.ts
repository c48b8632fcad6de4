import type { Message } from "./program.ts";

/** What a message costs the server besides its text: it counts up to 208 bytes for each, and three for each UTF-16 code unit. */
const COST = 70;

/** Messages that no connection was given, or that the server has not accepted. */
export interface Outbox {
  /** Size of the messages; text counts one for each UTF-16 code unit. */
  readonly size: number;
  put(message: Message): void;
  /** The next one to give to the connection; undefined if there is none, or if more than so much was given and not accepted. */
  give(most: number): Message | undefined;
  /** Forgets messages that were given: those below a number, or all. Returns how many. */
  forget(input?: number): number;
  /** Gives all of them again, to another connection. @param first The number of the first one. */
  restart(first: number): void;
}

export function createOutbox(): Outbox {
  const messages: Message[] = [];
  let next = 0;
  let first = 0;
  let size = 0;
  let given = 0;
  return {
    get size() {
      return size;
    },
    put(message): void {
      size += message.length;
      messages.push(message);
    },
    give(most): Message | undefined {
      if (given > most || next === messages.length) return undefined;
      given += messages[next].length + COST;
      return messages[next++];
    },
    forget(input = Infinity): number {
      const count = Math.max(0, Math.min(input - first, next));
      for (const { length } of messages.splice(0, count)) {
        size -= length;
        given -= length + COST;
      }
      first += count;
      next -= count;
      return count;
    },
    restart(number): void {
      next = given = 0;
      first = number;
    },
  };
}
