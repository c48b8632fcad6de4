/**
 * The directories that are to be served.
 *
 * @module
 */
import { authFiles } from "../http/auth/auth_files.ts";
import { isPlainFile } from "../http/cgi/plain_file.ts";
import { passedEnv } from "../http/cgi_env.ts";
import { isInside, realPathOf } from "../http/safe_path.ts";
import type { ServeOptions } from "../server/serve_options.ts";
import { DEFAULT_PASS_ENV } from "../process/platform.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import { inspectProgramFile } from "./program_file.ts";

/** Files looked at in one directory of programs. More are counted only. */
const MOST = 1000;

/** Looks at each directory, the programs in it, and what lies in what. */
export function inspectDirectories(options: ServeOptions): Finding[] {
  const { dir, cgiDir, staticDir, passEnv = DEFAULT_PASS_ENV } = options;
  const path = passedEnv(passEnv).PATH;
  const findings = [
    ...(dir === undefined ? [] : inspectPrograms("--dir", dir, path)),
    ...(cgiDir === undefined
      ? []
      : inspectPrograms("--cgidir", cgiDir, path, staticDir)),
    ...(staticDir === undefined ? [] : inspectFiles(staticDir, options)),
  ];
  return findings.some(({ mark }) => mark === "problem")
    ? findings
    : [...findings, ...overlaps(options)];
}

function inspectPrograms(
  flag: "--dir" | "--cgidir",
  root: string,
  searchPath: string | undefined,
  staticDir?: string,
): Finding[] {
  const unusable = whyUnusable(flag, root);
  if (unusable !== null) return [unusable];
  // Where static files are, too, not every file is meant to be a script.
  const isBesideFiles = staticDir !== undefined &&
    (isInside(realPathOf(staticDir), realPathOf(root)) ||
      isInside(realPathOf(root), realPathOf(staticDir)));
  const files: string[] = [];
  const unreadable: string[] = [];
  const outside: string[] = [];
  let isCut = false;
  const queue = [root];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    let entries: Deno.DirEntry[];
    try {
      entries = [...Deno.readDirSync(at)];
    } catch {
      unreadable.push(at);
      continue;
    }
    for (const { name, isDirectory, isSymlink } of entries) {
      const info = isSymlink ? statOrNull(`${at}/${name}`) : null;
      if (
        info !== null &&
        !isInside(realPathOf(root), realPathOf(`${at}/${name}`))
      ) {
        outside.push(`${at}/${name}`);
        continue;
      }
      // What it leads to is looked at where it is.
      if (info?.isDirectory) continue;
      const isHidden = name.startsWith(".");
      // A CGI script is never one of those; a program of --dir may be.
      if (isHidden && (isDirectory || flag === "--cgidir")) continue;
      if (isDirectory) queue.push(`${at}/${name}`);
      else if (isBesideFiles && isPlainFile(`${at}/${name}`)) continue;
      else if (files.length < MOST) files.push(`${at}/${name}`);
      else isCut = true;
    }
  }
  const wrong = files.map((file) =>
    inspectProgramFile(file, searchPath, flag).finding
  ).filter(({ mark }) => mark !== "ok");
  const right = files.length - wrong.length;
  return [
    files.length === 0
      ? warning(
        flag,
        `${JSON.stringify(root)} has no files: every client gets 404`,
        "put programs into it",
      )
      : ok(
        flag,
        `${JSON.stringify(root)} has ${right} ${
          right === 1 ? "program" : "programs"
        } that can be started${isCut ? `, of the first ${MOST} files` : ""}`,
      ),
    // The rest of the directory works: a README beside the programs is no reason not to start.
    ...wrong.map(({ message, advice }) => warning(flag, message, advice)),
    ...outside.slice(0, MOST).map((path) =>
      warning(
        flag,
        `${
          JSON.stringify(path)
        } is a symbolic link that leads out of the directory: who asks for it gets 404`,
        "copy what it leads to, or write a script there that starts it",
      )
    ),
    ...unreadable.map((path) =>
      warning(
        flag,
        `${JSON.stringify(path)} cannot be read`,
        "let the server's user read it",
      )
    ),
  ];
}

