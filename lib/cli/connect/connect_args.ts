/**
 * Reads the command line of `connect`.
 *
 * @module
 */
import { printable, quoted } from "../escape.ts";
import { readUint } from "../go_values.ts";
import { readSwitch } from "../read_switch.ts";
import { nearest } from "../suggest.ts";
import { UsageError } from "../usage_error.ts";
import { CONNECT_FLAGS, type ConnectFlag } from "./connect_flags.ts";

/** A command line, read. What was not given is undefined, an empty list or false. */
export interface ConnectArgs {
  readonly help: boolean;
  /** Empty if only the help is wanted. */
  readonly url: string;
  readonly headers: readonly string[];
  readonly subprotocols: readonly string[];
  readonly reconnect: boolean;
  readonly caCert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly unixSocket?: string;
  readonly pingMs?: number;
  readonly binary: boolean;
  readonly maxFrameSize?: number;
  readonly maxLine?: number;
  readonly once: boolean;
  readonly endMs?: number;
  readonly verbose: boolean;
  readonly history?: string;
}

/** Longest time that twice of still fits a timer of the runtime, in milliseconds. */
const MOST_MS = 2 ** 30;

/**
 * Reads a command line. Flags are written as those of the server, `-flag` or
 * `--flag`, and may stand before and behind the address.
 *
 * @param args The words behind `connect`.
 * @throws {UsageError} If it makes no sense; exit code 2.
 */
export function readConnectArgs(args: readonly string[]): ConnectArgs {
  const { values, words } = scan(args);
  const list = (name: string): string[] => values.get(name) ?? [];
  const last = (name: string): string | undefined => values.get(name)?.at(-1);
  const isOn = (name: string): boolean => last(name) === "true";
  const number = (name: string): number | undefined => {
    const text = last(name);
    return text === undefined ? undefined : Number(readUint(text));
  };
  const ms = (name: string, scale: number): number | undefined => {
    const value = number(name);
    return value === undefined ? undefined : Math.min(scale * value, MOST_MS);
  };
  if (!isOn("help")) checkWords(words);
  if ((last("cert") === undefined) !== (last("key") === undefined)) {
    throw usageError("Cannot use one of --cert and --key alone: give both");
  }
  return {
    help: isOn("help"),
    url: words[0] ?? "",
    headers: list("header"),
    subprotocols: (last("subprotocol") ?? "").split(",")
      .map((name) => name.trim()).filter((name) => name !== ""),
    reconnect: isOn("reconnect"),
    caCert: last("cacert"),
    cert: last("cert"),
    key: last("key"),
    unixSocket: last("unixsocket"),
    pingMs: ms("pingms", 1),
    binary: isOn("binary"),
    maxFrameSize: number("maxframesize"),
    maxLine: number("maxline"),
    once: isOn("once"),
    endMs: ms("end", 1000),
    verbose: isOn("verbose"),
    history: last("history"),
  };
}

function checkWords(words: readonly string[]): void {
  if (words.length === 0) {
    throw usageError(
      "The address is missing\nWrite for example: connect ws://localhost:8080/",
    );
  }
  if (words.length > 1) {
    throw usageError(
      `Cannot connect to more than one address: ${
        words.map(quoted).join(", ")
      }\nWhat is to be sent comes from stdin`,
    );
  }
}

interface Scan {
  /** By name, in order; booleans as "true" and "false". */
  readonly values: ReadonlyMap<string, string[]>;
  readonly words: readonly string[];
}

function scan(args: readonly string[]): Scan {
  const values = new Map<string, string[]>();
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i];
    if (word === "--") {
      words.push(...args.slice(i + 1));
      break;
    }
    if (word.length < 2 || !word.startsWith("-")) {
      words.push(word);
      continue;
    }
    const [, name, value] = /^--?([^=]*)(?:=(.*))?$/s.exec(word)!;
    const flag = CONNECT_FLAGS.find((flag) =>
      flag.name === name || flag.short === name
    );
    if (flag === undefined) throw unknownFlag(word, name);
    // It wins as soon as it is met, as for the server.
    if (flag.name === "help") {
      return { values: new Map([["help", ["true"]]]), words: [] };
    }
    const text = value ?? (flag.type === "bool" ? "true" : args[++i]);
    if (text === undefined) {
      throw usageError(
        `flag needs an argument: -${name}\nWrite --${flag.name}=${flag.value}`,
      );
    }
    const before = values.get(flag.name) ?? [];
    values.set(flag.name, [...before, checked(flag, text)]);
  }
  return { values, words };
}

function checked(flag: ConnectFlag, text: string): string {
  if (flag.type === "bool") return readSwitch(flag.name, text);
  if (flag.type !== "uint") return text;
  const value = readUint(text);
  if (typeof value === "number") return text;
  throw usageError(
    `invalid value ${
      quoted(text)
    } for flag -${flag.name}\nWrite a whole number without a sign`,
  );
}

function unknownFlag(word: string, name: string): UsageError {
  const meant = nearest(name, CONNECT_FLAGS.map((flag) => flag.name));
  return usageError(
    `flag provided but not defined: ${printable(word.replace(/=.*/s, ""))}\n${
      meant === undefined
        ? "See connect --help for all flags"
        : `Did you mean --${meant}?`
    }`,
  );
}

function usageError(message: string): UsageError {
  return new UsageError(message, { code: 2, help: false });
}
