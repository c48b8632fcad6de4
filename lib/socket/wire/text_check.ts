/**
 * Whether texts are UTF-8, checked as they arrive.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import type { MessageList } from "../../framing/message_list.ts";
import { startOfCutSequence } from "../../framing/utf8.ts";

/**
 * Checks a text that grows at its end; each byte once, and up to three again.
 * A byte that no continuation could make right is found as soon as it is there.
 * RFC 6455 §8.1 would allow to wait for the end of the message.
 */
export class TextCheck {
  /** Everything before is well-formed. Behind it are at most three bytes: the beginning of a character. */
  #checked = 0;

  /** Begins with a text that starts at this index. */
  begin(start: number): void {
    this.#checked = start;
  }

  /** Says that the text now lies so many bytes nearer to the front. */
  shift(by: number): void {
    this.#checked -= by;
  }

  /**
   * Takes what came last.
   *
   * @param isAscii Whether that is known to be ASCII only, which saves looking.
   * @returns Whether all that has come can be the beginning of a text.
   */
  take(
    bytes: Uint8Array,
    start: number,
    end: number,
    isAscii: boolean,
  ): boolean {
    if (isAscii && this.#checked === start) {
      this.#checked = end;
      return true;
    }
    const cut = startOfCutSequence(bytes, this.#checked, end);
    if (!isUtf8(bytes.subarray(this.#checked, cut))) return false;
    this.#checked = cut;
    return true;
  }

  /** Whether the text can end here, not inside a character. */
  isWhole(end: number): boolean {
    return this.#checked === end;
  }
}

/**
 * Checks whole texts at once: a call for each would cost more than all else.
 * Overwrites what lies between them.
 *
 * @param from The number of the first to check.
 * @returns How many of all texts there are before the first that is not UTF-8.
 */
export function countTexts(texts: MessageList, from: number): number {
  const { bytes, bounds, count } = texts;
  if (from === count) return count;
  // In between there must be ASCII, or a text could end inside a character.
  for (let i = 2 * from + 2; i < 2 * count; i += 2) {
    for (let at = bounds[i - 1]; at < bounds[i]; at++) bytes[at] = 0;
  }
  if (isUtf8(bytes.subarray(bounds[2 * from], bounds[2 * count - 1]))) {
    return count;
  }
  let valid = from;
  while (isUtf8(bytes.subarray(bounds[2 * valid], bounds[2 * valid + 1]))) {
    valid++;
  }
  return valid;
}
