/**
 * From a URL to a CGI script.
 *
 * @module
 */
import { PLATFORM } from "../../process/platform.ts";
import { pathSegments, walk } from "../safe_path.ts";

/** A file in a CGI directory, and what of the URL led to it. */
export interface Script {
  /** Its absolute path. */
  readonly path: string;
  /** The directory it is in, where it is run. */
  readonly directory: string;
  /** The part of the decoded path that names it: `SCRIPT_NAME`. */
  readonly scriptName: string;
  /** The decoded path behind it: `PATH_INFO`. */
  readonly pathInfo: string;
}

/**
 * The script a path names. Null if there is none, if a name on the way begins
 * with a dot, or if the path or a symlink leads out of the directory.
 *
 * @param root From `openRoot`.
 */
export async function findScript(
  root: string,
  rawPath: string,
): Promise<Script | null> {
  const segments = pathSegments(rawPath);
  const found = segments === null ? null : await walk(root, segments);
  if (segments === null || !found?.info.isFile) return null;
  const names = segments.slice(0, found.used);
  if (names.some(isHidden)) return null;
  // Windows and macOS know files by other names as well, such as GIT~1.
  if (
    PLATFORM !== "linux" &&
    found.realPath.slice(root.length).split(/[/\\]/).some(isHidden)
  ) {
    return null;
  }
  const { path } = found;
  return {
    path,
    directory: path.slice(0, -names.at(-1)!.length),
    scriptName: `/${names.join("/")}`,
    pathInfo: segments.slice(found.used).map((name) => `/${name}`).join(""),
  };
}

function isHidden(name: string): boolean {
  return name.startsWith(".");
}
