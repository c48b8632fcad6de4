/**
 * What the value of a flag may be, for the completions of every shell.
 *
 * @module
 */
import { CHECK_FLAGS } from "../check/check_flags.ts";
import { CONNECT_FLAGS } from "../connect/connect_flags.ts";
import { type Flag, FLAGS, type FlagType } from "../flags.ts";

/** A flag of one of the commands. */
export interface CompletedFlag
  extends Pick<Flag, "name" | "value" | "help" | "choices"> {
  readonly type: FlagType;
  /** One letter, written behind one dash. */
  readonly short?: string;
}

/** A command, and what it takes before the program or address. */
export interface CompletedCommand {
  readonly name: "server" | "check" | "connect";
  readonly flags: readonly CompletedFlag[];
}

/** What can be offered for a value: one of some words, a path, or nothing that is known. */
export type ValueKind =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "file" | "directory" | "any" };

const CHECK_NAMES: ReadonlySet<string> = new Set(
  CHECK_FLAGS.map(({ name }) => name),
);

/** The commands with all their flags: `check` takes those of a server too. */
export const COMPLETED_COMMANDS: readonly CompletedCommand[] = [
  { name: "server", flags: FLAGS },
  {
    name: "check",
    flags: [
      ...CHECK_FLAGS,
      ...FLAGS.filter(({ name }) => !CHECK_NAMES.has(name)),
    ],
  },
  { name: "connect", flags: CONNECT_FLAGS },
];

/** What to offer for the value of a flag; null if it takes none, or need not have one. */
export function valueKind(flag: CompletedFlag): ValueKind | null {
  if (flag.value === null) return null;
  if (flag.choices !== undefined) {
    return { kind: "words", words: flag.choices };
  }
  if (flag.name === "auth") {
    const words = ["basic:", "token", "token:", "header:", "exec:"];
    return { kind: "words", words };
  }
  if (flag.value === "DIR") return { kind: "directory" };
  return flag.value === "FILE" || flag.name === "unixsocket"
    ? { kind: "file" }
    : { kind: "any" };
}

/** Whether the value may be the next word. */
export function takesNextWord(flag: CompletedFlag): boolean {
  return flag.value !== null && flag.type !== "optional";
}

/** Longest help that shells show beside a flag without breaking lines, in characters. */
const LONGEST = 70;

/** What a flag does, in its first few words. */
export function shortHelp({ help }: CompletedFlag): string {
  const first = help.split(/(?<=[^.][.:;])\s/)[0].replace(/[.:;]$/, "");
  if (first.length <= LONGEST) return first;
  const cut = first.slice(0, LONGEST);
  const comma = cut.lastIndexOf(", ");
  return cut.slice(0, comma === -1 ? cut.lastIndexOf(" ") : comma);
}
