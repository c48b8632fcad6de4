/**
 * A program together with everything it has started, so that all of it can be
 * ended: a shell's own children would otherwise outlive it.
 *
 * @module
 */
import { PLATFORM } from "./platform.ts";
import { descendantsOf, findByUniqueId, startTimeOf } from "./proc_scan.ts";

/** The signals of the ladder. */
export type Signal = "SIGINT" | "SIGTERM" | "SIGKILL";

/**
 * Linux tells who descends from whom, and with what environment, after the
 * fact, which costs nothing at the start; a new session for each program makes
 * the runtime fork instead of using `posix_spawn`, 1.5 to 2.7 ms of the main
 * thread. Other Unix systems have no `/proc`, so there each program leads a
 * process group.
 */
export const STARTS_DETACHED: boolean = PLATFORM === "unix" ||
  (PLATFORM === "linux" && !procIsReadable());

/** Everybody who has to end with a program. */
export interface Family {
  /** Whether anything of it is known to be alive. Never rejects. */
  alive(): Promise<boolean>;
  /** Sends a signal to every member. Never rejects: a member that has ended meanwhile is fine. */
  signal(signal: Signal): Promise<void>;
  /** Looks who belongs to it now, to know them when the program has ended. */
  remember(): void;
}

/** A process and its descendants. */
export class ProcessFamily implements Family {
  readonly #pid: number;
  readonly #id: string;
  readonly #headAlive: () => boolean;
  /** Descendants seen while somebody led to them, with when they started. They may have neither parent nor environment later. */
  readonly #seen = new Map<number, string>();

  /**
   * @param pid Process id of the program.
   * @param id The `UNIQUE_ID` in its environment, which descendants inherit.
   * @param headAlive Whether the program itself runs; its process id may belong to somebody else as soon as it does not.
   */
  constructor(pid: number, id: string, headAlive: () => boolean) {
    this.#pid = pid;
    this.#id = id;
    this.#headAlive = headAlive;
  }

  /** As declared; costs a look at the system's process table. */
  async alive(): Promise<boolean> {
    if (this.#headAlive()) return true;
    if (PLATFORM === "windows") return false;
    if (STARTS_DETACHED) return kill(-this.#pid, 0);
    if (this.#seenAlive().length > 0) return true;
    return (await findByUniqueId(this.#id)).length > 0;
  }

  async signal(signal: Signal): Promise<void> {
    if (PLATFORM === "windows") {
      if (this.#headAlive()) await taskkill(this.#pid, signal === "SIGKILL");
      return;
    }
    if (STARTS_DETACHED) {
      kill(-this.#pid, signal);
      return;
    }
    // Descendants first would let a shell see its child die and go on to its
    // next command; the head first, like a terminal's whole group, does not.
    this.remember();
    if (this.#headAlive()) kill(this.#pid, signal);
    const known = new Set(this.#seenAlive());
    for (const pid of known) kill(pid, signal);
    for (const pid of await findByUniqueId(this.#id)) {
      if (pid !== this.#pid && !known.has(pid)) kill(pid, signal);
    }
  }

  remember(): void {
    if (PLATFORM !== "linux" || STARTS_DETACHED) return;
    const roots = this.#headAlive() ? [this.#pid] : this.#seenAlive();
    for (const pid of roots.flatMap(descendantsOf)) {
      const startTime = this.#seen.has(pid) ? null : startTimeOf(pid);
      if (startTime !== null) this.#seen.set(pid, startTime);
    }
  }

  #seenAlive(): number[] {
    for (const [pid, startTime] of this.#seen) {
      if (startTimeOf(pid) !== startTime) this.#seen.delete(pid);
    }
    return [...this.#seen.keys()];
  }
}

/** Sends a signal; 0 only asks. Tells whether there was somebody to receive it. */
function kill(pid: number, signal: Signal | 0): boolean {
  try {
    Deno.kill(pid, signal as Deno.Signal);
    return true;
  } catch (error) {
    return error instanceof Deno.errors.PermissionDenied;
  }
}

/** Windows knows no signals: ask the tree to close, or end it. */
async function taskkill(pid: number, force: boolean): Promise<void> {
  try {
    await new Deno.Command("taskkill", {
      args: ["/T", ...(force ? ["/F"] : []), "/PID", String(pid)],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
  } catch {
    // No taskkill on this machine; the program has had its stdin closed.
  }
}

function procIsReadable(): boolean {
  try {
    Deno.statSync("/proc/self/environ");
    return true;
  } catch {
    return false;
  }
}
