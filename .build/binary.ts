import { BuildError } from "./build_error.ts";
import type { Bundle } from "./bundle.ts";
import { runDeno } from "./run_deno.ts";
import { START_FLAGS } from "./start_flags.ts";
import type { Target } from "./targets.ts";

/**
 * Compiles a bundle to one binary, on the base that `DENORT_BIN` names or that
 * Deno downloads.
 *
 * @param env Added to the environment of Deno.
 * @returns What Deno tells of the files in it.
 * @throws {BuildError} If the base cannot be had; the message is one sentence.
 */
export async function compileBinary(
  { folder, workers }: Bundle,
  target: Target,
  output: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { ok, stdout, stderr } = await runDeno([
    "compile",
    ...START_FLAGS,
    ...target.permissions,
    "--no-check",
    `--target=${target.triple}`,
    ...workers.map((name) => `--include=${folder}/${name}`),
    `--output=${output}`,
    `${folder}/main.js`,
  ], env);
  if (!ok) {
    throw new BuildError(
      explain(stderr, target, env.DENORT_BIN ?? Deno.env.get("DENORT_BIN")),
    );
  }
  return `${stdout}${stderr}`;
}

function explain(
  stderr: string,
  { name, triple }: Target,
  own: string | undefined,
): string {
  if (own !== undefined) {
    return `Cannot compile for ${name}: DENORT_BIN="${own}" cannot be read as a base (${
      cause(stderr)
    })`;
  }
  if (/base binary|denort/i.test(stderr)) {
    return `Cannot compile for ${name}: its base, denort for ${triple}, cannot be downloaded (${
      cause(stderr)
    }); set DENORT_BIN to a copy of it, or make a file without it by --portable`;
  }
  return `Cannot compile for ${name}: ${stderr.trim()}`;
}

/** The last reason that Deno gives. */
function cause(stderr: string): string {
  const reasons = stderr.split("\n").map((line) =>
    /^\s+(?:\d+: )?(.+)$/.exec(line)?.[1] ?? ""
  ).filter((line) => line !== "" && !/^<unknown>|^at /.test(line));
  return reasons.at(-1) ?? stderr.trim();
}
