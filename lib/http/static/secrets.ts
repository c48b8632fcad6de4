import { below, type Found } from "../safe_path.ts";

/** The last name of a path. */
const NAME = /[^/\\]*$/;

/**
 * Files that nobody is to read, though they may lie among those that are
 * served: keys, passwords, programs.
 *
 * A key is renewed by leading its name to another file. So they are looked for
 * anew for each request, and what has been one stays one: the key before it
 * fits a certificate that may still be good.
 */
export class Secrets {
  readonly #paths: readonly string[];
  /** Everything that leads to one: its name, and where that leads. */
  readonly #places = new Set<string>();

  /** @param paths As they were given. One that is not there may come. */
  constructor(paths: readonly string[]) {
    this.#paths = paths;
    this.refresh();
  }

  /** Looks where they are now. Never throws. */
  refresh(): void {
    for (const path of this.#paths) {
      const directory = realPath(path.replace(NAME, "") || ".");
      if (directory !== null) {
        this.#places.add(below(directory) + NAME.exec(path)![0]);
      }
      const target = realPath(path);
      if (target !== null) this.#places.add(target);
    }
  }

  /** Whether a file is one of them, as of the last {@linkcode refresh}. */
  has({ path, realPath }: Found): boolean {
    return this.#places.has(path) || this.#places.has(realPath);
  }
}

/** Null if there is nothing. */
function realPath(path: string): string | null {
  try {
    return Deno.realPathSync(path);
  } catch {
    return null;
  }
}
