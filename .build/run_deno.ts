import { fileURLToPath } from "node:url";

/** What a run of Deno's own tools said. */
export interface Said {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** The project's root, with a slash at its end. */
export const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** Runs the Deno that runs this, at the project's root, to its end. `env` is added to its environment. */
export async function runDeno(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Said> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return {
    ok: success,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}
