import { whyNotExecutable } from "../../process/resolve_command.ts";

/**
 * Whether a file of a CGI directory is none of its scripts: it cannot be
 * executed, and does not begin with `#!` either, as a script does that has lost
 * its execute bit on the way. What cannot be read may be one.
 */
export function isPlainFile(path: string): boolean {
  if (whyNotExecutable(path) === null) return false;
  try {
    using file = Deno.openSync(path);
    const head = new Uint8Array(2);
    file.readSync(head);
    return new TextDecoder().decode(head) !== "#!";
  } catch {
    return false;
  }
}
