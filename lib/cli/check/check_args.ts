/**
 * Reads the command line of `check`: its own flags among those of a server.
 *
 * @module
 */
import { printable } from "../escape.ts";
import { findFlag } from "../flags.ts";
import { readSwitch } from "../read_switch.ts";
import { UsageError } from "../usage_error.ts";
import { CHECK_FLAGS, type CheckFlag } from "./check_flags.ts";

/** A command line of `check`, read. */
export interface CheckArgs {
  readonly help: boolean;
  readonly run: boolean;
  /** Null sends nothing. */
  readonly send: string | null;
  readonly format: "text" | "json";
  /** The command line of the server that is to be checked. */
  readonly server: readonly string[];
}

/**
 * Takes the flags of `check` out. They are written like those of the server and
 * stand anywhere before COMMAND.
 *
 * @param args The words behind `check`.
 * @throws {UsageError} If one of its own flags cannot be read; exit code 2. Those of the server are not looked at.
 */
export function readCheckArgs(args: readonly string[]): CheckArgs {
  const server: string[] = [];
  const own = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const word = args[i];
    const match = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(word);
    if (match === null) {
      server.push(...args.slice(i));
      break;
    }
    const [, name, value] = match;
    const flag = CHECK_FLAGS.find((flag) => flag.name === name);
    if (flag === undefined) {
      server.push(word);
      const { type = "bool" } = findFlag(name) ?? {};
      const takesNext = value === undefined && type !== "bool" &&
        type !== "optional";
      if (takesNext && i + 1 < args.length) server.push(args[++i]);
      continue;
    }
    const text = value ?? (flag.type === "bool" ? "true" : args[++i]);
    if (text === undefined) {
      throw usageError(
        `flag needs an argument: -${name}\nWrite --${flag.name}=${flag.value}`,
      );
    }
    own.set(name, checked(flag, text));
    // It wins as soon as it is met, as for the server.
    if (name === "help") break;
  }
  return {
    help: own.get("help") === "true",
    run: own.get("no-run") !== "true",
    send: own.get("send") === "" ? null : own.get("send") ?? "hello",
    format: own.get("format") === "json" ? "json" : "text",
    server,
  };
}

function checked(flag: CheckFlag, text: string): string {
  if (flag.type === "bool") return readSwitch(flag.name, text);
  if (flag.choices === undefined || flag.choices.includes(text)) return text;
  throw usageError(
    `Incorrect ${flag.name} flag '${printable(text)}'. Use one of: ${
      flag.choices.join(", ")
    }.`,
  );
}

function usageError(message: string): UsageError {
  return new UsageError(message, { code: 2, help: false });
}
