/**
 * What a server's clients cost it in memory.
 *
 * @module
 */
import { peakMiB } from "./processes.ts";
import { RawClient } from "./raw_client.ts";

/** Memory that a process has now, in MiB. */
export function residentMiB(pid: number): number {
  const [, kiB] = /^VmRSS:\s+(\d+) kB$/m.exec(
    Deno.readTextFileSync(`/proc/${pid}/status`),
  )!;
  return Number(kiB) / 1024;
}

/** How much a process's memory grows. */
export class Growth {
  readonly #pid: number;
  readonly #before: number;

  /** Starts counting, from what the process has now. */
  constructor(pid: number) {
    this.#pid = pid;
    // Resets the peak (proc(5)).
    Deno.writeTextFileSync(`/proc/${pid}/clear_refs`, "5");
    this.#before = residentMiB(pid);
  }

  /** MiB more than at the start. */
  get now(): number {
    return residentMiB(this.#pid) - this.#before;
  }

  /** The most MiB that there ever were more than at the start. */
  get peak(): number {
    return peakMiB(this.#pid) - this.#before;
  }
}

/** Has an echo of lines do its work for a while, so that its code is loaded and compiled. */
export async function warmUp(port: number): Promise<void> {
  for (let i = 0; i < 5; i++) {
    using client = await RawClient.open(port);
    for (const size of [1, 1000, 1 << 16, 1 << 20]) {
      await client.send("x".repeat(size));
      await client.message();
    }
    await client.leave();
  }
}
