/**
 * Giving memory back after a rush of new clients.
 *
 * @module
 */
import { builtin } from "../builtin.ts";

/** New sessions that make it worth looking. */
const RUSH = 64;
/** How often to look whether the server has become quiet, in milliseconds. */
const LOOK_MS = 500;
/** Processor time, in microseconds. */
interface Usage {
  readonly user: number;
  readonly system: number;
}

/** Part of a processor that a quiet server uses at most. */
const QUIET = 0.05;
/** Bytes of a heap that is collected in one go; each MB stops the server for 1 ms (measured). */
const LARGEST_HEAP = 48 << 20;

/**
 * Each new session leaves garbage, and V8 enlarges the space for new objects in
 * a rush, by 13 MB or so, and keeps it: it shrinks only in a full collection,
 * which an idle server never has. This makes one when the rush is over and
 * nothing goes on that could be held up. With 500 idle clients it is 20 KiB for
 * each of them.
 */
export class Tidy {
  #opened = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #usage: Usage = { user: 0, system: 0 };

  /** Counts a new session. */
  sessionOpened(): void {
    if (++this.#opened < RUSH || this.#timer !== undefined) return;
    this.#usage = builtin("node:process").cpuUsage();
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
  }

  /** Stops looking. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    const { cpuUsage } = builtin("node:process");
    const { user, system } = cpuUsage(this.#usage);
    this.#usage = cpuUsage();
    if (user + system > QUIET * LOOK_MS * 1000) return;
    this.stop();
    this.#opened = 0;
    if (Deno.memoryUsage().heapUsed <= LARGEST_HEAP) await collect();
  }
}

/** Has V8 collect everything. It shows how only to contexts made after it was asked for. Loaded late: most servers never need it. */
async function collect(): Promise<void> {
  try {
    const { setFlagsFromString } = await import("node:v8");
    const { runInNewContext } = await import("node:vm");
    setFlagsFromString("--expose-gc");
    runInNewContext("gc()");
  } catch {
    // Not to be had in this runtime; the memory stays where it is.
  }
}
