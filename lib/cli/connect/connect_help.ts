/**
 * What `connect --help` prints.
 *
 * @module
 */
import {
  CONNECT_FLAG_GROUPS,
  CONNECT_FLAGS,
  type ConnectFlag,
} from "./connect_flags.ts";
import { wrap, wrapEntry } from "../wrap.ts";

/** Exit statuses and what they mean, for the help and the README. */
export const EXIT_STATUSES: readonly (readonly [string, string])[] = [
  [
    "0",
    "the program ended with 0 (close code 1000 or none), or what was asked for was done",
  ],
  ["1 to 255", "the program ended with this status (close code 4000 + status)"],
  [
    "128 + n",
    "the program was killed by signal n (close code 4500 + n); 130 after Ctrl-C, 143 after SIGTERM here",
  ],
  ["2", "this command line cannot be used"],
  ["69", "cannot connect, refused, or connection lost (1006)"],
  [
    "70",
    "the server ended the connection for another reason: a limit (1008, 1009), a message of the wrong type (1003), a program that cannot be started (1011)",
  ],
  ["74", "stdin cannot be read or sent, or stdout cannot be written"],
  [
    "75",
    "later may work: too busy or stopping (1001, 1012, 1013, 1014; 408, 425, 429, 502, 503, 504)",
  ],
  ["141", "nobody reads stdout any more"],
];

/**
 * The help.
 *
 * @param program How the user starts this program, such as `websocketd`.
 */
export function connectHelp(program: string): string {
  return [
    "Usage:",
    "",
    `  ${program} connect [options] URL`,
    "",
    ...wrap(
      "Connects to a WebSocket: each line of stdin becomes a message, each message a line on stdout, and the exit status is that of the program on the other side. URL is ws:// or wss:// (http:// and https:// mean the same), or without them localhost:8080/path or :8080.",
    ),
    "",
    "Examples:",
    "",
    "  Deploy if the build on the other side has succeeded",
    `    ${program} connect wss://example.com/build && ./deploy`,
    "",
    "  Ask one question",
    `    echo 2+3 | ${program} connect --once :8080/calculator`,
    "",
    "  Follow a log, whatever happens to the server",
    `    ${program} connect --reconnect wss://example.com/log </dev/null`,
    "",
    ...wrap(
      "At a terminal there is a prompt with line editing and history: Ctrl-D closes the connection (1000), Ctrl-C too (1001) and at once.",
    ),
    "",
    ...wrap(
      "The end of stdin closes nothing: a WebSocket cannot be closed in one direction, and the answers still to come would be lost. The server closes when the program has ended. One that reads until its stdin ends, like cat, ends only when the connection does: there, --end or --once says when. For the same reason a program that answers only after the end of its input, like sort, cannot answer at all.",
    ),
    ...CONNECT_FLAG_GROUPS.flatMap((group) => [
      "",
      `${group}:`,
      "",
      ...CONNECT_FLAGS.filter((flag) => flag.group === group)
        .flatMap((flag) => wrapEntry(usage(flag), explanation(flag))),
    ]),
    "",
    "Exit status:",
    "",
    ...EXIT_STATUSES.flatMap(([status, meaning]) => wrapEntry(status, meaning)),
    "",
  ].join("\n");
}

function usage({ name, short, value }: ConnectFlag): string {
  const long = value === null ? `--${name}` : `--${name}=${value}`;
  return short === undefined ? long : `-${short}, ${long}`;
}

function explanation(flag: ConnectFlag): string {
  return flag.default === ""
    ? flag.help
    : `${flag.help} Default: ${flag.default}.`;
}
