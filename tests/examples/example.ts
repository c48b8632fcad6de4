/**
 * Examples, run by the line that they give themselves.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { type ServerProcess, startServer } from "../helpers/server.ts";

const ROOT = new URL("../../", import.meta.url);
const EXAMPLES = new URL("examples/", ROOT);
/** What stands before a line of a comment, or of a README. */
const COMMENT = String.raw`^[\s#*/!-]*`;
const RUN = new RegExp(`${COMMENT}deno run -A main\\.ts (.*)$`, "gm");
const COMPILE = new RegExp(`${COMMENT}mkdir -p bin && (.*)$`, "m");
/** The directory that those lines compile into, where it is a word or begins one. */
const BIN = /(?<=^|\s)(\.\/)?bin(?=\/|\s|$)/g;

/** The files in `examples/`, as `bash/counter.sh`. */
export function examples(): string[] {
  return filesIn("").sort();
}

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, EXAMPLES))].flatMap((entry) =>
    entry.isDirectory
      ? filesIn(`${folder}${entry.name}/`)
      : [`${folder}${entry.name}`]
  );
}

/** The path of an example, from its name as in {@linkcode examples}. */
export function pathOf(example: string): string {
  return fileURLToPath(new URL(example, EXAMPLES));
}

/** The words behind `main.ts` in the lines of an example that run it. */
export function linesThatRun(example: string): string[][] {
  const text = Deno.readTextFileSync(new URL(example, EXAMPLES));
  return [...text.matchAll(RUN)].map(([, words]) => words.split(" "));
}

/** The line of an example that compiles it into `bin`, without making that; null if it needs none. */
export function lineThatCompiles(example: string): string | null {
  const text = Deno.readTextFileSync(new URL(example, EXAMPLES));
  return COMPILE.exec(text)?.[1] ?? null;
}

/**
 * Starts the server by a line in the example, on a free port.
 *
 * @param options.line Which line, counted from 0; the first if it is not given.
 * @param options.flags Added to the flags of that line.
 * @param options.args Added to the arguments of the program.
 * @param options.replace Words of that line, and what stands in their place.
 * @param options.env Added to the environment of the server.
 * @param options.bin Where to compile it to, if it has to be.
 */
export async function startExample(
  example: string,
  { line = 0, flags = [], args = [], replace = {}, env, bin = "./bin" }: {
    readonly line?: number;
    readonly flags?: readonly string[];
    readonly args?: readonly string[];
    readonly replace?: Readonly<Record<string, string>>;
    readonly env?: Record<string, string>;
    readonly bin?: string;
  } = {},
): Promise<ServerProcess> {
  const compiler = lineThatCompiles(example);
  if (compiler !== null) await runInBash(compiler.replaceAll(BIN, bin));
  const words = linesThatRun(example)[line];
  const own = words.filter((word) => word !== "--port=8080")
    .map((word) => replace[word] ?? word.replace(BIN, bin));
  return await startServer([...flags, ...own, ...args], { env });
}

async function runInBash(line: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("bash", {
    args: ["-c", line],
    cwd: ROOT,
    stdin: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`${line}: ${new TextDecoder().decode(stderr)}`);
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
