/**
 * A temporary directory with programs in it.
 *
 * @module
 */

/** A directory that is removed at the end of the scope it is declared in. */
export class Scratch implements Disposable {
  readonly path: string = Deno.makeTempDirSync({ prefix: "websocketd_" });

  /** Writes an executable script and returns its path. */
  script(name: string, text: string): string {
    const path = this.file(name);
    Deno.writeTextFileSync(path, text);
    Deno.chmodSync(path, 0o755);
    return path;
  }

  /** The path of a file in this directory. */
  file(name: string): string {
    return `${this.path}/${name}`;
  }

  /** What is in a file, nothing if there is none. */
  read(name: string): string {
    try {
      return Deno.readTextFileSync(this.file(name));
    } catch {
      return "";
    }
  }

  /** The lines of a file, without the last if it has no newline yet. */
  lines(name: string): string[] {
    return this.read(name).split("\n").slice(0, -1);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}
