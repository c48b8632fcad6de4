/** Set by a portable file to its own name: what runs then is a copy in a cache. */
const NAME = "WEBSOCKETD_NAME";

/**
 * How the user started this program, for the help to show lines that can be
 * typed as they are: `websocketd` for a compiled binary or a portable file, as
 * the original shows its own name, else `deno run -A main.ts` with the path as
 * seen from here.
 */
export function invocation(): string {
  if (Deno.build.standalone) return baseName(Deno.execPath());
  try {
    const name = Deno.env.get(NAME);
    if (name) return name;
    const url = new URL(Deno.mainModule);
    if (url.protocol !== "file:") return `deno run -A ${url.href}`;
    return `deno run -A ${fromHere(decodeURIComponent(url.pathname))}`;
  } catch {
    // No permission to know where this is: the help is for them all the more.
    return "deno run -A main.ts";
  }
}

function baseName(path: string): string {
  return path.replace(/^.*[\\/]/, "").replace(/\.exe$/i, "");
}

function fromHere(path: string): string {
  const here = `${Deno.cwd()}/`;
  return path.startsWith(here) ? path.slice(here.length) : path;
}
