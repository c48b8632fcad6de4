/**
 * How programs of each language are made to print at once.
 *
 * @module
 */

/** By the name of the interpreter or program, without version. */
const HINTS: Readonly<Record<string, string>> = {
  awk: "call fflush() after print",
  gawk: "call fflush() after print",
  mawk: "call fflush() after print, and start it as mawk -W interactive",
  grep: "add --line-buffered to grep",
  jq: "add --unbuffered to jq",
  lua: 'write io.stdout:setvbuf("line") at its beginning',
  perl: "write $| = 1; at its beginning",
  python:
    "print with flush=True, or leave --unbuffer at env, which sets PYTHONUNBUFFERED=1",
  ruby: "write $stdout.sync = true at its beginning",
  sed: "add -u to sed",
  tclsh: "write fconfigure stdout -buffering line at its beginning",
};
const SHELLS = new Set(["sh", "bash", "dash", "ksh", "zsh", "busybox"]);

/**
 * What to write so that a program prints at once.
 *
 * @param name Its interpreter, or the program itself: `python3.11`.
 */
export function flushHint(name: string): string {
  const plain = name.replace(/[\d.]+$/, "");
  if (SHELLS.has(plain)) {
    return "a program in it keeps what it prints: see to grep --line-buffered, sed -u, awk's fflush(), or put stdbuf -oL before that program";
  }
  return HINTS[plain] ??
    "flush its output after each line; in C, setvbuf(stdout, NULL, _IOLBF, 0) does so at its beginning";
}
