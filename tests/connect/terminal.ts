/**
 * A real terminal, by tmux.
 *
 * @module
 */
import { eventually } from "../helpers/deadline.ts";

/** Whether there is no tmux here. */
export const LACKS_TMUX = !hasTmux();
if (LACKS_TMUX) {
  console.log("tmux is not installed: tests of the prompt are skipped");
}

/** Columns of the terminal. */
export const COLUMNS = 60;

/** A terminal that runs one command. Ended with the scope it is declared in. */
export class Terminal implements AsyncDisposable {
  /** Apart from every other tmux of this user. */
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /** Starts a command; behind its end the screen says `status N`. */
  static async start(words: readonly string[]): Promise<Terminal> {
    const terminal = new Terminal(`websocketd-${crypto.randomUUID()}`);
    const command = words.map(quoted).join(" ");
    await terminal.#tmux(
      "new-session",
      "-d",
      "-x",
      `${COLUMNS}`,
      "-y",
      "24",
      // It stays for us to look at.
      `${command}; printf 'status %d\\n' $?; stty -a | grep -o '.icanon'; sleep 60`,
    );
    return terminal;
  }

  /** Types text, or presses keys by their tmux names: `Enter`, `C-d`. */
  async press(...keys: string[]): Promise<void> {
    await this.#tmux("send-keys", ...keys);
  }

  /** The rows of the screen, without the empty ones at its end. */
  async rows(): Promise<string[]> {
    const text = await this.#tmux("capture-pane", "-p");
    return text.trimEnd().split("\n").map((row) => row.trimEnd());
  }

  /** Waits until the last rows of the screen are these. */
  async ends(...rows: string[]): Promise<void> {
    let last: string[] = [];
    await eventually(
      async () => {
        last = await this.rows();
        return last.slice(-rows.length).join("\n") === rows.join("\n");
      },
      () =>
        `the screen to end with\n${rows.join("\n")}\nIt is\n${last.join("\n")}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux("kill-server");
  }

  async #tmux(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      // Nobody's own configuration.
      args: ["-L", this.#socket, "-f", "/dev/null", ...args],
      // It hangs up on what it starts when its own terminal goes.
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    if (!success) throw new Error(`tmux ${args[0]}: ${text.decode(stderr)}`);
    return text.decode(stdout);
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function hasTmux(): boolean {
  try {
    return new Deno.Command("tmux", { args: ["-V"] }).outputSync().success;
  } catch {
    return false;
  }
}
