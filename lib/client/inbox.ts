import type { ClientEvent } from "./client_event.ts";
import type { Message } from "./program.ts";

/** A message, or something to tell between two messages. */
export type Item = Message | ClientEvent;

/** What has come and was not taken. */
export interface Inbox {
  /** How many items there are. */
  readonly count: number;
  /** Size of the messages; text counts one for each UTF-16 code unit. */
  readonly size: number;
  put(item: Item): void;
  /** The next one, or undefined. */
  take(): Item | undefined;
}

/** Makes one that is empty. @param onPut Called when something has come. */
export function createInbox(onPut: () => void): Inbox {
  const items: Item[] = [];
  let taken = 0;
  let size = 0;
  return {
    get count() {
      return items.length - taken;
    },
    get size() {
      return size;
    },
    put(item): void {
      size += sizeOf(item);
      items.push(item);
      onPut();
    },
    take(): Item | undefined {
      const item = items[taken];
      if (item === undefined) return;
      size -= sizeOf(item);
      // Not each time: to shift a long array takes time for every item in it.
      if (++taken * 2 > items.length) taken -= items.splice(0, taken).length;
      return item;
    },
  };
}

/** Size of a message; an event has none. */
function sizeOf(item: Item): number {
  return (item as Message).length ?? 0;
}
