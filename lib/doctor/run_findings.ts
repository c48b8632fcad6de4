/**
 * The program that is to be served, while it runs.
 *
 * @module
 */
import { SpawnError } from "../errors.ts";
import { cgiEnv, passedEnv } from "../http/cgi_env.ts";
import type { Options } from "../options.ts";
import { DEFAULT_PASS_ENV } from "../process/platform.ts";
import { describeExit } from "../process/exit.ts";
import { unbuffered, unbufferEnv } from "../process/unbuffer.ts";
import { failure, type Finding, ok, problem, warning } from "./finding.ts";
import { flushHint } from "./flush_hint.ts";
import { inspectOutput } from "./output_findings.ts";
import { type ProgramReport, tryProgram } from "./try_program.ts";

/** How a program is run to be looked at. */
export interface RunOptions {
  /** The line to send it if it prints nothing by itself; null sends nothing. */
  readonly send: string | null;
  /** How long output is waited for, in milliseconds. @default {1000} */
  readonly patienceMs?: number;
  /** How long an answer to the line is waited for on a terminal, in milliseconds. @default {2000} */
  readonly terminalMs?: number;
  /** Ends the run at once. */
  readonly signal?: AbortSignal;
}

/**
 * Runs the program for a few seconds, as for a client, and says what its output
 * and its end are like. Nothing runs any more when it resolves.
 *
 * @param path The program, found.
 * @param runner Name of what runs it, for advice.
 */
