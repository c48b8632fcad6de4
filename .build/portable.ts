import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { VERSION } from "../lib/version.ts";
import { BuildError } from "./build_error.ts";
import type { Bundle } from "./bundle.ts";
import { START_FLAGS } from "./start_flags.ts";
import { thisTarget } from "./targets.ts";
import { tar } from "./tar.ts";

/** Settings of {@linkcode writePortable}. */
export interface PortableOptions {
  /** The runtime to pack. @default {Deno.execPath()} */
  readonly runtime?: string;
}

/**
 * Writes a bundle and a runtime as one executable file: a shell script, and
 * behind its last line a compressed archive that it unpacks.
 *
 * @throws {BuildError} On Windows, which has no shell to run it.
 */
export async function writePortable(
  { folder, files }: Bundle,
  output: string,
  { runtime = Deno.execPath() }: PortableOptions = {},
): Promise<void> {
  const { name } = thisTarget();
  if (name.startsWith("windows-")) {
    throw new BuildError(
      "Cannot make a portable file on Windows: it is a shell script, for Linux and macOS",
    );
  }
  const members = [
    { name: "websocketd", path: runtime, mode: 0o700 },
    ...files.map((file) => ({
      name: file,
      path: `${folder}/${file}`,
      mode: 0o600,
    })),
  ];
  const sums = await Promise.all(
    members.map(async ({ name, path }) => `${await sha256(path)}  ${name}`),
  );
  const key = createHash("sha256").update(sums.join("\n")).digest("hex");
  await Deno.mkdir(dirname(output), { recursive: true });
  // Never half of a file under the name: whoever starts it meanwhile gets the old one.
  const part = `${output}.part`;
  try {
    await Deno.writeTextFile(part, await script({ key, sums, name }));
    await append(part, members);
    await Deno.chmod(part, 0o755);
    await Deno.rename(part, output);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw error;
  }
}

async function append(
  path: string,
  members: Parameters<typeof tar>[0],
): Promise<void> {
  using file = await Deno.open(path, { append: true });
  // 9 takes twice the time of 6 for half a percent.
  await pipeline(tar(members), createGzip({ level: 6 }), async (chunks) => {
    for await (const chunk of chunks) await writeAll(file, chunk);
  });
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await file.write(bytes.subarray(at));
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** The script in front, which knows where it ends. */
async function script(
  { key, sums, name }: {
    readonly key: string;
    readonly sums: readonly string[];
    readonly name: string;
  },
): Promise<string> {
  const system = UNAME[name];
  const template = await Deno.readTextFile(
    new URL("./portable.sh", import.meta.url),
  );
  const values: Record<string, string> = {
    VERSION,
    DENO: Deno.version.deno,
    TARGET: name,
    SYSTEM: system,
    KEY: `${VERSION}-${key.slice(0, 16)}`,
    SUMS: sums.join("\n"),
    FLAGS: START_FLAGS.join(" "),
  };
  const filled = template.replace(
    /@([A-Z]+)@/g,
    (whole, key) => values[key] ?? whole,
  );
  // As many digits as the mark has letters, so that filling it in does not move the end.
  const size = new TextEncoder().encode(filled).length;
  return filled.replace("@START@", String(size + 1).padStart(7, "0"));
}

/** What `uname -sm` says on each target. */
const UNAME: Readonly<Record<string, string>> = {
  "linux-x64": "Linux x86_64",
  "linux-arm64": "Linux aarch64",
  "macos-x64": "Darwin x86_64",
  "macos-arm64": "Darwin arm64",
};
