/**
 * From the words of a command line to either a server to start or a text to
 * print. Prints and starts nothing itself.
 *
 * @module
 */
import { OptionError, resolveCommand } from "../mod.ts";
import { type ParsedArgs, readArgs } from "./args.ts";
import { completionScript } from "./completions/completion_script.ts";
import { printable } from "./escape.ts";
import { COMPLETION_SHELLS } from "./flags.ts";
import { licenseText, longHelp, shortHelp, versionText } from "./help.ts";
import { manPage } from "./man/man_page.ts";
import { optionsFromArgs, type Plan } from "./options_from_args.ts";
import { UsageError } from "./usage_error.ts";

/** What is said instead of serving. */
export interface Answer {
  readonly code: 0 | 1 | 2;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command line, understood. */
export type Reading =
  & {
    /** Lines for stderr about what is legal and still probably a mistake. */
    readonly hints: readonly string[];
  }
  & (
    | { readonly plan: Plan; readonly answer?: undefined }
    | { readonly plan?: undefined; readonly answer: Answer }
  );

/**
 * Understands a command line. Never throws for anything a user can type.
 *
 * The order is the original's: flags are read, then a line without any word is
 * told so, then `--version`, `--license`, and the rest is judged.
 *
 * @param args The command line, without the program's own name.
 * @param program How the user starts this program, for the help.
 */
export function readCommandLine(
  args: readonly string[],
  program: string,
): Reading {
  try {
    const parsed = readArgs(args);
    const answer = textAskedFor(args, parsed, program);
    if (answer !== undefined) return { answer, hints: [] };
    return { plan: plan(parsed), hints: hintsFor(parsed) };
  } catch (error) {
    return { answer: explain(error, program), hints: [] };
  }
}

function textAskedFor(
  args: readonly string[],
  { flags }: ParsedArgs,
  program: string,
): Answer | undefined {
  if (flags.help) return toStdout(longHelp(program));
  if (args.length === 0) {
    return {
      code: 1,
      stdout: "Command line arguments are missing.\n",
      stderr: shortHelp(program),
    };
  }
  if (flags.version) return toStdout(versionText());
  if (flags.license) return toStdout(licenseText());
  if (flags.man) return toStdout(manPage());
  const shell = COMPLETION_SHELLS.find((name) => name === flags.completions);
  if (shell !== undefined) return toStdout(completionScript(shell));
  return undefined;
}

function toStdout(stdout: string): Answer {
  return { code: 0, stdout, stderr: "" };
}

function plan(parsed: ParsedArgs): Plan {
  return optionsFromArgs(parsed, (command) => {
    try {
      return resolveCommand(command);
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      throw new UsageError(
        `Unable to locate specified COMMAND '${
          printable(command)
        }' in OS path.` +
          `\n${
            [error.message, ...hintsFor(parsed), ...checkHint(parsed)]
              .join("\n")
          }`,
        { code: 1 },
      );
    }
  });
}

/** `check` alone is a program of that name, as in the original. */
function checkHint({ words }: ParsedArgs): string[] {
  return words.length === 1 && words[0] === "check"
    ? ["Hint: write check --help for the check of a command line"]
    : [];
}

/** `--binary true cmd` runs `true`: the original's help once invited people to write it so. */
export function hintsFor({ boolBeforeCommand, words }: ParsedArgs): string[] {
  const [command] = words;
  if (boolBeforeCommand === undefined || !/^(true|false)$/i.test(command)) {
    return [];
  }
  const flag = `--${boolBeforeCommand}`;
  return [
    `Hint: ${flag} takes no word of its own, so COMMAND is "${command}" here; write ${flag}=${command} if that is not meant`,
  ];
}

function explain(error: unknown, program: string): Answer {
  if (error instanceof Deno.errors.NotCapable) {
    return {
      code: 1,
      stdout: "",
      stderr: `${error.message}\nStart with all permissions: ${program}\n`,
    };
  }
  if (!(error instanceof UsageError)) throw error;
  const message = `${error.message}\n`;
  const help = error.help ? shortHelp(program) : "";
  return error.stream === "stdout"
    ? { code: error.code, stdout: message, stderr: help }
    : { code: error.code, stdout: "", stderr: message + help };
}
