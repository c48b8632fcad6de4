/**
 * The file that a unix socket is in the file system.
 *
 * @module
 */
import { ListenError } from "../errors.ts";
import { PLATFORM } from "../process/platform.ts";
import { settlesWithin } from "../settles_within.ts";

/** How many bytes the path of a unix socket may have (unix(7)). */
const MAX_PATH = PLATFORM === "linux" ? 107 : 103;
/** How long a connection may take before whoever is there counts as busy, in milliseconds. */
const PROBE_MS = 1000;

/**
 * The path of a unix socket to listen on, and the file that listening makes
 * there. That of a server which has ended without removing it is replaced;
 * anything else that is there already is left alone.
 */
export class UnixSocket {
  readonly path: string;
  readonly #mode: number | undefined;
  /** Tells the file made by `bind` from others, or null while there is none. */
  #own: string | null = null;

  /**
   * Makes room at the path.
   *
   * @param mode Permissions of the file, such as 0o660. Default: what the umask leaves.
   * @throws {ListenError} If another server listens there, or something lies there that is no socket, or the path cannot be used.
   */
  static async prepare(path: string, mode?: number): Promise<UnixSocket> {
    await removeStale(path);
    return new UnixSocket(path, mode);
  }

  /**
   * Looks whether `prepare` will make room, and changes nothing.
   *
   * @returns Whether there is the socket of a server that has ended, or nothing.
   * @throws {ListenError} If there is no room to be made.
   */
  static async inspect(path: string): Promise<"stale" | "free"> {
    return await findStale(path) === null ? "free" : "stale";
  }

  /** For `prepare`. */
  constructor(path: string, mode?: number) {
    this.path = path;
    this.#mode = mode;
  }

  /**
   * Listens with the right permissions from the first moment on.
   *
   * @param listen Listens at the path, and has done so when it returns.
   * @throws {ListenError} If it throws.
   */
  bind<T>(listen: () => T): T {
    this.#own = null;
    // The mask is the whole process's: back before anything else can happen.
    const mask = this.#mode === undefined
      ? null
      : Deno.umask(~this.#mode & 0o777);
    try {
      const listener = listen();
      this.#own = identify(this.path);
      return listener;
    } catch (error) {
      throw cannotListen(this.path, whyNot(error), error);
    } finally {
      if (mask !== null) Deno.umask(mask);
    }
  }

  /**
   * Ends listening, and leaves no file. The runtime removes whatever is at the
   * path then; a socket that another server has made there since is put back.
   *
   * @param close Ends listening.
   */
  async release(close: () => void | Promise<void>): Promise<void> {
    const found = identify(this.path);
    if (found === null || found === this.#own) {
      await close();
      // A runtime that leaves the file.
      if (identify(this.path) === this.#own) removeQuietly(this.path);
      return;
    }
    const aside = asideOf(this.path);
    const isAside = renameQuietly(this.path, aside);
    try {
      await close();
    } finally {
      if (isAside) renameQuietly(aside, this.path);
    }
  }
}

/** What tells the socket of a server that has ended from others, or null if nothing is there. */
async function findStale(path: string): Promise<string | null> {
  const length = new TextEncoder().encode(path).length;
  if (length > MAX_PATH) {
    throw cannotListen(
      path,
      `the path has ${length} bytes, and a system takes ${MAX_PATH}; choose a shorter one`,
    );
  }
  const found = identify(path);
  if (found === "") {
    throw cannotListen(
      path,
      "something lies there that is no socket; choose another path",
    );
  }
  if (found !== null && !await isStale(path)) throw taken(path);
  return found;
}

async function removeStale(path: string): Promise<void> {
  const found = await findStale(path);
  if (found === null) return;
  try {
    if (!removeIf(path, found)) throw taken(path);
  } catch (error) {
    if (error instanceof ListenError) throw error;
    throw cannotListen(
      path,
      `the socket of a server that has ended cannot be removed (${
        (error as Error).message
      })`,
      error,
    );
  }
}

/** Removes a socket unless a server that starts at the same time has replaced it. Moves it first: what is looked at and what is removed are the same then. */
function removeIf(path: string, identity: string): boolean {
  const aside = asideOf(path);
  try {
    Deno.renameSync(path, aside);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
  if (identify(aside) !== identity) {
    Deno.renameSync(aside, path);
    return false;
  }
  Deno.removeSync(aside);
  return true;
}

function asideOf(path: string): string {
  return `${path}.${crypto.randomUUID()}`;
}

function renameQuietly(from: string, to: string): boolean {
  try {
    Deno.renameSync(from, to);
    return true;
  } catch {
    return false;
  }
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // The directory has been taken from us, or somebody was faster.
  }
}

/** Whether there is nobody who would take a connection. */
async function isStale(path: string): Promise<boolean> {
  const connecting = Deno.connect({ transport: "unix", path });
  const hasSettled = await settlesWithin(connecting, PROBE_MS);
  const closing = connecting.then((conn) => conn.close());
  if (!hasSettled) {
    closing.catch(() => {});
    return false;
  }
  try {
    await closing;
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      throw cannotListen(
        path,
        "there is a socket that may not be connected to; choose another path",
        error,
      );
    }
    return error instanceof Deno.errors.ConnectionRefused ||
      error instanceof Deno.errors.NotFound;
  }
}

/** What tells a socket from others at the same path; "" if it is no socket, null if nothing is there. */
function identify(path: string): string | null {
  try {
    const { isSocket, dev, ino, mtime } = Deno.lstatSync(path);
    // Numbers are given again: the time differs.
    return isSocket ? `${dev} ${ino} ${mtime?.getTime()}` : "";
  } catch {
    return null;
  }
}

function whyNot(error: unknown): string {
  if (error instanceof Deno.errors.AddrInUse) return TAKEN;
  if (error instanceof Deno.errors.NotFound) {
    return "there is no such directory";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return "permission denied; choose a directory that the server's user may write to";
  }
  return error instanceof Error ? error.message : String(error);
}

const TAKEN = "another server listens there; choose another path";

function taken(path: string): ListenError {
  return cannotListen(path, TAKEN);
}

function cannotListen(
  path: string,
  why: string,
  cause?: unknown,
): ListenError {
  return new ListenError(
    `Cannot listen on the unix socket "${path}" (--unixsocket): ${why}`,
    { cause },
  );
}
