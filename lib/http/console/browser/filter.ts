import { type Direction, type Entry, textOf } from "./entry.ts";

/** Which entries to show: of all kinds or one of them. */
export type Kind = "all" | "messages" | Direction;

/**
 * A test for entries.
 *
 * @param text What has to occur in them, in upper or lower case; anything if it is empty.
 */
export function createFilter(
  kind: Kind,
  text: string,
): (entry: Entry) => boolean {
  const wanted = text.toLowerCase();
  return (entry) =>
    isOfKind(entry, kind) &&
    (wanted === "" || wordsOf(entry).toLowerCase().includes(wanted));
}

function isOfKind({ direction }: Entry, kind: Kind): boolean {
  if (kind === "all") return true;
  return kind === "messages" ? direction !== "event" : direction === kind;
}

/** Binary messages are found by the ASCII that is in them, if it is in memory. */
function wordsOf(entry: Entry): string {
  const { data } = entry;
  if (data instanceof File) return `${entry.name} ${data.name}`;
  if (data instanceof ArrayBuffer) {
    return `${entry.name} arraybuffer ${new TextDecoder().decode(data)}`;
  }
  if (data instanceof Blob) return `${entry.name} blob`;
  return `${entry.name} ${textOf(entry)}`;
}
