/**
 * Older versions of Deno, from npm, for what has to run on them too.
 *
 * @module
 */
const DECODER = new TextDecoder();

/**
 * The path of a version's program; null, and a line that says so, where npm
 * cannot be asked for it. Not by npx: that would stand between a test and the
 * process it sends signals to.
 */
export async function olderDeno(version: string): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command("npx", {
      args: ["-y", `deno@${version}`, "eval", "console.log(Deno.execPath())"],
      env: { NO_COLOR: "1" },
      stderr: "null",
    }).output();
    if (success) return DECODER.decode(stdout).trim();
  } catch {
    // No npx.
  }
  console.log(`No deno@${version} from npm: its tests are skipped`);
  return null;
}
