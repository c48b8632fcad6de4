/**
 * Examples, run by the line that they give themselves.
 *
 * @module
 */
import { type ServerProcess, startServer } from "../helpers/server.ts";

const EXAMPLES = new URL("../../examples/", import.meta.url);
const MARK = /^[\s#*]*deno run -A main\.ts (.*)$/gm;

/** The files in `examples/`, as `bash/counter.sh`. */
export function examples(): string[] {
  return [...Deno.readDirSync(EXAMPLES)].flatMap(({ name: folder }) =>
    [...Deno.readDirSync(new URL(folder, EXAMPLES))].map(({ name }) =>
      `${folder}/${name}`
    )
  ).sort();
}

/** The path of an example, from its name as in {@linkcode examples}. */
export function pathOf(example: string): string {
  return new URL(example, EXAMPLES).pathname;
}

/** The words behind `main.ts` in the lines of an example that run it. */
export function linesThatRun(example: string): string[][] {
  const text = Deno.readTextFileSync(new URL(example, EXAMPLES));
  return [...text.matchAll(MARK)].map(([, words]) => words.split(" "));
}

/**
 * Starts the server by the line in the example, on a free port.
 *
 * @param options.flags Added to the flags of that line.
 * @param options.args Added to the arguments of the program.
 */
export async function startExample(
  example: string,
  { flags = [], args = [] }: {
    readonly flags?: readonly string[];
    readonly args?: readonly string[];
  } = {},
): Promise<ServerProcess> {
  const [words] = linesThatRun(example);
  const own = words.filter((word) => word !== "--port=8080");
  return await startServer([...flags, ...own, ...args]);
}

/** Whether a program is not in PATH. Says once that tests are skipped for that. */
export function isMissing(program: string): boolean {
  const known = missing.get(program);
  if (known !== undefined) return known;
  const isIt = !(Deno.env.get("PATH") ?? "").split(":").some((directory) =>
    isFile(`${directory}/${program}`)
  );
  if (isIt) console.log(`${program} is not installed: its tests are skipped`);
  missing.set(program, isIt);
  return isIt;
}

const missing = new Map<string, boolean>();

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
