/**
 * The lines typed at the prompt, kept from one time to the next.
 *
 * @module
 */

/** Lines that are remembered. */
export const HISTORY_SIZE = 1000;
/** A file with more lines than this is made shorter when it is read. */
const MOST_LINES = 2 * HISTORY_SIZE;

/**
 * Lines of former sessions, and those of this one. What goes wrong with the
 * file is no reason not to connect: then they are kept in memory only.
 */
export class History {
  /** The lines, the newest first, as `node:readline` wants them. */
  readonly lines: readonly string[];
  readonly #path: string | null;

  /** @param path The file, or null to keep nothing. Only its owner can read what is written. */
  constructor(path: string | null) {
    this.#path = path;
    this.lines = path === null ? [] : read(path);
  }

  /** Keeps a line. */
  add(line: string): void {
    if (this.#path === null) return;
    try {
      append(this.#path, `${line}\n`);
    } catch {
      // No permission, no space, no directory.
    }
  }
}

/** The file to use when none is named, or null where there is no place for one. */
export function historyPath(): string | null {
  const state = stateDirectory();
  return state === null ? null : `${state}/websocketd/history`;
}

/** Where programs keep what outlives them (XDG Base Directory Specification). */
function stateDirectory(): string | null {
  try {
    const state = Deno.env.get("XDG_STATE_HOME") ?? "";
    if (state.startsWith("/")) return state;
    const home = Deno.env.get("HOME") ?? "";
    return home === ""
      ? Deno.env.get("LOCALAPPDATA") || null
      : `${home}/.local/state`;
  } catch {
    return null; // No permission to see the environment.
  }
}

function read(path: string): string[] {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch {
    return [];
  }
  const lines = text.split("\n").filter((line) => line !== "");
  const kept = lines.slice(-HISTORY_SIZE);
  if (lines.length > MOST_LINES) {
    try {
      // In place: a link stays a link, and the mode stays as it is.
      Deno.writeTextFileSync(path, `${kept.join("\n")}\n`);
    } catch {
      // It stays long.
    }
  }
  return kept.reverse();
}

/** Opened for each line, so that several clients at one time keep each other's. */
function append(path: string, text: string): void {
  const directory = path.replace(/[^/\\]*$/, "");
  if (directory !== "") {
    Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
  }
  Deno.writeTextFileSync(path, text, { append: true, mode: 0o600 });
}
