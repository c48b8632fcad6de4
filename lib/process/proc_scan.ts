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
/** The process that all threads of the kernel belong to. */
const KERNEL_THREADS = "2";
/** How long the system may take between giving a process a new program and its environment, in milliseconds. */
const STARTING_MS = 5;
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

/**
 * When a process was started, in the system's own unit, or null if it has
 * ended. With the id it names one process for good: ids are used again.
 */
export function startTimeOf(pid: number): string | null {
  return statOf(pid)?.startTime ?? null;
}

/** What the system says about a process, or null if it has ended. */
function statOf(
  pid: number,
): { readonly parent: string; readonly startTime: string } | null {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    // The second field is the name, in parentheses, and may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, parent] = fields;
    if (state === "Z" || state === "X") return null;
    return { parent, startTime: fields[19] };
  } catch {
    return null;
  }
}

/** Live processes whose environment carries this `UNIQUE_ID`. Looks at the system after the call, never before. Never rejects. */
export async function findByUniqueId(id: string): Promise<number[]> {
  for (;;) {
    nextScan ??= startScan();
    const found = (await nextScan).get(id) ?? [];
    // What is only remembered is looked at again: the number may be somebody else's by now.
    const ids = await Promise.all(found.map(readUniqueId));
    const alive = found.filter((_, i) => ids[i] === id);
    if (alive.length > 0 || found.length === 0) return alive;
    // All have ended meanwhile, and may have started others just before.
    for (const pid of found) seen.delete(pid);
  }
}

/** The `UNIQUE_ID` of live processes, null for those that have none, and when that was looked up. */
type Seen = Map<number, { readonly id: string | null; readonly at: number }>;

let nextScan: Promise<Map<string, number[]>> | null = null;
let seen: Seen = new Map();

async function startScan(): Promise<Map<string, number[]>> {
  await new Promise((resolve) => setTimeout(resolve, SHARE_MS));
  // From here on a caller must wait for the scan after this one.
  nextScan = null;
  const now = Date.now();
  const known: Seen = new Map();
  const looked = new Set<number>();
  const read = (pid: number) =>
    readUniqueId(pid).then((id) => {
      looked.add(pid);
      if (id !== undefined) known.set(pid, { id, at: now });
    });
  // Whoever is alive and not in the list was started by one who was, while that was read.
  for (let unknown = livePids(); unknown.length > 0;) {
    for (const pid of unknown) {
      const entry = seen.get(pid);
      if (entry !== undefined && now - entry.at < BELIEVE_MS) {
        known.set(pid, entry);
      }
    }
    await atOnce(unknown.filter((pid) => !known.has(pid)), read);
    unknown = livePids().filter((pid) => !known.has(pid) && !looked.has(pid));
  }
  seen = known;
  const found = new Map<string, number[]>();
  for (const [pid, { id }] of known) {
    if (id === null) continue;
    const list = found.get(id);
    if (list === undefined) found.set(id, [pid]);
    else list.push(pid);
  }
  return found;
}

/** Does something for each process, not for all at the same time. */
async function atOnce(
  pids: readonly number[],
  each: (pid: number) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < pids.length; from += AT_ONCE) {
    await Promise.all(pids.slice(from, from + AT_ONCE).map(each));
  }
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
    let environ = await Deno.readTextFile(`/proc/${pid}/environ`);
    if (environ === "") {
      // A zombie has no environment any more, a thread of the kernel never, a program that is just being started not yet.
      const stat = statOf(pid);
      if (stat === null) return undefined;
      if (stat.parent === KERNEL_THREADS) return null;
      await new Promise((resolve) => setTimeout(resolve, STARTING_MS));
      environ = await Deno.readTextFile(`/proc/${pid}/environ`);
    }
    return /(?:^|\0)UNIQUE_ID=([^\0]*)/.exec(environ)?.[1] ?? null;
  } catch {
    return undefined;
  }
}
