/**
 * The script of the console's page, from its sources.
 *
 * @module
 */
import { bundle, escapeTemplate } from "./bundle.ts";

const CONSOLE = new URL("../../lib/http/console/", import.meta.url);

/** Where the script is kept, ready to be served. */
export const SCRIPT_FILE: URL = new URL("script.ts", CONSOLE);

/** Joins the sources of the page's script to the module that the server uses. */
export async function bundleConsoleScript(): Promise<string> {
  const script = await bundle(new URL("browser/", CONSOLE), "main.ts");
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
