/**
 * Who listens on a port, on systems with `/proc`.
 *
 * @module
 */

/** A process that listens. */
export interface PortOwner {
  readonly pid: number;
  /** Its command line, its words separated by spaces. */
  readonly command: string;
}

/** State of a socket that listens, in /proc/net/tcp. */
const LISTENS = "0A";

/** Who listens on a TCP port, or null if that is not to be seen: another user's process, or a system without `/proc`. */
export function portOwner(port: number): PortOwner | null {
  const sockets = new Set(
    ["tcp", "tcp6"].flatMap((table) => listening(table, port)),
  );
  if (sockets.size === 0) return null;
  for (const { name } of entriesOf("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    for (const { name: fd } of entriesOf(`/proc/${name}/fd`)) {
      if (sockets.has(linkOf(`/proc/${name}/fd/${fd}`))) {
        const command = textOf(`/proc/${name}/cmdline`).replaceAll("\0", " ");
        return { pid: Number(name), command: command.trim() };
      }
    }
  }
  return null;
}

/** The sockets of a table that listen on a port, as links to them read. */
function listening(table: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return textOf(`/proc/net/${table}`).split("\n").slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) =>
      state === LISTENS && local.endsWith(`:${wanted}`)
    )
    .map((fields) => `socket:[${fields[9]}]`);
}

function entriesOf(path: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(path)];
  } catch {
    // It has ended, or is another user's.
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return "";
  }
}

function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
