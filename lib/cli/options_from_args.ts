/**
 * Judges a command line that could be read, and turns it into what the library
 * takes. The order of the checks is the original's, because of two mistakes in
 * one line the first decides the exit code.
 *
 * @module
 */
import type { FramingName, ServeOptions } from "../mod.ts";
import type { FlagValues, ParsedArgs } from "./args.ts";
import { printable } from "./escape.ts";
import { type Flag, FLAGS, LOG_LEVELS } from "./flags.ts";
import type { LogFormat, LogLevel } from "./log_line.ts";
import { nearest } from "./suggest.ts";
import { UsageError } from "./usage_error.ts";

/** What to do, once the command line is found to make sense. */
export interface Plan {
  readonly options: ServeOptions;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

/** Timers of 2^31 ms and more fire at once; this is 23 days, and leaves room for what is added to it. */
const LONGEST_MS = 2_000_000_000;

/** What {@linkcode optionsFromArgs} leaves to others. */
export interface JudgeOptions {
  /** Whether directories that are not there are a mistake in the command line. @default {true} */
  readonly looksAtDirectories?: boolean;
}

/**
 * Makes the library's options.
 *
 * @param resolveCommand Looks a COMMAND up, and throws an error with a whole sentence if there is no such program.
 * @throws {UsageError} If flags contradict each other, a value is none of the known ones, or COMMAND is missing; exit code 1.
 * @throws {unknown} What `resolveCommand` throws.
 */
export function optionsFromArgs(
  { flags, words }: ParsedArgs,
  resolveCommand: (command: string) => string,
  { looksAtDirectories = true }: JudgeOptions = {},
): Plan {
  const logLevel = checkedLogLevel(flags);
  for (const flag of FLAGS) {
    if (flag.type === "choice") checkChoice(flag, flags[flag.name]);
  }
  checkTls(flags);
  const framing = chooseFraming(flags);
  checkValues(flags);
  checkServed(flags, words);
  const [command, ...args] = words;
  const program = command === undefined
    ? {}
    : { command: resolveCommand(command), args };
  if (looksAtDirectories) checkDirectories(flags);
  return {
    options: {
      ...(flags.compat ? compatOptions(flags) : {}),
      ...copiedOptions(flags),
      ...(framing === undefined ? {} : { framing }),
      ...unixSocketMode(flags),
      ...lingerTime(flags),
      ...historySize(flags),
      ...program,
    },
    logLevel,
    logFormat: (flags.logformat ?? "text") as LogFormat,
  };
}

function checkedLogLevel(flags: FlagValues): LogLevel {
  const level = flags.loglevel ?? "access";
  if (isLogLevel(level)) return level;
  throw new UsageError(choiceMessage("loglevel", level, LOG_LEVELS), {
    code: 1,
    // The original prints this one to stdout, and the help to stderr.
    stream: "stdout",
  });
}

function isLogLevel(word: string): word is LogLevel {
  return (LOG_LEVELS as readonly string[]).includes(word);
}

function checkChoice(flag: Flag, value: string | undefined): void {
  if (value === undefined || flag.choices!.includes(value)) return;
  throw new UsageError(choiceMessage(flag.name, value, flag.choices!), {
    code: 1,
  });
}

function choiceMessage(
  name: string,
  value: string,
  choices: readonly string[],
): string {
  const near = nearest(value, choices);
  return `Incorrect ${name} flag '${printable(value)}'. ${
    near === undefined ? "" : `Did you mean '${near}'? `
  }Use one of: ${choices.join(", ")}.`;
}

/** The framing asked for, however often; undefined when none was. */
function chooseFraming(flags: FlagValues): FramingName | undefined {
  const asked = [
    flags.binary && { flag: "--binary", framing: "chunks" },
    flags.passstderr && { flag: "--passstderr", framing: "tagged" },
    flags.raw && { flag: "--raw", framing: "raw" },
    flags.framing !== undefined &&
    { flag: `--framing=${flags.framing}`, framing: flags.framing },
  ].filter((one) => one !== false);
  const other = asked.find(({ framing }) => framing !== asked[0].framing);
  if (other !== undefined) {
    throw new UsageError(
      `Cannot use ${asked[0].flag} with ${other.flag}: choose one`,
      { code: 1, help: false },
    );
  }
  return asked[0]?.framing as FramingName | undefined;
}

function checkValues(flags: FlagValues): void {
  if (flags.maxline === 0) {
    throw new UsageError(
      "Cannot use --maxline=0: the longest line has at least 1 byte",
      { code: 1, help: false },
    );
  }
  if (flags.address.includes("") && !flags.compat) {
    // The original listens on every address then, also when somebody's --address=$ADDRESS is not set.
    throw new UsageError(
      "Cannot use an empty --address: write --address='*' to listen on every address",
      { code: 1, help: false },
    );
  }
}

function checkTls({ ssl, sslcert, sslkey, sslca }: FlagValues): void {
  if (ssl && !(sslcert && sslkey)) {
    throw new UsageError(
      "Please specify both --sslcert and --sslkey when requesting --ssl.",
      { code: 1, help: false },
    );
  }
  if (!ssl && (sslcert || sslkey || sslca)) {
    throw new UsageError(
      "You should not be using --ssl* flags when there is no --ssl option.",
      { code: 1, help: false },
    );
  }
}

function checkServed(flags: FlagValues, words: readonly string[]): void {
  const { dir, staticdir, cgidir } = flags;
  if (words.length === 0 && !(dir || staticdir || cgidir)) {
    throw new UsageError(
      "Please specify COMMAND or provide --dir, --staticdir or --cgidir argument.",
      { code: 1 },
    );
  }
  if (words.length > 0 && dir) {
    throw new UsageError(
      "Ambiguous. Provided COMMAND and --dir argument. Please only specify just one.",
      { code: 1 },
    );
  }
}

/** Looks at the directories, in the original's order and words. */
function checkDirectories({ dir, cgidir, staticdir }: FlagValues): void {
  if (dir) {
    const is = whatIs(dir);
    if (is === "nothing") wrong(`Could not find your script dir '${dir}'.`);
    if (is === "a file") {
      wrong(`Did you mean to specify COMMAND instead of --dir '${dir}'?`);
    }
  }
  for (const [name, path] of [["CGI", cgidir], ["static", staticdir]]) {
    if (!path || whatIs(path) === "a directory") continue;
    wrong(
      `Your ${name} dir '${path}' is not pointing to an accessible directory.`,
    );
  }
  function wrong(message: string): never {
    throw new UsageError(printable(message), { code: 1 });
  }
}

function whatIs(path: string): "a directory" | "a file" | "nothing" {
  try {
    return Deno.statSync(path).isDirectory ? "a directory" : "a file";
  } catch {
    return "nothing";
  }
}

/** Permissions are written in octal, as chmod takes them. */
function unixSocketMode(
  { unixsocketmode }: FlagValues,
): Pick<ServeOptions, "unixSocketMode"> {
  if (!unixsocketmode) return {};
  if (/^0?[0-7]{3}$/.test(unixsocketmode)) {
    return { unixSocketMode: parseInt(unixsocketmode, 8) };
  }
  throw new UsageError(
    `Cannot use --unixsocketmode=${
      printable(unixsocketmode)
    }: write permissions as chmod takes them, such as 0660`,
    { code: 1, help: false },
  );
}

/** Seconds, or for ever. */
function lingerTime(
  { linger }: FlagValues,
): Pick<ServeOptions, "lingerMs"> {
  if (!linger) return {};
  if (linger === "forever") return { lingerMs: Infinity };
  if (/^\d{1,9}(?:\.\d{1,3})?$/.test(linger)) {
    return { lingerMs: Math.min(1000 * Number(linger), LONGEST_MS) };
  }
  throw new UsageError(
    `Cannot use --linger=${
      printable(linger)
    }: write seconds, such as 60, or forever`,
    { code: 1, help: false },
  );
}

/** A number of messages, or of bytes with a unit. */
function historySize(
  { history }: FlagValues,
): Pick<ServeOptions, "history" | "historyBytes"> {
  if (!history) return {};
  const [, number, unit = null] =
    /^(\d{1,12})(B|KiB|MiB|GiB)?$/.exec(history) ??
      [];
  if (number === undefined) {
    throw new UsageError(
      `Cannot use --history=${
        printable(history)
      }: write a number of messages, such as 1000, or a size, such as 256KiB or 1MiB`,
      { code: 1, help: false },
    );
  }
  if (unit === null) return { history: Number(number) };
  const power = ["B", "KiB", "MiB", "GiB"].indexOf(unit);
  return { historyBytes: Number(number) * 1024 ** power };
}

/** How the original listens and whom it accepts; a flag given beside `--compat` replaces its entry. */
function compatOptions(flags: FlagValues): Partial<ServeOptions> {
  return {
    port: flags.ssl ? 443 : 80,
    address: ["*"],
    host: ["*"],
    // `--sameorigin` and `--origin` narrow what would else be everybody.
    ...((flags.origin ?? []).length > 0
      ? { onlyListed: true }
      : flags.sameorigin
      ? {}
      : { origin: ["*"] }),
  };
}

/** Everything that the table copies from a flag to an option. */
function copiedOptions(flags: FlagValues): Partial<ServeOptions> {
  const options: Record<string, unknown> = {};
  for (const flag of FLAGS as readonly Flag[]) {
    const value = flags[flag.name as keyof FlagValues];
    if (flag.option === null || !isGiven(flag, value)) continue;
    options[flag.option] = scaled(flag, value);
  }
  return options as Partial<ServeOptions>;
}

/** `--origin=` is no origin list, as in the original; `--passenv=` is an empty one, and passes nothing. */
function isGiven(flag: Flag, value: unknown): boolean {
  if (value === undefined || value === false || value === "") return false;
  if (!Array.isArray(value) || flag.name === "passenv") return true;
  return value.length > 0;
}

function scaled(flag: Flag, value: unknown): unknown {
  // An empty address is every address, as in Go; only --compat lets it through.
  if (flag.name === "address") {
    return (value as readonly string[]).map((address) => address || "*");
  }
  if (typeof value !== "number" || !flag.option!.endsWith("Ms")) return value;
  return Math.min(value * (flag.scale ?? 1), LONGEST_MS);
}
