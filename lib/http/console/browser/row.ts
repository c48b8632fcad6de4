/**
 * An entry of the transcript as a row on the page. Everything comes in as
 * text, never as markup.
 *
 * @module
 */
import { bytesOfData } from "./bytes_of_data.ts";
import type { Entry } from "./entry.ts";
import { hexDump } from "./hex.ts";
import { clock, size } from "./numbers.ts";
import { saveFile } from "./take_away.ts";

/** Characters, lines and bytes of a message that are shown at first, and after a click. */
const FOLDED = { characters: 2000, lines: 24, bytes: 256 } as const;
const UNFOLDED = { characters: 200_000, lines: 5000, bytes: 16_384 } as const;
type Extent = { readonly [Key in keyof typeof FOLDED]: number };

const ARROWS = { sent: "↑", received: "↓", event: "·" } as const;

/**
 * Makes the row of an entry.
 *
 * @param bytesPerRow Bytes in a row of a hex dump.
 */
export function createRow(entry: Entry, bytesPerRow: number): HTMLLIElement {
  const row = document.createElement("li");
  row.className = entry.isFailure
    ? `row ${entry.direction} failure`
    : `row ${entry.direction}`;
  const time = create("time", "time", clock(entry.time));
  const arrow = create("span", "arrow", ARROWS[entry.direction]);
  arrow.ariaHidden = "true";
  const name = create("span", "name", entry.name);
  const bytes = create(
    "span",
    "size",
    entry.data === null ? "" : size(entry.bytes),
  );
  const content = create("div", "content");
  row.append(time, arrow, name, bytes, content);
  fill(content, entry, bytesPerRow);
  return row;
}

function fill(content: HTMLElement, entry: Entry, bytesPerRow: number): void {
  const { data } = entry;
  if (typeof data === "string") content.append(...text(data, entry));
  else if (data instanceof File) {
    content.append(
      create("span", "quiet", "file "),
      create("bdi", "", data.name),
    );
  } else if (data !== null) content.append(...binary(data, entry, bytesPerRow));
  if (entry.facts && entry.facts.length > 0) content.append(facts(entry.facts));
  if (entry.words) content.append(create("p", "words", entry.words));
  if (entry.advice && entry.advice.length > 0) {
    const list = create("ul", "advice");
    list.append(...entry.advice.map(advice));
    content.append(list);
  }
  if (entry.command) content.append(create("pre", "command", entry.command));
}

/** A sentence of advice, in which the flags are set apart: they are not to be broken. */
function advice(line: string): HTMLLIElement {
  const item = create("li", "");
  item.append(
    ...line.split(/(--[a-z]+)/).map((piece) =>
      piece.startsWith("--") ? create("code", "", piece) : piece
    ),
  );
  return item;
}

function facts(pairs: NonNullable<Entry["facts"]>): HTMLElement {
  const list = create("span", "facts");
  for (const [name, value] of pairs) {
    const pair = create("span", "fact");
    pair.append(create("span", "quiet", `${name} `), create("bdi", "", value));
    list.append(pair, " ");
  }
  return list;
}

function text(data: string, entry: Entry): HTMLElement[] {
  if (data === "") return [create("span", "quiet", "empty")];
  const shown = create("span", "text", cut(data, FOLDED));
  if (shown.textContent === data) return [shown];
  return [
    shown,
    more(entry, () => {
      shown.textContent = cut(data, UNFOLDED);
      return shown.textContent === data;
    }),
  ];
}

function binary(
  data: ArrayBuffer | Blob,
  entry: Entry,
  bytesPerRow: number,
): HTMLElement[] {
  const type = create(
    "span",
    "quiet",
    data instanceof Blob ? "Blob" : "ArrayBuffer",
  );
  if (entry.bytes === 0) return [type, create("span", "quiet", " empty")];
  const hex = create("pre", "hex");
  const asText = create("span", "text");
  const label = create("span", "quiet as-text", "as text ");
  const show = async (limit: number): Promise<void> => {
    try {
      const bytes = await bytesOfData(data, limit);
      hex.textContent = hexDump(bytes, bytesPerRow);
      asText.textContent = new TextDecoder().decode(bytes);
    } catch (error) {
      hex.textContent = `Cannot be read: ${(error as Error).message}`;
    }
    hex.dispatchEvent(new Event("grown", { bubbles: true }));
  };
  void show(FOLDED.bytes);
  const parts = [type, hex, label, asText];
  if (entry.bytes <= FOLDED.bytes) return parts;
  return [
    ...parts,
    more(entry, () => {
      void show(UNFOLDED.bytes);
      return entry.bytes <= UNFOLDED.bytes;
    }),
  ];
}

/** Says that a message goes on, and offers what there is of it: more of it here once, all of it as a file. */
function more(
  { data, bytes, name }: Entry,
  unfold: () => boolean,
): HTMLElement {
  const line = create("span", "more");
  const said = create("span", "quiet", `${size(bytes)} in all `);
  const button = create("button", "small", "Show more");
  const save = create("button", "small", "Save");
  for (const each of [button, save]) each.type = "button";
  button.addEventListener("click", () => {
    if (unfold()) said.remove();
    else said.textContent = `cut here; ${size(bytes)} in all `;
    save.focus();
    button.remove();
  });
  save.addEventListener("click", () => {
    const extension = typeof data === "string" ? "txt" : "bin";
    saveFile(`${name}.${extension}`, new Blob([data!]));
  });
  line.append(said, button, " ", save);
  return line;
}

/** The beginning of a text, never half a character. */
function cut(text: string, { characters, lines }: Extent): string {
  let end = Math.min(text.length, characters);
  let at = -1;
  for (let line = 0; line < lines; line++) {
    at = text.indexOf("\n", at + 1);
    if (at === -1 || at >= end) break;
    if (line === lines - 1) end = at;
  }
  const isHalf = end < text.length && text.charCodeAt(end - 1) >>> 10 === 0x36;
  return text.slice(0, isHalf ? end - 1 : end);
}

function create<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  text = "",
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}
