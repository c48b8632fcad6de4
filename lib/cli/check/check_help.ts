import { wrap, wrapEntry } from "../wrap.ts";
import { CHECK_FLAGS, type CheckFlag } from "./check_flags.ts";

/**
 * What `check --help` prints.
 *
 * @param program How the user starts this program, such as `websocketd`.
 */
export function checkHelp(program: string): string {
  return [
    "Usage:",
    "",
    `  ${program} check [options] COMMAND [command args]`,
    `  ${program} check [options] --dir=SOMEDIR`,
    "",
    ...wrap(
      "Takes the options of a server and tells, without serving, what is wrong or will surprise: whether the program can be started, how its output comes, whether ports are free and files are readable, whether the certificate is right, who would be let in.",
    ),
    "",
    ...wrap(
      "The program is run for some seconds, as it would be for a client, and ended. It does then what it does: --no-run leaves that out. Programs of --dir and --cgidir are only looked at. On each port it listens for a moment.",
    ),
    "",
    "Examples:",
    "",
    `    ${program} check --port=8080 ./chat.sh`,
    "",
    "  In a systemd unit, so that a mistake is found before the start",
    `    ExecStartPre=websocketd check --no-run --port=8080 /srv/chat.sh`,
    "",
    "Options, besides those of the server:",
    "",
    ...CHECK_FLAGS.flatMap((flag) => wrapEntry(usage(flag), explanation(flag))),
    "",
    "Each line begins with a mark:",
    "",
    ...wrapEntry("ok", "as it should be"),
    ...wrapEntry("warning", "works, and may surprise"),
    ...wrapEntry("problem", "does not work so"),
    "",
    "Exit status:",
    "",
    ...wrapEntry("0", "no problem was found; there may be warnings"),
    ...wrapEntry("1", "a problem was found, or the options make no sense"),
    ...wrapEntry("2", "an option cannot be read"),
    ...wrapEntry("128 + n", "signal n has ended it; 130 after Ctrl-C"),
    "",
  ].join("\n");
}

function usage({ name, value }: CheckFlag): string {
  return value === null ? `--${name}` : `--${name}=${value}`;
}

function explanation(flag: CheckFlag): string {
  return flag.default === ""
    ? flag.help
    : `${flag.help} Default: ${flag.default}.`;
}
