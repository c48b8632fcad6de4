/**
 * Files of a directory, for browsers.
 *
 * @module
 */
import { PLATFORM } from "../process/platform.ts";
import { whyNotExecutable } from "../process/resolve_command.ts";
import type { Exchange, Responder } from "./exchange.ts";
import { addHeaders, textResponse } from "./response.ts";
import {
  type Found,
  isInside,
  openRoot,
  pathSegments,
  walk,
} from "./safe_path.ts";
import {
  directoryPage,
  directoryPagePolicy,
  type Entry,
} from "./static/directory_page.ts";
import { fileResponse, STATIC_HEADERS } from "./static/file_response.ts";
import { Secrets } from "./static/secrets.ts";

/** Which files are served. */
export interface StaticOptions {
  /** The directory with the files. */
  readonly staticDir: string;
  /** Answers with a list of what is in a directory without `index.html`. @default {false} */
  readonly listing?: boolean;
  /** Directories that are not served, with all that is in them, though they lie in `staticDir`, as absolute paths without symlinks. Others do not matter. @default {[]} */
  readonly except?: readonly string[];
  /** Files that are not served though they may lie in `staticDir`, by whatever path, now or later. @default {[]} */
  readonly secrets?: readonly string[];
  /** Directories whose files are programs if they can be executed, as absolute paths without symlinks: such files are run by another part of the server, and not served though they lie in `staticDir`. @default {[]} */
  readonly programDirs?: readonly string[];
}

/** {@linkcode StaticOptions}, checked. */
interface Site {
  readonly root: string;
  readonly listing: boolean;
  readonly except: readonly string[];
  readonly secrets: Secrets;
  readonly programDirs: readonly string[];
}

/** Entries in a listing. Each costs a look at the disk. */
const MAX_ENTRIES = 2000;

/**
 * Answers GET and HEAD requests with files: `index.html` for a directory, ranges
 * and 304 where the client asks for them. Null for what does not exist and what
 * is not to be seen: files and directories whose names begin with a dot (but
 * for `/.well-known/`, RFC 8615), what lies outside of the directory, what is
 * neither a file nor a directory, and what is a program to another part.
 *
 * @throws {OptionError} If there is no such directory.
 */
export function staticFiles({
  staticDir,
  listing = false,
  except = [],
  secrets = [],
  programDirs = [],
}: StaticOptions): Responder {
  const root = openRoot(staticDir, "--staticdir");
  const site = {
    root,
    listing,
    except: except.filter((path) => isInside(root, path)),
    secrets: new Secrets(secrets),
    programDirs,
  };
  return (exchange) => answer(exchange, site);
}

async function answer(
  { request, target }: Exchange,
  site: Site,
): Promise<Response | null> {
  const segments = pathSegments(target.rawPath);
  site.secrets.refresh();
  const found = segments === null ? null : await look(site, segments);
  if (segments === null || found === null) return null;
  const { isDirectory } = found.info;
  const names = segments.filter((name) => name !== "");
  const file = isDirectory ? await look(site, [...names, "index.html"]) : found;
  const isFile = file?.info.isFile === true;
  if (!isFile && !(isDirectory && site.listing)) return null;

  if (request.method !== "GET" && request.method !== "HEAD") {
    return textResponse(405, "Files are here to be read: use GET or HEAD", [
      ["allow", "GET, HEAD"],
    ]);
  }
  if (isDirectory && segments.at(-1) !== "") {
    return redirect(`./${encodeURIComponent(names.at(-1)!)}/`, target.query);
  }
  return isFile
    ? await fileResponse(request, file)
    : await listDirectory(site, found, names);
}

/** Finds what a path names, if it is to be seen. */
async function look(
  { root, except, secrets, programDirs }: Site,
  segments: readonly string[],
): Promise<Found | null> {
  if (isHidden(segments)) return null;
  const found = await walk(root, segments);
  if (found === null || found.used < segments.length) return null;
  if (except.some((path) => isInside(path, found.realPath))) return null;
  if (secrets.has(found)) return null;
  if (
    programDirs.some((path) => isInside(path, found.realPath)) &&
    whyNotExecutable(found.realPath) === null
  ) return null;
  // Windows and macOS know files by other names as well, such as GIT~1.
  if (PLATFORM !== "linux") {
    const real = found.realPath.slice(root.length).split(/[/\\]/);
    if (isHidden(real.filter((name) => name !== ""))) return null;
  }
  return found;
}

function isHidden(names: readonly string[]): boolean {
  return names.some((name, index) =>
    name.startsWith(".") && !(index === 0 && name === ".well-known")
  );
}

/** Sends a client on. From `./` on nothing can be taken for another server's name. */
function redirect(path: string, query: string): Response {
  const asSent = query.replace(/[^\x21-\x7e]+/g, encodeURIComponent);
  const headers = new Headers({
    location: asSent === "" ? path : `${path}?${asSent}`,
  });
  addHeaders(headers, STATIC_HEADERS);
  return new Response(null, { status: 301, headers });
}

async function listDirectory(
  site: Site,
  { realPath }: Found,
  names: readonly string[],
): Promise<Response | null> {
  const entries: Entry[] = [];
  let isCut = false;
  try {
    for await (const { name } of Deno.readDir(realPath)) {
      const entry = await describe(site, names, name);
      if (entry === null) continue;
      isCut = entries.length === MAX_ENTRIES;
      if (isCut) break;
      entries.push(entry);
    }
  } catch {
    // Gone meanwhile, or not for this server to read.
    return null;
  }
  const headers = new Headers({
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": await directoryPagePolicy(),
  });
  addHeaders(headers, STATIC_HEADERS);
  return new Response(directoryPage(names, entries, isCut), { headers });
}

/** An entry of a listing; null for what a request could not get. */
async function describe(
  site: Site,
  names: readonly string[],
  name: string,
): Promise<Entry | null> {
  // A name may have a backslash on one system, and a URL must not.
  const segments = pathSegments(`/${encodeURIComponent(name)}`);
  const found = segments === null || name.startsWith(".")
    ? null
    : await look(site, [...names, name]);
  if (found === null) return null;
  const { isFile, isDirectory, size, mtime } = found.info;
  return isFile || isDirectory
    ? { name, isDirectory, size, modified: mtime }
    : null;
}
