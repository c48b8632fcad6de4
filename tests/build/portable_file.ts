/**
 * A portable file with a small runtime in it, so that unpacking it takes no
 * time.
 *
 * @module
 */
import { writePortable } from "../../.build/portable.ts";
import { Scratch } from "../helpers/scratch.ts";

/** Says how it was started. `stop` as its first word of the program's: waits for a signal and says which. */
const RUNTIME = `#!/bin/sh
while [ "$1" != "\${1%.js}.js" ]; do flags="\${flags-} $1"; shift; done
program=$1; shift
case "\${1-}" in
fail) exit 7 ;;
stop) trap 'echo got TERM; exit 5' TERM; echo ready; while :; do sleep 0.05; done ;;
echo) cat; exit ;;
esac
echo "name $WEBSOCKETD_NAME"
echo "pid $$"
echo "umask $(umask)"
echo "program $(cat "$program")"
for word; do echo "word [$word]"; done
`;

/** How a start ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A portable file in a directory of its own, with a cache of its own. */
export class PortableFile implements Disposable {
  readonly scratch: Scratch = new Scratch();
  readonly path: string = this.scratch.file("wsd");
  /** The `XDG_CACHE_HOME` of its starts. */
  readonly cache: string = this.scratch.file("cache");
  /** Where it unpacks to when that cannot be used. */
  readonly temporary: string = this.scratch.file("tmp");

  /** Makes one. */
  static async make(): Promise<PortableFile> {
    const file = new PortableFile();
    const { scratch, path, temporary } = file;
    Deno.mkdirSync(temporary);
    Deno.writeTextFileSync(scratch.file("main.js"), "main");
    Deno.writeTextFileSync(scratch.file("worker.js"), "worker");
    const files = ["main.js", "worker.js"];
    await writePortable(
      { folder: scratch.path, files, workers: ["worker.js"] },
      path,
      { runtime: scratch.script("runtime", RUNTIME) },
    );
    return file;
  }

  /** The command that starts it. */
  command(
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Deno.Command {
    return new Deno.Command(this.path, {
      args: [...args],
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH")!,
        XDG_CACHE_HOME: this.cache,
        HOME: this.scratch.file("home"),
        TMPDIR: this.temporary,
        ...env,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  /** Starts it and waits for its end. */
  async run(
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Ended> {
    const { code, stdout, stderr } = await this.command(args, env).output();
    const decoder = new TextDecoder();
    return {
      code,
      stdout: decoder.decode(stdout),
      stderr: decoder.decode(stderr),
    };
  }

  /** The directory that it has unpacked to, in the cache or another place. */
  unpacked(place = `${this.cache}/websocketd`): string {
    const [found, ...more] = [...Deno.readDirSync(place)]
      .filter(({ isDirectory }) => isDirectory);
    if (found === undefined || more.length > 0) {
      throw new Error(`not one directory in ${place}: ${Deno.inspect(more)}`);
    }
    return `${place}/${found.name}`;
  }

  /** The names and inodes of the unpacked files: others, if it has been unpacked again. */
  files(): Record<string, number | null> {
    const folder = this.unpacked();
    return Object.fromEntries(
      [...Deno.readDirSync(folder)].map(({ name }) => name).sort()
        .map((name) => [name, Deno.statSync(`${folder}/${name}`).ino]),
    );
  }

  [Symbol.dispose](): void {
    this.scratch[Symbol.dispose]();
  }
}
