/**
 * Starting a program.
 *
 * @module
 */
import { SpawnError } from "../errors.ts";
import type { Exit } from "../events.ts";
import { type Family, ProcessFamily, STARTS_DETACHED } from "./family.ts";
import { Input } from "./input.ts";
import { Output } from "./output.ts";
import { pipesOf } from "./pipes.ts";
import { whyNotExecutable } from "./resolve_command.ts";

/** What to run. */
export interface Program {
  /** Path of the program, or a name to look up in PATH. */
  readonly command: string;
  /** Its arguments. @default {[]} */
  readonly args?: readonly string[];
  /** Its working directory. Default: the server's. */
  readonly cwd?: string;
}

/** A running program. */
export interface Child {
  /** 0 for a function of this process. */
  readonly pid: number;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Resolves when the program itself has ended; its descendants may live on. Never rejects. */
  readonly exited: Promise<Exit>;
  /** How the program ended, or null while it runs. */
  readonly exit: Exit | null;
  /** The program and everything it has started. */
  readonly family: Family;
}

/**
 * Starts a program with pipes for its three standard streams.
 *
 * @param program What to run.
 * @param env Its whole environment. `UNIQUE_ID` in it must be unique: that is how descendants are recognised.
 * @throws {SpawnError} If it cannot be started; the message names the program, the reason and what to do.
 */
export function startCommand(
  program: Program,
  env: Readonly<Record<string, string>>,
): Child {
  let process: Deno.ChildProcess;
  try {
    process = new Deno.Command(program.command, {
      args: program.args as string[] | undefined,
      cwd: program.cwd,
      env,
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      detached: STARTS_DETACHED,
    }).spawn();
  } catch (error) {
    throw new SpawnError(
      `Cannot start "${program.command}": ${whyNotStarted(program, error)}`,
      { cause: error },
    );
  }
  return new RunningCommand(process, env.UNIQUE_ID);
}

/**
 * Says why a file cannot be started, as far as that is known without trying:
 * it cannot be executed, or it is a script without its interpreter. Null if
 * nothing speaks against it.
 *
 * @param name How to call the file in what is said: a client need not see its path.
 */
export function whyNotStartable(path: string, name: string): string | null {
  const problem = whyNotExecutable(path, name);
  if (problem !== null) return problem;
  const line = firstLine(path);
  if (!line.startsWith("#!")) return null;
  const interpreter = interpreterOf(line);
  const isThere = !interpreter.startsWith("/") || exists(interpreter);
  return isThere ? null : whyNoInterpreter(path);
}

class RunningCommand implements Child {
  readonly pid: number;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly exited: Promise<Exit>;
  readonly family: Family;
  #exit: Exit | null = null;

  constructor(process: Deno.ChildProcess, id: string) {
    this.pid = process.pid;
    const pipes = pipesOf(process);
    this.stdin = new Input(pipes.stdin);
    this.stdout = new Output(pipes.stdout);
    this.stderr = new Output(pipes.stderr);
    this.exited = process.status.then(
      ({ code, signal }) => this.#exit = { code, signal },
    );
    this.family = new ProcessFamily(
      process.pid,
      id,
      () => this.#exit === null,
    );
  }

  get exit(): Exit | null {
    return this.#exit;
  }
}

/** Why the system refused to start a program, in words that say what to do. */
function whyNotStarted(program: Program, error: unknown): string {
  const path = program.command;
  if (program.cwd !== undefined && !exists(program.cwd)) {
    return `its working directory "${program.cwd}" does not exist`;
  }
  if (error instanceof Deno.errors.NotFound) {
    // The runtime looks for its own directory first, whatever the program is.
    if (program.cwd === undefined && !hasDirectory()) {
      return "the server's working directory has been deleted; start the server again, in one that stays";
    }
    return exists(path) ? whyNoInterpreter(path) : "no such file";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return whyDenied(path);
  }
  const message = error instanceof Error ? error.message : String(error);
  if (message.includes("os error 8")) {
    return `not a program this system can run (a script starts with a line like #!/bin/sh)`;
  }
  if (message.includes("os error 7")) {
    return "its arguments and environment are too long for the system";
  }
  if (message.includes("os error 11") || message.includes("os error 24")) {
    return "the system has no room for another process or open file (ulimit -u, ulimit -n)";
  }
  return message;
}

/** What may not be executed is the file, or, if that may, the interpreter that its first line names. */
function whyDenied(path: string): string {
  const line = firstLine(path);
  if (line.startsWith("#!")) {
    const interpreter = interpreterOf(line);
    const problem = whyNotExecutable(interpreter);
    if (whyNotExecutable(path) === null && problem !== null) {
      return `its interpreter "${interpreter}" cannot be executed: ${problem}`;
    }
  }
  return `permission denied (chmod +x ${path})`;
}

/** Whether this process still has a working directory. */
function hasDirectory(): boolean {
  try {
    Deno.cwd();
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}

/** A script that exists and yet is "not found": the system means the interpreter in its first line. */
function whyNoInterpreter(path: string): string {
  const line = firstLine(path);
  if (!line.startsWith("#!")) return "no such file";
  if (line.endsWith("\r")) {
    return "its first line ends with a carriage return (save it with Unix line ends, or run dos2unix)";
  }
  return `its interpreter "${interpreterOf(line)}" does not exist`;
}

/** As the system reads it: only spaces and tabs end its name. */
function interpreterOf(line: string): string {
  return line.slice(2).replace(/^[ \t]+/, "").split(/[ \t]/)[0];
}

function firstLine(path: string): string {
  try {
    using file = Deno.openSync(path);
    const head = new Uint8Array(256);
    const length = file.readSync(head) ?? 0;
    return new TextDecoder().decode(head.subarray(0, length)).split("\n")[0];
  } catch {
    return "";
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
