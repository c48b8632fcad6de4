/**
 * The script of the console's page, from its sources.
 *
 * @module
 */
const CONSOLE = new URL("../../lib/http/console/", import.meta.url);

/** Where the script is kept, ready to be served. */
export const SCRIPT_FILE: URL = new URL("script.ts", CONSOLE);

/** Joins the sources of the page's script to the module that the server uses. */
export async function bundleConsoleScript(): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--no-lock", "--platform=browser", "main.ts"],
    cwd: new URL("browser/", CONSOLE),
    env: { NO_COLOR: "1" },
  }).output();
  if (code !== 0) {
    throw new Error(
      `Cannot bundle the console: ${new TextDecoder().decode(stderr)}`,
    );
  }
  const script = new TextDecoder().decode(stdout)
    // Where a part comes from, as the bundler found it.
    .replace(/^\/\/ .*\n/gm, "");
  return `/**
 * The script of the console's page. Made from \`browser/\` by
 * \`UPDATE=1 deno test -A tests/http/console_test.ts\`: change it there.
 *
 * @module
 */
export const SCRIPT = \`
${escapeTemplate(script)}\`;
`;
}

/** Writes a text so that it stands between backticks. */
function escapeTemplate(text: string): string {
  return text.replace(/[\\\`]|\$\{/g, "\\$&");
}
