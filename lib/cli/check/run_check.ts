/**
 * `check COMMAND`: looks at a command line of a server without serving.
 *
 * @module
 */
import {
  diagnose,
  type Finding,
  type Mark,
  OptionError,
  resolveCommand,
} from "../../mod.ts";
import { type ParsedArgs, readArgs } from "../args.ts";
import { hintsFor } from "../command_line.ts";
import { listenForSignals } from "../connect/signals.ts";
import { shortHelp } from "../help.ts";
import { invocation } from "../invocation.ts";
import { listenProblem } from "../listen_problem.ts";
import { optionsFromArgs } from "../options_from_args.ts";
import { UsageError } from "../usage_error.ts";
import { type CheckArgs, readCheckArgs } from "./check_args.ts";
import { checkHelp } from "./check_help.ts";
import { findingJson, findingLine, summaryLine } from "./finding_line.ts";

/**
 * Prints what is found, a line each, on stdout.
 *
 * @param args The words behind `check`.
 * @returns The exit status: 1 if there is a problem or the command line makes no sense, 2 if a flag cannot be read, 128 + n after signal n, else 0.
 */
export async function runCheck(args: readonly string[]): Promise<number> {
  const program = invocation();
  try {
    const parsed = readCheckArgs(args);
    if (parsed.help) {
      console.log(checkHelp(program).trimEnd());
      return 0;
    }
    warnOfNamesake();
    return await check(parsed, readArgs(parsed.server));
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(error.message);
      if (error.help) console.error(shortHelp(program).trimEnd());
      return error.code;
    }
    if (error instanceof OptionError) {
      console.error(error.message);
      return 1;
    }
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    console.error(
      `${error.message}\nStart with all permissions: ${program} check`,
    );
    return 1;
  }
}

async function check(
  { run, send, format }: CheckArgs,
  parsed: ParsedArgs,
): Promise<number> {
  // Whether COMMAND and directories are there is for the check to say.
  const { options } = optionsFromArgs(parsed, (command) => command, {
    looksAtDirectories: false,
  });
  const marks: Mark[] = [];
  const isColoured = Deno.stdout.isTerminal() && !Deno.noColor;
  function show(finding: Finding): void {
    marks.push(finding.mark);
    console.log(
      format === "json"
        ? findingJson(finding)
        : findingLine(finding, isColoured),
    );
  }

  const interrupt = new AbortController();
  let interruptedWith: number | null = null;
  using _signals = listenForSignals((status) => {
    interruptedWith = status;
    interrupt.abort();
  });
  for (const hint of hintsFor(parsed)) {
    const message = hint.replace(/^Hint: /, "");
    show({ mark: "warning", subject: "command", message, advice: null });
  }
  const noPort = listenProblem(options);
  if (noPort !== undefined) {
    show({ mark: "problem", subject: "port", message: noPort, advice: null });
  } else {
    const { signal } = interrupt;
    for await (const finding of diagnose(options, { run, send, signal })) {
      show(finding);
    }
  }
  if (interruptedWith !== null) return interruptedWith;
  if (format === "text") console.log(summaryLine(marks));
  return marks.includes("problem") ? 1 : 0;
}

/** Somebody may have such a program, and mean it. */
function warnOfNamesake(): void {
  let path: string;
  try {
    path = resolveCommand("check");
  } catch {
    return;
  }
  console.error(
    `Hint: this checks a command line; write ${path} to serve the program of that name`,
  );
}