function inspectFiles(
  root: string,
  { listing = false, command, dir, cgiDir, devConsole }: ServeOptions,
): Finding[] {
  const unusable = whyUnusable("--staticdir", root);
  if (unusable !== null) return [unusable];
  const shown = JSON.stringify(root);
  const hasIndex = statOrNull(`${root}/index.html`)?.isFile ?? false;
  if (!hasIndex && !listing && cgiDir === undefined) {
    return [
      warning(
        "--staticdir",
        `${shown} has no index.html: a browser that opens the server's address gets 404`,
        devConsole || (command ?? dir) === undefined
          ? "add one, or add --listing"
          : "add one, or add --listing; --devconsole serves a page to try the program with",
      ),
    ];
  }
  return [ok("--staticdir", `${shown} can be read`)];
}

function whyUnusable(flag: string, path: string): Finding | null {
  const shown = JSON.stringify(path);
  const info = statOrNull(path);
  if (info === null) {
    return problem(flag, `${shown} is not there`, "create it, or correct it");
  }
  if (!info.isDirectory) {
    return problem(
      flag,
      `${shown} is a file`,
      flag === "--dir"
        ? "to serve one program, write it without --dir"
        : "name the directory that it is in",
    );
  }
  try {
    Deno.readDirSync(path)[Symbol.iterator]().next();
    return null;
  } catch (error) {
    return problem(
      flag,
      `${shown} cannot be read: ${(error as Error).message}`,
      "let the server's user read it",
    );
  }
}

/** What lies where it can be seen, or run, by others than those it is for. */
function overlaps(
  { command, dir, cgiDir, staticDir, sslKey, auth = [] }: ServeOptions,
): Finding[] {
  const findings: Finding[] = [];
  if (staticDir !== undefined) {
    for (const [flag, programs] of [["--dir", dir], ["--cgidir", cgiDir]]) {
      if (programs === undefined) continue;
      if (flag === "--dir" && isSame(programs, staticDir)) {
        findings.push(
          warning(
            "directories",
            "--dir and --staticdir are the same: programs are not shown, but everybody can read what they are made of",
            "put them into a directory of their own",
          ),
        );
      } else if (liesWithin(staticDir, programs)) {
        findings.push(
          warning(
            "directories",
            `--staticdir lies within ${flag}: a file in it that can be executed can be run`,
            "put them side by side",
          ),
        );
      }
    }
    if (command !== undefined && liesWithin(command, staticDir)) {
      findings.push(
        warning(
          "directories",
          "the program lies within --staticdir: it is not shown, but everybody can read what it imports",
          "put what is to be seen into a directory of its own",
        ),
      );
    }
    const secrets = [
      ...authFiles(auth).map((path) => [path, "--auth"]),
      ...(sslKey === undefined ? [] : [[sslKey, "--sslkey"]]),
    ];
    for (const [path, flag] of secrets) {
      // Names that begin with a dot are never served.
      if (!liesWithin(path, staticDir) || /(?:^|\/)\.[^/.]/.test(path)) {
        continue;
      }
      findings.push(
        warning(
          "directories",
          `${
            JSON.stringify(path)
          } (${flag}) lies within --staticdir: it is not served, but copies of it would be`,
          "move it out of there",
        ),
      );
    }
  }
  if (dir !== undefined && cgiDir !== undefined && isSame(dir, cgiDir)) {
    findings.push(
      warning(
        "directories",
        "--dir and --cgidir are the same: every program in it is run for plain requests too",
        "put CGI scripts into a directory of their own",
      ),
    );
  }
  return findings;
}

function isSame(one: string, other: string): boolean {
  return realPathOf(one) === realPathOf(other);
}

/** Not if they are the same. */
function liesWithin(path: string, directory: string): boolean {
  return !isSame(path, directory) &&
    isInside(realPathOf(directory), realPathOf(path));
}

function statOrNull(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch {
    return null;
  }
}
