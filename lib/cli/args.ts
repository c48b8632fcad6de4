/**
 * Reads a command line exactly as Go's `flag` package does, so that every
 * command line of the original means the same here.
 *
 * Two steps: Go's own syntax (`-port 8080` is `--port=8080`, a boolean takes
 * no word, the first word that is no flag is COMMAND) is rewritten into the one
 * form in which all parsers agree, then `@std/cli` collects the values.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { printable, quoted } from "./escape.ts";
import {
  findFlag,
  type Flag,
  type FlagName,
  type FlagNameOf,
  FLAGS,
  type FlagType,
} from "./flags.ts";
import { type BadValue, readBool, readInt, readUint } from "./go_values.ts";
import { nearest } from "./suggest.ts";
import { UsageError } from "./usage_error.ts";

/** The values of all flags. One that was not given is undefined, a boolean is false, a list is empty. */
export type FlagValues =
  & { readonly [Name in FlagNameOf<"bool">]: boolean }
  & { readonly [Name in FlagNameOf<"int" | "uint">]?: number }
  & { readonly [Name in FlagNameOf<"choice" | "string" | "optional">]?: string }
  & { readonly [Name in FlagNameOf<"csv">]?: readonly string[] }
  & { readonly [Name in FlagNameOf<"list">]: readonly string[] };

/** A command line, read but not yet judged. */
export interface ParsedArgs {
  readonly flags: FlagValues;
  /** COMMAND and its arguments; empty when there is none. */
  readonly words: readonly string[];
  /** The boolean flag right before COMMAND, written without a value: `--binary true` makes `true` the COMMAND. */
  readonly boolBeforeCommand?: FlagName;
}

/**
 * Reads a command line.
 *
 * `-h`, `-help` and `--help` win as soon as they are met: what follows is not looked at.
 *
 * @throws {UsageError} If a flag is unknown or its value cannot be read; exit code 2. Nothing else is ever thrown.
 */
export function readArgs(args: readonly string[]): ParsedArgs {
  const { settings, rest, boolBeforeCommand } = scan(args);
  const parsed = parseArgs([...settings, "--", ...rest], {
    boolean: namesOf("bool"),
    string: namesOf(
      ...[
        "int",
        "uint",
        "choice",
        "string",
        "optional",
        "csv",
        "list",
      ] as const,
    ),
    collect: namesOf("list"),
    "--": true,
  });
  const values: Record<string, unknown> = {};
  for (const flag of FLAGS) values[flag.name] = typed(flag, parsed[flag.name]);
  return {
    flags: values as FlagValues,
    words: parsed["--"],
    boolBeforeCommand,
  };
}

interface Scan {
  /** `--name=value` each; `--name` alone for an empty value. */
  readonly settings: string[];
  readonly rest: string[];
  readonly boolBeforeCommand?: FlagName;
}

/** Go's syntax. The order of the checks is that of `FlagSet.parseOne`. */
function scan(args: readonly string[]): Scan {
  const settings: string[] = [];
  let bare: FlagName | undefined;
  for (let i = 0; i < args.length; i++) {
    const word = args[i];
    if (word === "--") return { settings, rest: args.slice(i + 1) };
    // A lone dash is a COMMAND like any other.
    if (word.length < 2 || !word.startsWith("-")) {
      return { settings, rest: args.slice(i), boolBeforeCommand: bare };
    }
    bare = undefined;
    const { name, value } = split(word);
    if (name === "help" || name === "h") {
      return { settings: ["--help=true"], rest: [] };
    }
    const flag = findFlag(name);
    if (flag === undefined) throw unknownFlag(name, value);
    if (flag.type === "bool") {
      settings.push(`--${name}=${checkedBool(flag, value ?? "true")}`);
      if (value === undefined) bare = name as FlagName;
      continue;
    }
    const text = value ?? flag.bare ?? args[++i];
    if (text === undefined) {
      throw flagError(
        `flag needs an argument: -${name}`,
        `Write ${flagExample(flag)}`,
      );
    }
    check(flag, text);
    // An empty value has no equals sign: parseArgs takes `--origin=` for a flag of the name "origin=".
    settings.push(text === "" ? `--${name}` : `--${name}=${text}`);
  }
  return { settings, rest: [], boolBeforeCommand: bare };
}

function split(word: string): { name: string; value?: string } {
  const name = word.slice(word.startsWith("--") ? 2 : 1);
  if (name.startsWith("-") || name.startsWith("=")) {
    throw flagError(
      `bad flag syntax: ${printable(word)}`,
      "A flag is one or two dashes and a name, such as --port=8080",
    );
  }
  const equals = name.indexOf("=");
  if (equals < 0) return { name };
  return { name: name.slice(0, equals), value: name.slice(equals + 1) };
}

function checkedBool(flag: Flag, text: string): boolean {
  const value = readBool(text);
  if (typeof value === "boolean") return value;
  throw flagError(
    `invalid boolean value ${quoted(text)} for -${flag.name}: ${value}`,
    `Write --${flag.name} or --${flag.name}=false`,
  );
}

/** Judges only what Go would judge while parsing; a `choice` is judged later, with its own exit code. */
function check(flag: Flag, text: string): void {
  const value = readNumber(flag, text);
  if (typeof value === "number" || value === undefined) return;
  throw flagError(
    `invalid value ${quoted(text)} for flag -${flag.name}: ${value}`,
    `Write a whole number${
      flag.type === "uint" ? " without a sign" : ""
    }, such as ${flagExample(flag)}`,
  );
}

function readNumber(flag: Flag, text: string): number | BadValue | undefined {
  if (flag.type === "int") return readInt(text);
  return flag.type === "uint" ? readUint(text) : undefined;
}

function typed(flag: Flag, raw: unknown): unknown {
  if (typeof raw !== "string") return raw;
  // An empty entry is a comma too many. In the original it let everybody in or crashed.
  if (flag.type === "csv") {
    return raw.split(",").map((entry) => entry.trim()).filter((entry) =>
      entry !== ""
    );
  }
  return readNumber(flag, raw) ?? raw;
}

function unknownFlag(name: string, value: string | undefined): UsageError {
  const meant = meantInstead(name, value);
  return flagError(
    `flag provided but not defined: -${printable(name)}`,
    meant === undefined ? "See --help for all flags" : `Did you mean ${meant}?`,
  );
}

function meantInstead(
  name: string,
  value: string | undefined,
): string | undefined {
  const denied = findFlag(name.replace(/^no-?/, ""));
  if (denied?.type === "bool") return `--${denied.name}=false`;
  const flag = findFlag(nearest(name, FLAGS.map(({ name }) => name)) ?? "");
  if (flag === undefined) return undefined;
  return flag.type === "bool" || value === undefined
    ? `--${flag.name}`
    : `--${flag.name}=${printable(value)}`;
}

function flagError(what: string, instead: string): UsageError {
  return new UsageError(`${what}\n${instead}`, { code: 2 });
}

/** `--port=8080`: the default if it is a value, else the placeholder. */
function flagExample(flag: Flag): string {
  const value = /^[\w-]+$/.test(flag.default) ? flag.default : flag.value;
  return `--${flag.name}=${value}`;
}

function namesOf(...types: FlagType[]): string[] {
  return FLAGS.filter((flag) => types.includes(flag.type)).map((flag) =>
    flag.name
  );
}
