import { Deque } from "./deque.ts";
import type { Entry } from "./entry.ts";
import { createRow } from "./row.ts";

/** Rows added at once, and kept while the end is in view. Twice as many may stand on the page. */
const ROWS = 300;
/** Rows drawn when more come than can be looked at. */
const BURST = 100;
/** How much of its time the page spends on drawing while messages come in masses: one part of so many. */
const SHARE = 4;
/** Entries at once up to which a screen reader reads them out. */
const READ_OUT = 3;
/** How near to an edge counts as there, in pixels. */
const NEAR = 8;
/** Width of the list below which a hex dump has half as many bytes in a row, in pixels. */
const NARROW = 620;

/** What there is besides the rows on the page. */
export interface Folded {
  /** Entries before the first row. */
  readonly older: number;
  /** Entries after the last row. */
  readonly newer: number;
  /** Entries that have come since the page is held still. */
  readonly meanwhile: number;
  /** Whether the end is in view, and stays there. */
  readonly follows: boolean;
}

/**
 * The entries as rows on the page, a few hundred at a time: as many as come,
 * the page draws once for each frame, and only what can be seen. It stays at
 * the end until the user scrolls away.
 */
export class LogView {
  readonly #list: HTMLOListElement;
  readonly #drawn: (folded: Folded) => void;
  #entries = new Deque<Entry>();
  /** The entries that have a row: from, up to. */
  #from = 0;
  #to = 0;
  /** Number of the entry at which the page was held still, or null. */
  #pausedAt: number | null = null;
  #follows = true;
  /** Where the list was scrolled to, to stay at the end. */
  #top = 0;
  #isAsked = false;
  /** How long the last drawing took, in milliseconds. */
  #cost = 0;

  /** @param drawn Called after each change of the page. */
  constructor(list: HTMLOListElement, drawn: (folded: Folded) => void) {
    this.#list = list;
    this.#drawn = drawn;
    list.addEventListener("scroll", () => this.#scrolled());
    // What was folded and is opened should stay where it is.
    list.addEventListener("click", ({ target }) => {
      if (target instanceof HTMLButtonElement) this.#follows = false;
    });
    list.addEventListener("grown", () => this.#stay());
    new ResizeObserver(() => this.#stay()).observe(list);
  }

  get isPaused(): boolean {
    return this.#pausedAt !== null;
  }

  /** The entries, the oldest first. */
  get entries(): Entry[] {
    return this.#entries.slice(this.#entries.first, this.#entries.end);
  }

  get length(): number {
    return this.#entries.end - this.#entries.first;
  }

  /** Shows other entries. */
  replace(entries: Iterable<Entry>): void {
    this.#entries = new Deque();
    for (const entry of entries) this.#entries.push(entry);
    if (this.isPaused) this.#pausedAt = this.#entries.end;
    this.#showEnd();
  }

  /** Adds an entry at the end; it is drawn in the next frame. */
  add(entry: Entry): void {
    this.#entries.push(entry);
    this.#ask();
  }

  /** Takes the oldest entry away if it is this one. */
  drop(entry: Entry): void {
    const { first, end } = this.#entries;
    if (first === end || this.#entries.at(first) !== entry) return;
    this.#entries.shift();
    this.#ask();
  }

  /** Holds the page still, whatever comes. */
  pause(): void {
    this.#pausedAt ??= this.#entries.end;
    this.#ask();
  }

  /** Goes to the end, and stays there. */
  toEnd(): void {
    this.#pausedAt = null;
    this.#showEnd();
  }

  /** Shows entries before those on the page. */
  older(): void {
    this.#follows = false;
    const from = Math.max(this.#entries.first, this.#from - ROWS);
    const known = this.#list.firstElementChild;
    this.#list.prepend(...this.#rows(from, this.#from));
    this.#from = from;
    this.#trimEnd();
    // What is new, and below it the beginning of what is known.
    known?.scrollIntoView({ block: "center" });
    this.#tell();
  }

  /** Draws what has come since the last frame. */
  #draw(): void {
    // Read out as it comes, unless too much comes to be read out.
    const fresh = this.#entries.end - this.#to;
    this.#list.ariaLive = fresh <= READ_OUT ? "polite" : "off";
    this.#trimGone();
    if (!this.isPaused && this.#follows) this.#catchUp();
    else if (!this.isPaused) {
      this.#append(Math.min(this.#entries.end, this.#from + 2 * ROWS));
    }
    // First what may make the list smaller.
    this.#tell();
    this.#stay();
  }

  #catchUp(): void {
    const { end } = this.#entries;
    if (end - this.#to >= ROWS) {
      this.#list.replaceChildren();
      this.#from = this.#to = end - BURST;
    }
    this.#append(end);
    this.#trimStart(ROWS);
  }

  #showEnd(): void {
    this.#follows = true;
    this.#list.replaceChildren();
    this.#to = this.#entries.end;
    this.#from = Math.max(this.#entries.first, this.#to - ROWS);
    this.#list.append(...this.#rows(this.#from, this.#to));
    this.#tell();
    this.#stay();
  }

  #append(to: number): void {
    if (to <= this.#to) return;
    this.#list.append(...this.#rows(this.#to, to));
    this.#to = to;
  }

  #rows(from: number, to: number): HTMLLIElement[] {
    const perRow = this.#list.clientWidth < NARROW ? 8 : 16;
    return this.#entries.slice(from, to).map((entry) =>
      createRow(entry, perRow)
    );
  }

  /** Removes the rows of entries that have been dropped. */
  #trimGone(): void {
    const { first } = this.#entries;
    if (this.#to < first) {
      this.#list.replaceChildren();
      this.#from = this.#to = first;
      return;
    }
    this.#trimStart(this.#to - first);
  }

  /** Leaves so many rows at the end. */
  #trimStart(rows: number): void {
    while (this.#to - this.#from > rows) {
      this.#list.firstElementChild?.remove();
      this.#from++;
    }
  }

  #trimEnd(): void {
    while (this.#to - this.#from > 2 * ROWS) {
      this.#list.lastElementChild?.remove();
      this.#to--;
    }
  }

  #scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#list;
    const isAtEnd = scrollHeight - clientHeight - scrollTop < NEAR;
    // It was not the user if the list shrank, or what is above has grown.
    if (this.#follows && (isAtEnd || scrollTop >= this.#top)) return;
    if (isAtEnd && !this.isPaused && this.#to < this.#entries.end) {
      this.#append(Math.min(this.#entries.end, this.#to + ROWS));
      this.#trimStart(2 * ROWS);
    }
    this.#follows = isAtEnd && this.#to === this.#entries.end;
    this.#tell();
  }

  /** Keeps the end in view when what is above has grown, or the window has shrunk. */
  #stay(): void {
    if (!this.#follows) return;
    this.#list.scrollTop = this.#list.scrollHeight;
    this.#top = this.#list.scrollTop;
  }

  #tell(): void {
    const { first, end } = this.#entries;
    this.#drawn({
      older: this.#from - first,
      newer: end - this.#to,
      meanwhile: end - (this.#pausedAt ?? end),
      follows: this.#follows,
    });
  }

  /** Draws soon: in the next frame, later if drawing is slow, so that the page stays free for the user. */
  #ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    const wait = this.#cost < 4 ? 0 : (SHARE - 1) * this.#cost;
    setTimeout(() =>
      requestAnimationFrame(() => {
        this.#isAsked = false;
        const begin = performance.now();
        this.#draw();
        this.#cost = performance.now() - begin;
      }), wait);
  }
}
