/**
 * Finding processes on Linux, in `/proc`.
 *
 * A descendant is recognised in two ways: as a child of a process that is
 * known, and by the `UNIQUE_ID` of its session in the environment it was
 * started with. The second also finds those that have lost their parent or
 * left its process group.
 *
 * @module
 */

/** Scans asked for within this time of each other share one look at the system. */
const SHARE_MS = 20;
/** How long what is known about a process id is believed; a number may be used again. */
const BELIEVE_MS = 2000;
/** How many environments are read at once; they are read by the runtime's thread pool. */
const AT_ONCE = 32;

/** All live processes below this one, parents first, as far as they have not lost their parent. */
export function descendantsOf(pid: number): number[] {
  const found: number[] = [];
  const queue = [pid];
  for (let parent = queue.pop(); parent !== undefined; parent = queue.pop()) {
    for (const child of childrenOf(parent)) {
      found.push(child);
      queue.push(child);
    }
  }
  return found;
}

/** The children of one process, of all its threads. */
function childrenOf(pid: number): number[] {
  const children: number[] = [];
  try {
    for (const thread of Deno.readDirSync(`/proc/${pid}/task`)) {
      const list = Deno.readTextFileSync(
        `/proc/${pid}/task/${thread.name}/children`,
      );
      for (const child of list.split(" ")) {
        if (child !== "") children.push(Number(child));
      }
    }
  } catch {
    // The process has ended, or the kernel does not keep the list.
  }
  return children;
}

/** Live processes whose environment carries this `UNIQUE_ID`. Looks at the system after the call, never before. Never rejects. */
export async function findByUniqueId(id: string): Promise<number[]> {
  nextScan ??= startScan();
  const found = (await nextScan).get(id) ?? [];
  // What is only remembered is looked at again: the number may be somebody else's by now.
  const ids = await Promise.all(found.map(readUniqueId));
  return found.filter((_, i) => ids[i] === id);
}

type ProcessesById = Map<string, number[]>;

let nextScan: Promise<ProcessesById> | null = null;
let seen = new Map<number, { id: string | null; at: number }>();

async function startScan(): Promise<ProcessesById> {
  await new Promise((resolve) => setTimeout(resolve, SHARE_MS));
  // From here on a caller must wait for the scan after this one.
  nextScan = null;
  const now = Date.now();
  const pids = livePids();
  const known = new Map<number, { id: string | null; at: number }>();
  const unknown: number[] = [];
  for (const pid of pids) {
    const entry = seen.get(pid);
    if (entry !== undefined && now - entry.at < BELIEVE_MS) {
      known.set(pid, entry);
    } else unknown.push(pid);
  }
  for (let from = 0; from < unknown.length; from += AT_ONCE) {
    await Promise.all(
      unknown.slice(from, from + AT_ONCE).map(async (pid) => {
        const id = await readUniqueId(pid);
        // Not remembered without one: it may be about to start another program.
        if (id !== undefined) known.set(pid, { id, at: now });
      }),
    );
  }
  seen = known;
  const found: ProcessesById = new Map();
  for (const [pid, { id }] of known) {
    if (id === null) continue;
    const list = found.get(id);
    if (list === undefined) found.set(id, [pid]);
    else list.push(pid);
  }
  return found;
}

function livePids(): number[] {
  const pids: number[] = [];
  try {
    for (const entry of Deno.readDirSync("/proc")) {
      const pid = Number(entry.name);
      if (pid > 0) pids.push(pid);
    }
  } catch {
    // Without /proc nothing is found; such a system starts programs detached.
  }
  return pids;
}

/** The `UNIQUE_ID` a process was started with, null if it has none, undefined if it has ended or may not be looked at. */
async function readUniqueId(pid: number): Promise<string | null | undefined> {
  try {
    const environ = await Deno.readTextFile(`/proc/${pid}/environ`);
    // A zombie has an empty environment and is no longer alive.
    if (environ === "") return undefined;
    return /(?:^|\0)UNIQUE_ID=([^\0]*)/.exec(environ)?.[1] ?? null;
  } catch {
    return undefined;
  }
}
