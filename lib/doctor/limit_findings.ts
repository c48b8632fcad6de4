/**
 * The limits that the system sets, against those of the server.
 *
 * @module
 */
import { type Finding, ok, warning } from "./finding.ts";

/** Files that one session takes: its connection, three pipes, and one that tells of the program's end. */
const FILES_EACH = 5;
/** Files that the server itself takes: its code, its listeners, and some to spare. */
const FILES_OWN = 64;
/** Where Linux tells the limits of a process. */
const LIMITS = "/proc/self/limits";

/**
 * Says whether so many programs can run at once. Nothing where the system does
 * not tell its limits.
 *
 * @param maxForks 0 or less is any number.
 * @param text What the system tells. Default: its limits for this process.
 */
export function inspectLimits(
  maxForks: number,
  text: string = readLimits(),
): Finding[] {
  const files = limitIn(text, "Max open files");
  const processes = limitIn(text, "Max processes");
  if (maxForks <= 0) {
    return [
      warning(
        "limits",
        "there is no limit to the programs that run at once (--maxforks)",
        "set one that this machine can bear",
      ),
    ];
  }
  if (files === null || processes === null) return [];
  const needed = FILES_EACH * maxForks + FILES_OWN;
  const findings: Finding[] = [];
  if (needed > files) {
    const most = Math.max(1, Math.floor((files - FILES_OWN) / FILES_EACH));
    findings.push(
      warning(
        "limits",
        `${maxForks} programs at once (--maxforks) take about ${needed} open files, and the system allows ${files}`,
        `raise that (ulimit -n ${needed}; LimitNOFILE= in a systemd unit), or set --maxforks=${most}`,
      ),
    );
  }
  if (maxForks > processes) {
    findings.push(
      warning(
        "limits",
        `${maxForks} programs at once (--maxforks) are more than the ${processes} processes that the system allows this user`,
        "raise that (ulimit -u; TasksMax= in a systemd unit), or lower --maxforks",
      ),
    );
  }
  return findings.length > 0 ? findings : [
    ok(
      "limits",
      `the system allows the open files that ${maxForks} programs at once take`,
    ),
  ];
}

/** The soft limit; null if it is not told. */
function limitIn(text: string, name: string): number | null {
  const match = new RegExp(`^${name} +(\\d+|unlimited)`, "m").exec(text);
  if (match === null) return null;
  return match[1] === "unlimited" ? Infinity : Number(match[1]);
}

function readLimits(): string {
  try {
    return Deno.readTextFileSync(LIMITS);
  } catch {
    return "";
  }
}
