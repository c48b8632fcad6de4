/**
 * What differs between operating systems, in one place.
 *
 * @module
 */

/** The operating systems that need different code. `unix` is macOS and the BSDs. */
export type Platform = "linux" | "unix" | "windows";

/** The operating system this runs on. */
export const PLATFORM: Platform = Deno.build.os === "windows"
  ? "windows"
  : Deno.build.os === "linux" || Deno.build.os === "android"
  ? "linux"
  : "unix";

/** Separates the directories in PATH. */
export const PATH_SEPARATOR: ":" | ";" = PLATFORM === "windows" ? ";" : ":";

/**
 * Variables of the server's own environment that programs get unless told
 * otherwise: what it takes to find other programs and their libraries.
 */
export const DEFAULT_PASS_ENV: readonly string[] = Deno.build.os === "darwin"
  ? ["PATH", "DYLD_LIBRARY_PATH"]
  : PLATFORM === "windows"
  ? ["PATH", "SystemRoot", "COMSPEC", "PATHEXT", "WINDIR"]
  : Deno.build.os === "solaris"
  ? ["PATH", "LD_LIBRARY_PATH", "LD_LIBRARY_PATH_32", "LD_LIBRARY_PATH_64"]
  : ["PATH", "LD_LIBRARY_PATH"];
