import { ROOT } from "./run_deno.ts";

interface Config {
  readonly unstable: readonly string[];
}

const { unstable } = JSON.parse(
  Deno.readTextFileSync(`${ROOT}deno.json`),
) as Config;

/** How a bundled program is started: as `deno.json` says, without reading it, and without ever fetching code. */
export const START_FLAGS: readonly string[] = [
  "--no-config",
  "--no-lock",
  "--no-remote",
  "--no-npm",
  "--no-prompt",
  ...unstable.map((name) => `--unstable-${name}`),
];
