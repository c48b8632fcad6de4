import type { Entry } from "./entry.ts";
import { createFilter, type Kind } from "./filter.ts";
import { type Folded, LogView } from "./log_view.ts";
import { count, countOf, size } from "./numbers.ts";
import { part } from "./part.ts";
import { copyText, saveFile } from "./take_away.ts";
import { Transcript, type TranscriptReader } from "./transcript.ts";
import { transcriptJson, transcriptText } from "./transcript_file.ts";

/** Time after the last key before a filter is applied, in milliseconds. */
const TYPING_MS = 120;

/** The log of a connection, and what can be done with it. */
export class LogPanel implements TranscriptReader {
  readonly #transcript = new Transcript(this);
  readonly #view: LogView;
  readonly #pane: HTMLElement;
  readonly #drawn: () => void;
  readonly #filter: HTMLInputElement;
  readonly #kind: HTMLSelectElement;
  readonly #pause: HTMLButtonElement;
  readonly #older: HTMLButtonElement;
  readonly #latest: HTMLButtonElement;
  readonly #note: HTMLElement;
  #matches: (entry: Entry) => boolean = () => true;
  #typing = 0;

  /** @param drawn Called after each change of the page, at most once for each frame while messages come. */
  constructor(pane: HTMLElement, drawn: () => void) {
    this.#pane = pane;
    this.#drawn = drawn;
    this.#filter = part(pane, "filter", HTMLInputElement);
    this.#kind = part(pane, "kind", HTMLSelectElement);
    this.#pause = part(pane, "pause", HTMLButtonElement);
    this.#older = part(pane, "older", HTMLButtonElement);
    this.#latest = part(pane, "latest", HTMLButtonElement);
    this.#note = part(pane, "note", HTMLElement);
    this.#view = new LogView(
      part(pane, "log", HTMLOListElement),
      (folded) => this.#show(folded),
    );
    this.#view.replace([]);
    this.#filter.addEventListener("input", () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#applyFilter(), TYPING_MS);
    });
    this.#kind.addEventListener("change", () => this.#applyFilter());
    this.#older.addEventListener("click", () => this.#view.older());
    this.#latest.addEventListener("click", () => this.#view.toEnd());
    this.#on("pause", () => this.togglePause());
    this.#on("clear", () => this.clear());
    this.#on("copy", () => this.#copy());
    this.#on("save-text", () => this.save("text"));
    this.#on("save-json", () => this.save("json"));
  }

  /** Adds what happened. */
  add(entry: Entry): void {
    this.#transcript.add(entry);
  }

  added(entry: Entry): void {
    if (this.#matches(entry)) this.#view.add(entry);
  }

  dropped(entry: Entry): void {
    this.#view.drop(entry);
  }

  cleared(): void {
    this.#view.replace([]);
  }

  /** Holds the log still, or lets it go on with all that came meanwhile. */
  togglePause(): void {
    if (this.#view.isPaused) this.#view.toEnd();
    else this.#view.pause();
  }

  clear(): void {
    this.#transcript.clear();
  }

  /** Saves the entries that the filter lets through. */
  async save(form: "text" | "json"): Promise<void> {
    const { entries } = this.#view;
    const [text, type, extension] = form === "text"
      ? [await transcriptText(entries), "text/plain", "txt"]
      : [await transcriptJson(entries), "application/json", "json"];
    const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
    saveFile(`websocket-${time}.${extension}`, new Blob([text], { type }));
  }

  focusFilter(): void {
    this.#filter.focus();
    this.#filter.select();
  }

  async #copy(): Promise<void> {
    const { entries } = this.#view;
    const copied = await copyText(await transcriptText(entries));
    const button = part(this.#pane, "copy", HTMLButtonElement);
    button.textContent = copied ? "Copied" : "Not allowed";
    setTimeout(() => button.textContent = "Copy", 1500);
  }

  #applyFilter(): void {
    this.#matches = createFilter(this.#kind.value as Kind, this.#filter.value);
    this.#view.replace([...this.#transcript].filter(this.#matches));
  }

  #show({ older, newer, meanwhile, follows }: Folded): void {
    const { isPaused } = this.#view;
    this.#pause.textContent = isPaused
      ? `Resume · ${count(meanwhile)} new`
      : "Pause";
    this.#pause.ariaPressed = String(isPaused);
    this.#older.hidden = older === 0;
    this.#older.textContent = `${
      countOf(older, "earlier entry", "earlier entries")
    } folded away · show more`;
    this.#latest.hidden = isPaused || follows;
    this.#latest.textContent = newer === 0
      ? "Stay at the end"
      : `${countOf(newer, "newer entry", "newer entries")} · go to the end`;
    this.#note.textContent = this.#noteText();
    this.#drawn();
  }

  #noteText(): string {
    const { dropped, limit, length } = this.#transcript;
    if (dropped > 0) {
      return `The oldest ${
        countOf(dropped, "entry", "entries")
      } made room: the transcript is bound to ${size(limit)}.`;
    }
    if (length === 0) {
      return "Everything that happens is listed here as it happens: onopen, onmessage, onerror and onclose, and what you send.";
    }
    return this.#view.length === 0
      ? `Nothing of ${countOf(length, "entry", "entries")} matches the filter.`
      : "";
  }

  #on(name: string, listener: () => void | Promise<void>): void {
    part(this.#pane, name, HTMLButtonElement)
      .addEventListener("click", () => void listener());
  }
}
