/** What Linux says about a process in /proc; `undefined` on other systems and for a process that has ended. */

// Both are fixed in Linux's interface to programs: USER_HZ is 100 on every architecture that Deno runs on.
const TICK_MS = 10;

/** Processor time of all threads of a process, children excluded. */
export async function cpuMs(pid: number): Promise<number | undefined> {
  const stat = await read(`/proc/${pid}/stat`);
  // The name, in parentheses, may hold spaces: count the fields behind it. utime and stime are fields 14 and 15 (proc(5)).
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields && (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Resident memory of a process in KiB. */
export async function residentKiB(pid: number): Promise<number | undefined> {
  const status = await read(`/proc/${pid}/status`);
  const match = status?.match(/^VmRSS:\s+(\d+) kB$/m);
  return match ? Number(match[1]) : undefined;
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch {
    return undefined;
  }
}
