/**
 * What Linux says about processes, for tests of what a session leaves behind.
 *
 * @module
 */
import { eventually } from "./deadline.ts";

/** Whether a process runs. One that has ended and only waits to be reaped does not. */
export function isRunning(pid: number): boolean {
  return !["X", "Z", ""].includes(stateOf(pid));
}

/** Whether a process has ended and nobody has asked how. */
export function isZombie(pid: number): boolean {
  return stateOf(pid) === "Z";
}

/** Waits until none of the processes runs. Those that do are killed in any case, so that a failure leaves nothing behind. */
export async function allGone(
  pids: readonly number[],
  ms?: number,
): Promise<void> {
  const left = () => pids.filter(isRunning);
  try {
    await eventually(
      () => left().length === 0,
      () => `the end of ${left().map(describe).join(", ")}`,
      ms,
    );
  } finally {
    for (const pid of left()) Deno.kill(pid, "SIGKILL");
  }
}

/** The children of a process, ended ones that nobody has reaped included. */
export function childrenOf(pid: number): number[] {
  const children: number[] = [];
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    const list = read(`/proc/${pid}/task/${name}/children`);
    children.push(...list.split(" ").filter((id) => id !== "").map(Number));
  }
  return children;
}

/** Number of files a process has open. */
export function openFiles(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/** The most memory a process has had at once, in MiB. */
export function peakMiB(pid: number): number {
  const [, kiB] = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`)) ??
    [];
  return Number(kiB) / 1024;
}

function stateOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  // The name, in parentheses, may hold spaces.
  return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
}

function describe(pid: number): string {
  return `${pid} (${read(`/proc/${pid}/cmdline`).replaceAll("\0", " ")})`;
}

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
