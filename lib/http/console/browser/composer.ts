import type { Data } from "./entry.ts";
import { parseHex } from "./hex.ts";
import { size } from "./numbers.ts";
import { part } from "./part.ts";
import { SendHistory } from "./send_history.ts";

/** What is sent: text as typed, bytes as typed in hexadecimal digits, or a file. */
export type Mode = "text" | "bytes" | "file";

/** Height up to which the box grows with its text, in pixels. */
const TALLEST = 200;

const HINTS: Readonly<Record<Mode, string>> = {
  text: "Message",
  bytes: "Bytes, such as 48 65 6c 6c 6f",
  file: "",
};

/** The form that messages are written in. */
export class Composer {
  readonly #form: HTMLFormElement;
  readonly #box: HTMLTextAreaElement;
  readonly #files: HTMLInputElement;
  readonly #problem: HTMLElement;
  readonly #fileName: HTMLElement;
  readonly #history = new SendHistory();
  readonly #send: (data: Data) => boolean;
  #mode: Mode = "text";
  /** What the box is for, and what was typed for either. */
  #typing: "text" | "bytes" = "text";
  readonly #typed = { text: "", bytes: "" };
  #file: File | null = null;

  /** @param send Sends a message; false if that was not possible, and the text has to stay. */
  constructor(
    pane: HTMLElement,
    send: (data: Data) => boolean,
  ) {
    this.#send = send;
    this.#form = part(pane, "composer", HTMLFormElement);
    this.#box = part(pane, "message", HTMLTextAreaElement);
    this.#files = part(pane, "file", HTMLInputElement);
    this.#problem = part(pane, "problem", HTMLElement);
    this.#fileName = part(pane, "file-name", HTMLElement);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit();
    });
    this.#form.addEventListener("change", ({ target }) => {
      if (!(target instanceof HTMLInputElement)) return;
      if (target === this.#files) this.#choose(target.files?.[0] ?? null);
      else if (target.dataset.role === "mode") this.#show(target.value as Mode);
    });
    this.#box.addEventListener("keydown", (event) => this.#key(event));
    this.#box.addEventListener("input", () => this.#grow());
    pane.addEventListener("drop", (event) => {
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) this.#choose(file);
    });
    this.#show("text");
  }

  /** Puts the cursor where messages are written. */
  focus(): void {
    if (this.#mode === "file") this.#files.focus();
    else this.#box.focus();
  }

  async #submit(): Promise<void> {
    this.#problem.textContent = "";
    if (this.#mode === "file") return await this.#sendFile();
    const text = this.#box.value;
    if (this.#mode === "text") {
      if (!this.#send(text)) return;
      this.#history.add(text);
    } else {
      let bytes: Uint8Array<ArrayBuffer>;
      try {
        bytes = parseHex(text);
      } catch (error) {
        this.#problem.textContent = (error as Error).message;
        return;
      }
      if (!this.#send(bytes.buffer)) return;
    }
    this.#fill("");
  }

  async #sendFile(): Promise<void> {
    const file = this.#file;
    if (file === null) {
      this.#problem.textContent = "No file is chosen yet";
      return;
    }
    const asBuffer = new FormData(this.#form).get("file-as") === "arraybuffer";
    try {
      this.#send(asBuffer ? await file.arrayBuffer() : file);
    } catch (error) {
      this.#problem.textContent = `Cannot read the file: ${
        (error as Error).message
      }`;
    }
  }

  #choose(file: File | null): void {
    this.#file = file;
    this.#fileName.textContent = file === null
      ? "Choose a file, or drop one here"
      : `${file.name} · ${size(file.size)}`;
    this.#problem.textContent = "";
    this.#show("file");
  }

  #show(mode: Mode): void {
    if (mode !== "file" && mode !== this.#typing) {
      this.#typed[this.#typing] = this.#box.value;
      this.#typing = mode;
      this.#fill(this.#typed[mode]);
    }
    this.#mode = mode;
    this.#form.dataset.mode = mode;
    this.#problem.textContent = "";
    this.#box.placeholder = HINTS[mode];
    for (const radio of this.#form.querySelectorAll("input")) {
      if (radio.dataset.role === "mode") radio.checked = radio.value === mode;
    }
  }

  #key(event: KeyboardEvent): void {
    const { key, isComposing } = event;
    if (isComposing) return;
    if (key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#form.requestSubmit();
    } else if (key === "ArrowUp" || key === "ArrowDown") this.#recall(event);
  }

  /** Arrow keys move through the text first, and only beyond its first and last line through the history. */
  #recall(event: KeyboardEvent): void {
    const { value, selectionStart, selectionEnd } = this.#box;
    const hasModifier = event.shiftKey || event.altKey || event.ctrlKey ||
      event.metaKey;
    if (hasModifier || this.#mode !== "text") return;
    if (selectionStart !== selectionEnd) return;
    const isUp = event.key === "ArrowUp";
    const beyond = isUp
      ? value.slice(0, selectionStart)
      : value.slice(selectionEnd);
    if (beyond.includes("\n")) return;
    const text = this.#history.step(isUp ? "older" : "newer", value);
    if (text === null) return;
    event.preventDefault();
    this.#fill(text);
  }

  #fill(text: string): void {
    this.#box.value = text;
    this.#box.setSelectionRange(text.length, text.length);
    this.#grow();
  }

  #grow(): void {
    const { style } = this.#box;
    style.height = "auto";
    style.height = `${Math.min(TALLEST, this.#box.scrollHeight + 2)}px`;
  }
}
