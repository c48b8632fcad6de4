/**
 * The program that is to be served, before it runs.
 *
 * @module
 */
import { passedEnv } from "../http/cgi_env.ts";
import type { Options } from "../options.ts";
import { DEFAULT_PASS_ENV } from "../process/platform.ts";
import { readVariable } from "../process/read_variable.ts";
import {
  resolveCommand,
  whyNotExecutable,
} from "../process/resolve_command.ts";
import { unbuffered } from "../process/unbuffer.ts";
import { failure, type Finding, ok, problem, warning } from "./finding.ts";
import { inspectProgramFile } from "./program_file.ts";

/** What is known of the program without starting it. */
export interface CommandFindings {
  readonly findings: readonly Finding[];
  /** Its path, or null if it cannot be started. */
  readonly path: string | null;
  /** Name of what runs it, for advice: `perl` for a script in Perl. */
  readonly runner: string;
}

/** Programs that take the path of a script as their first argument. */
const INTERPRETER =
  /^(?:sh|bash|dash|ksh|zsh|node|perl|ruby|php|lua|python)[\d.]*$/;
const SHELL = /^(?:sh|bash|dash|ksh|zsh)$/;

/** Looks for the program, and at it. */
export function inspectCommand(
  command: string,
  options: Options,
): CommandFindings {
  const { args = [], cwd, passEnv = DEFAULT_PASS_ENV } = options;
  let path: string;
  try {
    path = resolveCommand(command);
  } catch (error) {
    const findings = [withoutCommand(command, error as Error)];
    return { findings, path: null, runner: command };
  }
  const { finding, runner } = inspectProgramFile(path, passedEnv(passEnv).PATH);
  const script = inspectArgument(runner, args, cwd);
  const findings = [
    finding,
    ...hiddenByPath(command, path),
    ...script,
    ...inspectUnbuffer(path, options),
    ...inspectPassEnv(passEnv),
  ];
  const canRun = findings.every(({ mark }) => mark !== "problem");
  return { findings, path: canRun ? path : null, runner };
}

function withoutCommand(command: string, error: Error): Finding {
  try {
    const other = resolveCommand(`${command}3`);
    return problem("program", error.message, `there is ${other}`);
  } catch {
    return failure("program", error);
  }
}

/** `test` in this directory is a program of one's own, and `test` in PATH another. */
function hiddenByPath(command: string, path: string): Finding[] {
  if (path === command || whyNotExecutable(`./${command}`) !== null) return [];
  return [
    warning(
      "program",
      `"${command}" is ${path}, and not the program of that name in this directory`,
      `write ./${command} if that is meant`,
    ),
  ];
}

/** `bash ./count.sh`: the script need not be executable, but there, and readable for a shell. */
function inspectArgument(
  runner: string,
  [script]: readonly string[],
  cwd = ".",
): Finding[] {
  if (
    script === undefined || script.startsWith("-") || !INTERPRETER.test(runner)
  ) return [];
  const shown = JSON.stringify(script);
  let text: string;
  try {
    text = Deno.readTextFileSync(
      script.startsWith("/") ? script : `${cwd}/${script}`,
    );
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : error instanceof Deno.errors.PermissionDenied
      ? "permission denied"
      : "it is no file that can be read";
    return [
      problem("program", `${runner} cannot read ${shown}: ${why}`),
    ];
  }
  if (!SHELL.test(runner) || !text.includes("\r\n")) return [];
  return [
    problem(
      "program",
      `lines of ${shown} end with a carriage return, which ${runner} takes for a part of each command`,
      `save it with Unix line ends: sed -i 's/\\r$//' ${script}`,
    ),
  ];
}

function inspectUnbuffer(
  path: string,
  { unbuffer = "env" }: Options,
): Finding[] {
  if (unbuffer !== "stdbuf") return [];
  try {
    const { command } = unbuffered({ command: path }, unbuffer);
    return [ok("unbuffer", `stdbuf is ${command}`)];
  } catch (error) {
    return [failure("unbuffer", error)];
  }
}

function inspectPassEnv(names: readonly string[]): Finding[] {
  if (names === DEFAULT_PASS_ENV) return [];
  const findings: Finding[] = [];
  if (!names.includes("PATH")) {
    findings.push(
      warning(
        "environment",
        "the program gets no PATH: --passenv stands for the usual list, in which that is",
        `write --passenv=${
          ["PATH", ...names].join(",")
        } if it starts others by name`,
      ),
    );
  }
  for (const name of names) {
    if (readVariable(name)?.trim()) continue;
    findings.push(
      warning("environment", `${name} of --passenv is not set here`),
    );
  }
  return findings;
}
