/**
 * A prompt at a terminal: what is typed is input, and what comes in meanwhile
 * is written above it.
 *
 * @module
 */
import { History, HISTORY_SIZE } from "./history.ts";

const NEWLINE = 0x0a;

/** Settings of a {@linkcode Prompt}. */
export interface PromptOptions {
  /** File of the lines of former times, or null to keep none. */
  readonly history: string | null;
  /** Whether the input ends with the first output: one question, one answer. */
  readonly endsWithAnswer: boolean;
  /** Called when Ctrl-C is pressed. */
  readonly onInterrupt: () => void;
}

/**
 * Reads lines with editing and history. The prompt itself is on stderr, so
 * that stdout holds messages and nothing else, wherever it goes. Ctrl-D ends
 * the input.
 */
export class Prompt implements Disposable {
  readonly #readline: typeof import("node:readline");
  readonly #interface: import("node:readline").Interface;
  readonly #screen: import("node:tty").WriteStream;
  readonly #options: PromptOptions;
  /** Whether stdout is on the same screen. */
  readonly #isShared = Deno.stdout.isTerminal();
  /** What was typed and not yet read: no more than somebody types or pastes. The keyboard is always listened to, for Ctrl-C. */
  readonly #lines: string[] = [];
  /** What is left of a line that was longer than the room it was read to. */
  #rest: Uint8Array = new Uint8Array(0);
  #hasEnded = false;
  #typed = Promise.withResolvers<void>();
  #isAtStart = true;

  /** Shows the prompt. stdin and stderr must be terminals. */
  static async start(options: PromptOptions): Promise<Prompt> {
    // Loaded when it is used: nobody else should wait for it.
    const [readline, { default: process }] = await Promise.all([
      import("node:readline"),
      import("node:process"),
    ]);
    return new Prompt(readline, process, options);
  }

  private constructor(
    readline: typeof import("node:readline"),
    process: typeof import("node:process"),
    options: PromptOptions,
  ) {
    this.#readline = readline;
    this.#screen = process.stderr;
    this.#options = options;
    const history = new History(options.history);
    const shown = this.#interface = readline.createInterface({
      input: process.stdin,
      output: process.stderr,
      terminal: true,
      prompt: "> ",
      history: [...history.lines],
      historySize: HISTORY_SIZE,
      removeHistoryDuplicates: true,
    });
    shown.on("history", (lines: string[]) => {
      if (lines[0]?.startsWith(" ")) lines.shift();
    });
    shown.on("line", (line: string) => {
      if (line.trim() !== "" && !line.startsWith(" ")) history.add(line);
      this.#lines.push(line);
      this.#typed.resolve();
      this.#show();
    });
    shown.on("SIGINT", options.onInterrupt);
    shown.on("close", () => this.#end());
    shown.prompt();
  }

  /** The next bytes that were typed; each line ends with a newline. Null after Ctrl-D. */
  async read(into: Uint8Array): Promise<number | null> {
    while (this.#rest.length === 0) {
      const line = this.#lines.shift();
      if (line !== undefined) {
        this.#rest = new TextEncoder().encode(`${line}\n`);
      } else if (this.#hasEnded) {
        return null;
      } else {
        await this.#typed.promise;
        this.#typed = Promise.withResolvers();
      }
    }
    const count = Math.min(into.length, this.#rest.length);
    into.set(this.#rest.subarray(0, count));
    this.#rest = this.#rest.subarray(count);
    return count;
  }

  /** Writes to stdout, above the prompt if that is on the same screen. */
  async write(bytes: Uint8Array): Promise<number> {
    let count: number;
    if (this.#isShared) {
      // At one go: keys pressed in between would be shown in the wrong place.
      this.#clear();
      count = Deno.stdout.writeSync(bytes);
      this.#isAtStart = bytes[count - 1] === NEWLINE;
      this.#show();
    } else {
      count = await Deno.stdout.write(bytes);
    }
    if (this.#options.endsWithAnswer && count === bytes.length) this.close();
    return count;
  }

  /** Writes a line to stderr, above the prompt. */
  say(line: string): void {
    this.#clear();
    this.#startRow();
    console.error(line);
    this.#show();
  }

  /** Ends the input and gives the terminal back. What was typed and not entered is gone. */
  close(): void {
    if (!this.#hasEnded) this.#interface.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #end(): void {
    // After Ctrl-D the cursor stands behind the prompt.
    this.#clear();
    this.#hasEnded = true;
    this.#typed.resolve();
  }

  /** Takes the prompt and what has been typed off the screen, over as many rows as it has. */
  #clear(): void {
    if (this.#hasEnded) return;
    const { rows } = this.#interface.getCursorPos();
    this.#readline.cursorTo(this.#screen, 0);
    if (rows > 0) this.#readline.moveCursor(this.#screen, 0, -rows);
    this.#readline.clearScreenDown(this.#screen);
  }

  /** Shows it again. */
  #show(): void {
    if (this.#hasEnded) return;
    this.#startRow();
    // It stands on a row of its own now, which only this property can say: without it rows above would be taken for its own.
    Object.assign(this.#interface, { prevRows: 0 });
    this.#interface.prompt(true);
  }

  /** Goes to a row of its own if a message has ended within one. */
  #startRow(): void {
    if (!this.#isAtStart) this.#screen.write("\n");
    this.#isAtStart = true;
  }
}
