/**
 * Scripts for browsers, made from their sources.
 *
 * @module
 */

/** Joins sources to one script. @param folder Where the entry is. */
export async function bundle(
  folder: URL,
  entry: string,
  flags: readonly string[] = [],
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--no-lock",
      "--platform=browser",
      ...flags,
      entry,
    ],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  if (code !== 0) {
    throw new Error(
      `Cannot bundle ${entry}: ${new TextDecoder().decode(stderr)}`,
    );
  }
  return new TextDecoder().decode(stdout)
    // Where a part comes from, as the bundler found it.
    .replace(/^\/\/ .*\n/gm, "");
}

/** Writes a text so that it stands between backticks. */
export function escapeTemplate(text: string): string {
  return text.replace(/[\\\`]|\$\{/g, "\\$&");
}
