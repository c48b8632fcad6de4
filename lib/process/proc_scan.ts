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
/** The flag of a process that is a thread of the kernel: PF_KTHREAD. */
const KERNEL_THREAD = 0x00200000;
/** How long to look for a whole environment at a process that is just being given a new program, in milliseconds. */
const STARTING_MS = 5000;
/** The wait before another look at such a process, in milliseconds. */
const LOOK_AGAIN_MS = 1;
/** The runtime reads a file in pieces whose sizes are multiples of this: only between two of them can an environment be cut off. */
const PIECE = 32;
const UNIQUE_ID = /(?:^|\0)UNIQUE_ID=([^\0]*)\0/;
const DECODER = new TextDecoder();
const TELLS_SIZE = tellsSize();
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
  try {
    return parseStat(Deno.readTextFileSync(`/proc/${pid}/stat`)).startTime;
  } catch {
    return null;
  }
}

/** What the system says about a process. */
interface Stat {
  /** Null if it has ended, and only waits to be reaped. */
  readonly startTime: string | null;
  /** Bytes of its environment; null while it is given a program, or if the system does not tell. */
  readonly environSize: number | null;
}

function parseStat(stat: string): Stat {
  // The second field is the name, in parentheses, and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const state = fields[0], startTime = fields[19];
  if (state === "Z" || state === "X") {
    return { startTime: null, environSize: null };
  }
  const isKernelThread = (Number(fields[6]) & KERNEL_THREAD) !== 0;
  // Where its code begins is set last, when where its environment begins and ends is known.
  const isStarted = isKernelThread || fields[23] !== "0";
  const environSize = isStarted
    ? Number(fields[48]) - Number(fields[47])
    : null;
  return { startTime, environSize };
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

/**
 * The `UNIQUE_ID` a process was started with, null if it has none, undefined if
 * it has ended or may not be looked at. What is read of an environment counts
 * only if it is all of it: a program that is just being started has none yet,
 * and who reads the one before may see only its beginning. Never rejects.
 */
async function readUniqueId(pid: number): Promise<string | null | undefined> {
  const deadline = Date.now() + STARTING_MS;
  try {
    for (;;) {
      const environ = await Deno.readFile(`/proc/${pid}/environ`);
      const id = UNIQUE_ID.exec(DECODER.decode(environ))?.[1];
      if (id !== undefined) return id;
      if (environ.length % PIECE !== 0) return null;
      const stat = parseStat(await Deno.readTextFile(`/proc/${pid}/stat`));
      if (stat.startTime === null) return undefined;
      if (!TELLS_SIZE || stat.environSize === environ.length) return null;
      if (Date.now() > deadline) return undefined;
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  } catch {
    return undefined;
  }
}

/** Whether this system tells how large an environment is; some that only look like Linux do not. */
function tellsSize(): boolean {
  try {
    const stat = Deno.readTextFileSync("/proc/self/stat");
    return (parseStat(stat).environSize ?? 0) > 0;
  } catch {
    return false;
  }
}