export async function inspectRun(
  path: string,
  runner: string,
  options: Options,
  { send, patienceMs, terminalMs, signal }: RunOptions,
): Promise<Finding[]> {
  const { args = [], cwd, unbuffer = "env", closeMs } = options;
  const hurry = Promise.withResolvers<void>();
  const onAbort = () => hurry.resolve();
  signal?.addEventListener("abort", onAbort);
  try {
    const report = await tryProgram(
      unbuffered({ command: path, args, cwd }, unbuffer),
      {
        env: environmentOf(options),
        line: send === null ? null : framed(send, options.framing),
        closeMs,
        mayUseStdbuf: unbuffer !== "stdbuf",
        patienceMs,
        terminalMs,
        hurry: hurry.promise,
      },
    );
    return [
      ...exitFindings(report),
      ...printingFindings(report, runner, options),
      ...inspectOutput(report.trial, options),
      ...endFindings(report),
    ];
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    return [failure("run", error)];
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

/** What the program gets when somebody connects from this machine. */
function environmentOf(
  { passEnv = DEFAULT_PASS_ENV, unbuffer = "env" }: Options,
): Record<string, string> {
  return cgiEnv({
    id: "",
    info: {
      remoteAddr: "127.0.0.1",
      remoteHost: "127.0.0.1",
      remotePort: 0,
      method: "GET",
      url: "http://localhost/",
      origin: null,
      user: "",
      authType: "",
      certificate: null,
      requestId: null,
    },
    target: { uri: "/", rawPath: "/", query: "", path: "/" },
    headers: new Headers({ host: "localhost" }),
    passed: passedEnv(passEnv),
    passNames: new Set(passEnv),
    set: unbufferEnv(unbuffer),
  });
}

/** A message as the program gets it. */
function framed(text: string, framing: Options["framing"]): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (framing === "length32") {
    const message = new Uint8Array(4 + bytes.byteLength);
    new DataView(message.buffer).setUint32(0, bytes.byteLength);
    message.set(bytes, 4);
    return message;
  }
  const end = framing === "nul"
    ? "\0"
    : framing === "raw" || framing === "chunks"
    ? ""
    : "\n";
  return new TextEncoder().encode(text + end);
}

/** Programs that a shell could not find or start. */
const NOT_STARTED = new Set([126, 127]);

function exitFindings({ trial, end, ownEnd }: ProgramReport): Finding[] {
  if (ownEnd === null || end.exit === null) return [];
  const { code, signal } = end.exit;
  const how = describeExit(end.exit);
  const said = trial.lastWords === ""
    ? ""
    : `; it said ${JSON.stringify(trial.lastWords)}`;
  if (NOT_STARTED.has(code) && signal === null) {
    return [
      problem(
        "exit",
        `it ends by itself with ${how}: something in it was not found or may not be executed${said}`,
        "look for a misspelt program in it; it has only the environment in the README, not that of your shell",
      ),
    ];
  }
  if (code !== 0 || signal !== null) {
    return [
      warning(
        "exit",
        `it ends by itself with ${how}${said}`,
        "clients see that as a failure",
      ),
    ];
  }
  return [ok("exit", `it ends by itself with ${how}`)];
}

function printingFindings(
  report: ProgramReport,
  runner: string,
  options: Options,
): Finding[] {
  const { trial, ownEnd, isBuffered } = report;
  if (isBuffered) {
    return [
      warning(
        "buffering",
        "it prints at once on a terminal, and into a pipe only when its buffer is full or it ends",
        cureFor(report, runner, options),
      ),
    ];
  }
  if (trial.beforeEof > 0) {
    const when = trial.wasSent ? "it answers a line" : "it prints";
    return [
      ok("output", `${when} after ${Math.round(trial.reactionMs!)} ms`),
    ];
  }
  if (trial.bytes > 0) {
    return [
      warning(
        "output",
        "it prints only when its input has ended, which for a client means to have left",
        isBuffered === null
          ? `${
            flushHint(runner)
          }, if it should print sooner; --unbuffer=stdbuf may help too`
          : "let it answer each line, or put what it reads into one message",
      ),
    ];
  }
  if (trial.lastWords !== "") {
    return [
      warning(
        "output",
        `it prints nothing on stdout, only on stderr (${
          JSON.stringify(trial.lastWords)
        }), which clients do not see`,
        "print on stdout, or add --passstderr",
      ),
    ];
  }
  return [
    warning(
      "output",
      ownEnd === null
        ? `it prints nothing within ${seconds(trial)}${
          trial.wasSent ? ", also after a line of input" : ""
        }`
        : "it ends without having printed anything",
      ownEnd === null && trial.wasSent
        ? "if it waits for something else than that line, give it with --send=LINE"
        : null,
    ),
  ];
}

function seconds({ ageMs }: ProgramReport["trial"]): string {
  return `${Math.max(1, Math.round(ageMs / 1000))} s`;
}

function cureFor(
  { stdbufHelps }: ProgramReport,
  runner: string,
  { unbuffer = "env" }: Options,
): string {
  if (stdbufHelps) {
    return `add --unbuffer=stdbuf, which helps here, or ${flushHint(runner)}`;
  }
  if (unbuffer === "off" && runner.startsWith("python")) {
    return "leave --unbuffer=off out: PYTHONUNBUFFERED=1 is set then";
  }
  const tried = stdbufHelps === false || unbuffer === "stdbuf";
  return `${flushHint(runner)}${
    tried ? "; --unbuffer=stdbuf does not help here" : ""
  }`;
}

function endFindings({ end }: ProgramReport): Finding[] {
  const findings: Finding[] = [];
  if (end.leftOthers) {
    findings.push(
      warning(
        "ending",
        "it leaves other programs running when it ends",
        "wait for them in it: they are ended with it",
      ),
    );
  }
  switch (end.by) {
    case "itself":
      break;
    case "stdin":
      findings.push(
        ok("ending", "it ends when its input does, as when a client leaves"),
      );
      break;
    case "SIGINT":
    case "SIGTERM":
      findings.push(
        ok(
          "ending",
          `it goes on when its input has ended, and ends on ${end.by}, as when a client leaves`,
        ),
      );
      break;
    case "SIGKILL":
      findings.push(
        warning(
          "ending",
          "it goes on after the end of its input, SIGINT and SIGTERM, and has to be killed when a client leaves",
          "end it on SIGTERM, or give it more time with --closems",
        ),
      );
  }
  return findings;
}
