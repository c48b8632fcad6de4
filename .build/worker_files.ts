import { BuildError } from "./build_error.ts";
import { ROOT, runDeno } from "./run_deno.ts";

/** A file beside the source that names it, as the runtime is told where a worker is. */
const BESIDE =
  /new URL\("\.\/([\w/]+\.ts)", import\.meta\.url\)|import\.meta\.resolve\("\.\/([\w/]+\.ts)"\)/g;

/**
 * The files that the program loads by name while it runs, from the project's
 * root: its workers. They are found in the sources, so that a new one cannot be
 * forgotten.
 *
 * @throws {BuildError} If a source looks for files in a way that only works beside the other sources.
 */
export async function workerFiles(): Promise<string[]> {
  const found = new Set<string>();
  const pending = ["main.ts"];
  for (const entry of pending) {
    for (const path of await localModules(entry)) {
      const text = await Deno.readTextFile(`${ROOT}${path}`);
      for (const worker of workersIn(path, text)) {
        if (found.has(worker)) continue;
        found.add(worker);
        pending.push(worker);
      }
    }
  }
  return [...found].sort();
}

/** The workers that one source names. */
export function workersIn(path: string, text: string): string[] {
  const code = text.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
  const rest = code.replace(BESIDE, "");
  const other = /import\.meta\.(?!main\b)\w+|with \{ type:/.exec(rest);
  if (other !== null) {
    throw new BuildError(
      `Cannot bundle ${path}: "${
        other[0]
      }" looks for a file at run time; write new URL("./file.ts", import.meta.url)`,
    );
  }
  return [...code.matchAll(BESIDE)].map(([_, url, resolved]) =>
    new URL(url ?? resolved, `file:///${path}`).pathname.slice(1)
  );
}

/** The sources of the project that one of them imports, itself too. */
export async function localModules(entry: string): Promise<string[]> {
  const { ok, stdout, stderr } = await runDeno(["info", "--json", entry]);
  if (!ok) {
    throw new BuildError(`Cannot read the imports of ${entry}: ${stderr}`);
  }
  const { modules } = JSON.parse(stdout) as {
    modules: readonly { readonly local?: string }[];
  };
  return modules.map(({ local }) => local ?? "")
    .filter((path) => path.startsWith(ROOT))
    .map((path) => path.slice(ROOT.length));
}
