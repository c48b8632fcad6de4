import { BuildError } from "./build_error.ts";
import { runDeno } from "./run_deno.ts";
import { workerFiles } from "./worker_files.ts";

/** The program in files that need nothing but Deno. */
export interface Bundle {
  /** Where they are: no directory has another in it. */
  readonly folder: string;
  /** Their names: `main.js` first, then the workers, then what these load. */
  readonly files: readonly string[];
  /** Those of the workers. */
  readonly workers: readonly string[];
}

/**
 * Bundles the program, its workers and its packages. What is loaded only when
 * it is needed stays in a file of its own, so that a start need not read it.
 *
 * @param folder An empty directory.
 * @throws {BuildError} If something cannot be bundled.
 */
export async function bundle(folder: string): Promise<Bundle> {
  const entries = ["main.ts", ...await workerFiles()];
  const { ok, stderr } = await runDeno([
    ...["bundle", "--quiet", "--platform=deno", "--code-splitting"],
    `--outdir=${folder}`,
    ...entries,
  ]);
  if (!ok) throw new BuildError(`Cannot bundle the program: ${stderr.trim()}`);
  const names = await flatten(folder, entries);
  const all = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  const chunks = all.filter((name) => !names.includes(name)).sort();
  const files = [...names, ...chunks];
  for (const name of files) {
    const path = `${folder}/${name}`;
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, pointToFiles(text, files));
  }
  return { folder, files, workers: names.slice(1) };
}

/** Moves the bundled entries, which lie as deep as their sources, to the top. Returns their names. */
async function flatten(
  folder: string,
  entries: readonly string[],
): Promise<string[]> {
  const names = entries.map((entry) =>
    entry.replace(/^.*\//, "").replace(/\.ts$/, ".js")
  );
  if (new Set(names).size < names.length) {
    throw new BuildError(`Two workers have one name: ${names.join(", ")}`);
  }
  for (const [index, entry] of entries.entries()) {
    const from = `${folder}/${entry.replace(/\.ts$/, ".js")}`;
    await Deno.rename(from, `${folder}/${names[index]}`);
  }
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) {
      await Deno.remove(`${folder}/${name}`, { recursive: true });
    }
  }
  return names;
}

/** Has a bundled file find the others where they are now. */
function pointToFiles(text: string, files: readonly string[]): string {
  return text
    // Where packages lie on the machine that bundles is nobody's business.
    .replace(/^\/\/ \.\.\/.*\n/gm, "")
    .replace(
      /"(?:\.\.?\/)+(?:[\w-]+\/)*([\w.-]+\.js)"/g,
      (whole, name) => files.includes(name) ? `"./${name}"` : whole,
    )
    .replace(
      /(new URL\(|import\.meta\.resolve\()"\.\/(?:\w+\/)*(\w+)\.ts"/g,
      (whole, call, name) => {
        if (files.includes(`${name}.js`)) return `${call}"./${name}.js"`;
        throw new BuildError(`Cannot bundle ${whole}": it is no entry`);
      },
    );
}
