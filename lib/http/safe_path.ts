/**
 * From the path of a URL to a file below a directory, and to no other file.
 *
 * @module
 */
import { OptionError } from "../errors.ts";
import { PLATFORM, type Platform } from "../process/platform.ts";

/** What a walk down a directory found. */
export interface Found {
  /** The root and the segments that were walked. */
  readonly path: string;
  /** Where that is without symlinks: inside the root. */
  readonly realPath: string;
  /** What is there, symlinks followed. */
  readonly info: Deno.FileInfo;
  /** How many segments lead to it. */
  readonly used: number;
}

/** Between the names of a path of the file system. */
const SEPARATOR = PLATFORM === "windows" ? "\\" : "/";

/** Names that are devices in every directory, whatever extension they have, and characters that lead out of a name. */
const NOT_ON_WINDOWS =
  /[:*?"<>|\p{Cc}]|[. ]$|^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)/iu;

/**
 * The segments of the path of a URL, each decoded once, after splitting: what
 * was encoded never becomes a separator. Empty ones stay, but for the one
 * before the first `/`.
 *
 * @param rawPath As sent: percent-encoded, beginning with `/`.
 * @returns Null if a segment cannot be a name: percent-encoding that is not UTF-8, `.` and `..`, a slash, a backslash or NUL, and on Windows what is special there.
 */
export function pathSegments(
  rawPath: string,
  platform: Platform = PLATFORM,
): string[] | null {
  if (!rawPath.startsWith("/")) return null;
  const segments: string[] = [];
  for (const raw of rawPath.slice(1).split("/")) {
    const segment = decode(raw);
    if (segment === null || !isName(segment, platform)) return null;
    segments.push(segment);
  }
  return segments;
}

/**
 * Makes a directory the root of walks.
 *
 * @param flag The flag that names the directory, for the error: `--staticdir`.
 * @returns Its absolute path without symlinks.
 * @throws {OptionError} If there is no such directory.
 */
export function openRoot(dir: string, flag: string): string {
  let reason = "it is not a directory";
  try {
    const root = Deno.realPathSync(dir);
    if (Deno.statSync(root).isDirectory) return root;
  } catch (error) {
    reason = error instanceof Deno.errors.NotFound
      ? "there is no such directory"
      : error instanceof Error
      ? error.message
      : String(error);
  }
  throw new OptionError(`Cannot use ${flag}=${dir}: ${reason}`);
}

/**
 * Walks down from a root, segment by segment, to the first that is no directory
 * or to the last. An empty segment at the end stands for the directory before
 * it. Never rejects: what cannot be looked at is not there.
 *
 * @param root From {@linkcode openRoot}.
 * @param segments From {@linkcode pathSegments}.
 * @returns Null if nothing is there, if an empty segment has others behind it, or if symlinks lead out of the root.
 */
export async function walk(
  root: string,
  segments: readonly string[],
): Promise<Found | null> {
  let path = root;
  let info = await orNull(Deno.stat(root));
  let used = 0;
  while (info?.isDirectory && used < segments.length) {
    const segment = segments[used++];
    if (segment === "") {
      if (used < segments.length) return null;
    } else {
      path = below(path) + segment;
      info = await orNull(Deno.stat(path));
    }
  }
  if (info === null) return null;
  const realPath = await orNull(Deno.realPath(path));
  if (realPath === null || !isInside(root, realPath)) return null;
  return { path, realPath, info, used };
}

/**
 * Whether a path is a root or below it.
 *
 * @param realPath Absolute and without symlinks, as the root.
 */
export function isInside(root: string, realPath: string): boolean {
  return realPath === root || realPath.startsWith(below(root));
}

/** The path without symlinks, absolute; as it is if there is nothing. */
export function realPathOf(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path;
  }
}

/** A directory's path, for names to be added. */
export function below(directory: string): string {
  return directory.endsWith(SEPARATOR) ? directory : directory + SEPARATOR;
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

function isName(segment: string, platform: Platform): boolean {
  if (segment === "." || segment === ".." || /[/\\\0]/.test(segment)) {
    return false;
  }
  return platform !== "windows" || !NOT_ON_WINDOWS.test(segment);
}

async function orNull<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch {
    return null;
  }
}
