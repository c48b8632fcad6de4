/**
 * `connect URL`: the command line of the client.
 *
 * @module
 */
import { type ClientEvent, OptionError, runClient } from "../../mod.ts";
import { escapeJson } from "../escape.ts";
import { invocation } from "../invocation.ts";
import { UsageError } from "../usage_error.ts";
import { type ConnectArgs, readConnectArgs } from "./connect_args.ts";
import { connectHelp } from "./connect_help.ts";
import { historyPath } from "./history.ts";
import { Prompt } from "./prompt.ts";
import { listenForSignals } from "./signals.ts";
import { promptLines, retryLine, verboseLines } from "./verbose.ts";

/** Exit status for a command line that cannot be used. */
const USAGE = 2;
/** Exit status after Ctrl-C: 128 + the number of SIGINT. */
const SIGINT = 130;

/**
 * Connects stdin and stdout to a WebSocket.
 *
 * Messages go to stdout, everything else to stderr. The end of stdin closes
 * nothing; see `connect --help`, which also lists the exit statuses.
 *
 * @param args The words behind `connect`.
 * @returns The exit status: that of the program on the other side where the server tells it.
 */
export async function runConnect(args: readonly string[]): Promise<number> {
  try {
    const parsed = readConnectArgs(args);
    if (parsed.help) {
      console.log(connectHelp(invocation()).trimEnd());
      return 0;
    }
    return await connect(parsed);
  } catch (error) {
    if (error instanceof UsageError || error instanceof OptionError) {
      console.error(error.message);
      return USAGE;
    }
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    console.error(
      `${error.message}\nStart with all permissions: ${invocation()} connect`,
    );
    return USAGE;
  }
}

async function connect(args: ConnectArgs): Promise<number> {
  const { verbose, history, endMs, ...options } = args;
  const certificates = {
    caCert: readPem("cacert", args.caCert),
    cert: readPem("cert", args.cert),
    key: readPem("key", args.key),
  };
  const interrupt = new AbortController();
  let interruptedWith: number | null = null;
  let prompt: Prompt | null = null;

  function onSignal(status: number): void {
    if (interruptedWith !== null) {
      prompt?.close();
      Deno.exit(status);
    }
    interruptedWith = status;
    interrupt.abort();
    prompt?.close();
  }
  function say(line: string): void {
    if (prompt === null) console.error(line);
    else prompt.say(line);
  }
  function onEvent(event: ClientEvent): void {
    if (event.type === "retry") say(retryLine(event));
    if (verbose) verboseLines(event).forEach(say);
    else if (prompt !== null) promptLines(event).forEach(say);
  }

  using _signals = listenForSignals(onSignal);
  if (canPrompt(args)) {
    prompt = await Prompt.start({
      history: history === undefined ? historyPath() : history || null,
      endsWithAnswer: args.once,
      onInterrupt: () => onSignal(SIGINT),
    });
  }
  try {
    const end = await runClient({
      ...options,
      ...certificates,
      input: prompt ?? Deno.stdin,
      output: prompt ?? Deno.stdout,
      endMs: endMs ?? (prompt === null ? undefined : 0),
      signal: interrupt.signal,
      onEvent,
    });
    if (interruptedWith !== null) return interruptedWith;
    if (!end.isExpected || verbose || prompt !== null) {
      say(escapeJson(end.message));
    }
    return end.status;
  } finally {
    prompt?.close();
  }
}

/** Whether somebody sits at a terminal and can see what is typed. */
function canPrompt({ binary }: ConnectArgs): boolean {
  return !binary && Deno.stdin.isTerminal() && Deno.stderr.isTerminal();
}

function readPem(flag: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error instanceof Deno.errors.NotCapable) throw error;
    const why = error.message.replace(/ \(os error \d+\).*/s, "");
    throw new OptionError(`Cannot read --${flag}="${path}": ${why}`);
  }
  if (text.includes("-----BEGIN ")) return text;
  throw new OptionError(`Cannot use --${flag}="${path}": not in PEM form`);
}
