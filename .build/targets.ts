/** A kind of machine that a binary can be made for. */
export interface Target {
  /** As in `--target=linux-x64` and in the names of files. */
  readonly name: string;
  /** As Deno calls it. */
  readonly triple: string;
  /**
   * The permissions of the binary there. On Linux, what a program has started
   * is found in /proc, which Deno opens to `--allow-all` only. Elsewhere the
   * list leaves out calls into native libraries and code from the network.
   */
  readonly permissions: readonly string[];
}

const LISTED = ["read", "write", "net", "run", "env", "sys"]
  .map((name) => `--allow-${name}`);

/** All machines that Deno compiles for. */
export const TARGETS: readonly Target[] = [
  target("linux-x64", "x86_64-unknown-linux-gnu", ["--allow-all"]),
  target("linux-arm64", "aarch64-unknown-linux-gnu", ["--allow-all"]),
  target("macos-x64", "x86_64-apple-darwin", LISTED),
  target("macos-arm64", "aarch64-apple-darwin", LISTED),
  target("windows-x64", "x86_64-pc-windows-msvc", LISTED),
  target("windows-arm64", "aarch64-pc-windows-msvc", LISTED),
];

/** The machine that this runs on. */
export function thisTarget(): Target {
  const found = TARGETS.find(({ triple }) => triple === Deno.build.target);
  if (found !== undefined) return found;
  throw new Error(`Cannot compile for "${Deno.build.target}": unknown to Deno`);
}

function target(
  name: string,
  triple: string,
  permissions: readonly string[],
): Target {
  return { name, triple, permissions };
}
