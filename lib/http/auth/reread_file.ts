/**
 * A file whose content counts as it is now, not as it was at the start.
 *
 * @module
 */
import { OptionError } from "../../errors.ts";

/** What it takes to read a file of secrets. */
export interface RereadOptions<T> {
  /** The flag, as in `--auth=basic`, for messages. */
  readonly flag: string;
  /** Permissions the file should not give (as for `chmod`). */
  readonly tooOpen: number;
  /** Understands the content. @throws {OptionError} With what is wrong and where, without secrets. */
  readonly parse: (text: string) => T;
  /** Receives sentences for the log. */
  readonly onProblem: (message: string) => void;
}

/** More than any list of users. In bytes. */
const LARGEST = 16 << 20;

/** Reads a file again when it has changed. A version that cannot be used is reported once, and the one before it stays. */
export class RereadFile<T> {
  readonly #path: string;
  readonly #options: RereadOptions<T>;
  #value: T;
  /** Tells versions of the file apart. */
  #stamp: string;
  #looking: Promise<void> | null = null;

  /** @throws {OptionError} If the file cannot be read or understood. */
  constructor(path: string, options: RereadOptions<T>) {
    this.#path = path;
    this.#options = options;
    try {
      const info = Deno.statSync(path);
      this.#stamp = stampOf(info);
      checkKind(info);
      this.#value = this.#parse(info, Deno.readTextFileSync(path));
    } catch (cause) {
      throw new OptionError(
        `Cannot use "${path}" for ${options.flag}: ${whyUnusable(cause)}`,
        { cause },
      );
    }
  }

  /** What is in the file. Never rejects. */
  async current(): Promise<T> {
    this.#looking ??= this.#look().finally(() => this.#looking = null);
    await this.#looking;
    return this.#value;
  }

  async #look(): Promise<void> {
    let stamp = "";
    try {
      // Before the content: what is written in between is then found the next time.
      const info = await Deno.stat(this.#path);
      stamp = stampOf(info);
      if (stamp === this.#stamp) return;
      checkKind(info);
      this.#value = this.#parse(info, await Deno.readTextFile(this.#path));
    } catch (error) {
      if (stamp === this.#stamp) return;
      const { flag, onProblem } = this.#options;
      onProblem(
        `Cannot use the new "${this.#path}" for ${flag}: ${
          whyUnusable(error)
        }; what was in it before still counts`,
      );
    }
    this.#stamp = stamp;
  }

  #parse({ mode }: Deno.FileInfo, text: string): T {
    const { tooOpen, flag, parse, onProblem } = this.#options;
    const value = parse(text.replace(/^\ufeff/, ""));
    if (mode !== null && (mode & tooOpen) !== 0) {
      onProblem(
        `Every user of this machine can ${
          mode & tooOpen & 2 ? "change" : "read"
        } "${this.#path}" (${flag}): chmod o-rw "${this.#path}"`,
      );
    }
    return value;
  }
}

/**
 * Before it is opened: a pipe would be waited for, a device has no end.
 *
 * @throws {OptionError} If it is none to be read.
 */
function checkKind({ isFile, size }: Deno.FileInfo): void {
  if (!isFile) throw new OptionError("it is not a file");
  if (size > LARGEST) throw new OptionError("it is larger than 16 MiB");
}

function stampOf({ mtime, size, ino }: Deno.FileInfo): string {
  return `${mtime?.getTime()} ${size} ${ino}`;
}

function whyUnusable(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  return error instanceof Error ? error.message : String(error);
}
