/**
 * `deno task compile`: the program as one file.
 *
 * @module
 */
import { compileBinary } from "./binary.ts";
import { BuildError } from "./build_error.ts";
import { bundle } from "./bundle.ts";
import { type CompileOptions, HELP, readOptions } from "./compile_options.ts";
import { writePortable } from "./portable.ts";
import { thisTarget } from "./targets.ts";

if (import.meta.main) Deno.exit(await compile(Deno.args));

/** Does what a command line asks for. Returns the exit code: 0, 1 if a file cannot be made, 2 for flags that make no sense. */
export async function compile(args: readonly string[]): Promise<number> {
  let options: CompileOptions | undefined;
  try {
    options = readOptions(args);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(error.message);
    return 2;
  }
  if (options === undefined) {
    console.log(HELP);
    return 0;
  }
  const folder = await Deno.makeTempDir({ prefix: "websocketd_bundle_" });
  try {
    await make(options, folder);
    return 0;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(error.message);
    return 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function make(options: CompileOptions, folder: string): Promise<void> {
  const bundled = await bundle(folder);
  if (options.isPortable) {
    await writePortable(bundled, options.output);
    report(options.output, `portable, ${thisTarget().name}`);
    return;
  }
  for (const { target, output } of options.binaries) {
    console.log(await compileBinary(bundled, target, output));
    report(output, target.name);
  }
}

function report(path: string, what: string): void {
  const { size } = Deno.statSync(path);
  console.log(`${path}: ${what}, ${Math.round(size / 1e6)} MB`);
}
