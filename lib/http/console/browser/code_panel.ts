import { closeCode, openingCode, sendCode } from "./as_code.ts";
import type { Connection } from "./connection.ts";
import type { Data } from "./entry.ts";
import { part } from "./part.ts";
import { copyText } from "./take_away.ts";

/** Calls that are shown, the last ones. */
const CALLS = 8;

/** Shows the JavaScript that does what the user did. */
export class CodePanel {
  readonly #code: HTMLElement;
  #opening = "";
  #calls: string[] = [];

  constructor(pane: HTMLElement) {
    this.#code = part(pane, "code", HTMLElement);
    const copy = part(pane, "copy-code", HTMLButtonElement);
    copy.addEventListener("click", async () => {
      const copied = await copyText(this.#code.textContent ?? "");
      copy.textContent = copied ? "Copied" : "Not allowed";
      setTimeout(() => copy.textContent = "Copy", 1500);
    });
  }

  /** A connection is, or would be, opened. */
  opens(
    url: string,
    protocols: readonly string[],
    { binaryType }: Connection,
  ): void {
    this.#opening = openingCode(url, protocols, binaryType);
    this.#calls = [];
    this.#show();
  }

  /** Something was sent. */
  sent(data: Data): void {
    this.#called(sendCode(data));
  }

  /** The connection was closed from here. */
  closed(code: number | undefined, reason: string): void {
    this.#called(closeCode(code, reason));
  }

  /** `binaryType` was set while there was a connection. */
  binaryTypeSet(type: BinaryType): void {
    this.#called(`ws.binaryType = ${JSON.stringify(type)};`);
  }

  #called(line: string): void {
    this.#calls.push(line);
    if (this.#calls.length > CALLS) this.#calls.shift();
    this.#show();
  }

  #show(): void {
    this.#code.textContent = [
      this.#opening,
      ...(this.#calls.length === 0 ? [] : ["", ...this.#calls]),
    ].join("\n");
    this.#code.scrollTop = this.#calls.length === 0
      ? 0
      : this.#code.scrollHeight;
  }
}
