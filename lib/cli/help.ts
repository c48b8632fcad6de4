/**
 * What is printed instead of serving: the short help, `--help`, `--version`, `--license`.
 *
 * @module
 */
import { VERSION } from "../mod.ts";
import { type Flag, FLAG_GROUPS, FLAGS, flagUsage } from "./flags.ts";
import { LICENSE_TEXT } from "./license.ts";
import { wrap, wrapEntry } from "./wrap.ts";

/**
 * The help that follows a mistake: how a command line looks, and where to read on.
 *
 * @param program How the user starts this program, such as `deno run -A main.ts`.
 */
export function shortHelp(program: string): string {
  return `
Usage:

  Export a single executable program as a WebSocket server:
    ${program} [options] COMMAND [command args]

  For example, count to three for every client:
    ${program} --port=8080 sh -c 'for i in 1 2 3; do echo $i; sleep 1; done'

  Or, export an entire directory of executables as WebSocket endpoints:
    ${program} [options] --dir=SOMEDIR

  Or, show extended help message using:
    ${program} --help
`;
}

/** Everything that `--help` prints. */
export function longHelp(program: string): string {
  return [
    versionLine(),
    ...wrap(
      "Turns any program that reads stdin and writes stdout into a WebSocket server. The program is started once for each client: a line that it prints is a message to the client, a message from the client is a line on its stdin.",
    ),
    "",
    "Usage:",
    "",
    `  ${program} [options] COMMAND [command args]`,
    `  ${program} [options] --dir=SOMEDIR`,
    `  ${program} check [options] COMMAND [command args]`,
    `  ${program} connect [options] URL`,
    "",
    ...wrap(
      "The last two look what is wrong with a command line, and connect to a WebSocket; check --help and connect --help explain them.",
    ),
    "",
    "Examples:",
    "",
    "  Count to three for every client that connects to ws://127.0.0.1:8080/",
    `    ${program} sh -c 'for i in 1 2 3; do echo $i; sleep 1; done'`,
    "",
    "  Let other machines in, and pages from https://example.com",
    `    ${program} --address='*' --origin=https://example.com ./chat.sh`,
    "",
    "  Send bytes as they come, to at most 20 clients at a time",
    `    ${program} --framing=chunks --maxforks=20 ./camera`,
    "",
    ...wrap(
      "Options stand before COMMAND, what follows it belongs to the program. -port=80, --port=80 and --port 80 are the same; an option without a value in the list below takes none, or =false.",
    ),
    ...FLAG_GROUPS.flatMap((group) => [
      "",
      `${group}:`,
      "",
      ...FLAGS.filter((flag) => flag.group === group).flatMap(flagHelp),
    ]),
    "",
    "License: MIT. Run with --license for the text.",
    "",
  ].join("\n");
}

/** `websocketd VERSION (deno X.Y.Z TARGET)`, with a newline. */
export function versionText(): string {
  return `${versionLine()}\n`;
}

/** The version line and the license. */
export function licenseText(): string {
  return `${versionLine()}\n\n${LICENSE_TEXT}`;
}

function versionLine(): string {
  return `websocketd ${VERSION} (deno ${Deno.version.deno} ${Deno.build.target})`;
}

function flagHelp(flag: Flag): string[] {
  return wrapEntry(
    flagUsage(flag),
    flag.default === "" ? flag.help : `${flag.help} Default: ${flag.default}.`,
  );
}
