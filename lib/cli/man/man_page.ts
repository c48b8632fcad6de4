import { VERSION } from "../../mod.ts";
import { CHECK_FLAGS } from "../check/check_flags.ts";
import { EXIT_STATUSES } from "../connect/connect_help.ts";
import { CONNECT_FLAGS } from "../connect/connect_flags.ts";
import { type Flag, FLAG_GROUPS, FLAGS } from "../flags.ts";
import {
  escapeMdoc,
  mdocFlag,
  mdocList,
  mdocLiteral,
  mdocText,
  mdocWord,
} from "./mdoc.ts";

/** When this text was last changed. */
const DATE = "November 28, 2026";

/**
 * The manual page, in mdoc, as `man -l` reads it. Its options are those of the
 * tables that the parsers read.
 */
export function manPage(): string {
  return [
    `.Dd ${DATE}`,
    ".Dt WEBSOCKETD 1",
    `.Os "websocketd ${escapeMdoc(VERSION)}"`,
    ".Sh NAME",
    ".Nm websocketd",
    ".Nd put a program behind a WebSocket",
    ...synopsis(),
    ".Sh DESCRIPTION",
    ".Nm",
    ...mdocText(DESCRIPTION),
    ".Sh OPTIONS",
    ...mdocText(OPTIONS),
    ...FLAG_GROUPS.flatMap((group) => [
      `.Ss ${group}`,
      ...flags(FLAGS.filter((flag) => flag.group === group)),
    ]),
    ".Sh COMMANDS",
    ".Ss check",
    ...mdocText(CHECK),
    ...flags(CHECK_FLAGS),
    ".Ss connect",
    ...mdocText(CONNECT),
    ...flags(CONNECT_FLAGS),
    ...environment(),
    ".Sh FILES",
    ...mdocList(FILES.map(([path, text]) => [`Pa ${mdocWord(path)}`, text])),
    ".Sh EXIT STATUS",
    ".Nm",
    ...mdocText("ends with"),
    ...statuses(SERVER_STATUSES),
    ".Pp",
    ...mdocText("The command check ends with"),
    ...statuses(CHECK_STATUSES),
    ".Pp",
    ...mdocText("The command connect ends with"),
    ...statuses(EXIT_STATUSES),
    ".Sh SIGNALS",
    ...mdocList(SIGNALS),
    ".Sh EXAMPLES",
    ...EXAMPLES.flatMap(([text, line]) => [
      ...mdocText(text),
      ...mdocLiteral(line),
      ".Pp",
    ]).slice(0, -1),
    ...SEE_ALSO,
    ".Sh SECURITY CONSIDERATIONS",
    ...SECURITY.flatMap((text) => [".Pp", ...mdocText(text)]).slice(1),
    "",
  ].join("\n");
}

const DESCRIPTION =
  "turns any program that reads stdin and writes stdout into a WebSocket server. The program is started once for each client. Each line that it prints is a message to the client, each message from the client is a line on its stdin. When the program ends, the connection is closed with its exit status as the reason: close code 1000 for 0, 4000 + n for n, 4500 + n for signal n. When the client leaves, the program is ended: its stdin first, then SIGINT, SIGTERM and SIGKILL, to it and all that it has started.";

const OPTIONS =
  "Options stand before COMMAND; what follows it belongs to the program. -port=80, --port=80 and --port 80 are the same. An option without a value in this list takes none, or =false.";

const CHECK =
  "Takes the options of a server and tells, without serving, what is wrong or will surprise, a line each, marked ok, warning or problem. The program is run for some seconds, as it would be for a client, and ended; --no-run leaves that out. A program of this name is served as ./check. Options besides those of the server:";

const CONNECT =
  "Connects stdin and stdout to a WebSocket: each line of stdin becomes a message, each message a line on stdout. At a terminal there is a prompt with line editing and history. A program of this name is served as ./connect.";

/** Variables that the program finds, and what is in them. */
const PROGRAM_VARIABLES: readonly (readonly [string, string])[] = [
  ["REMOTE_ADDR , REMOTE_PORT", "Address and port of the client."],
  ["REMOTE_HOST", "Its name with --reverselookup, else its address."],
  ["REMOTE_USER , AUTH_TYPE", "Who the client is, with --auth."],
  ["QUERY_STRING", "What stands behind the question mark, as sent."],
  ["PATH_INFO", "The path, decoded; with --dir, what follows the program."],
  ["REQUEST_URI", "Path and query, as sent."],
  ["SERVER_NAME , SERVER_PORT", "Where the client connected to."],
  ["HTTPS", "on, with --ssl."],
  ["UNIQUE_ID", "Digits that no other session has and nobody can guess."],
  ["HTTP_*", "Each header of the request: Cookie is HTTP_COOKIE."],
  [
    "PATH , LD_LIBRARY_PATH",
    "The server's own; --passenv passes others instead.",
  ],
  ["PYTHONUNBUFFERED", "1, unless --unbuffer says otherwise."],
];

/** Variables that are read. */
const OWN_VARIABLES: readonly (readonly [string, string])[] = [
  ["PATH", "Where COMMAND is looked for, if it has no slash."],
  ["NO_COLOR", "If it is set, check writes no colours to a terminal."],
  [
    "DENO_TLS_CA_STORE",
    "Whom connect trusts: system for the certificates of the system.",
  ],
  ["XDG_STATE_HOME", "Below it, connect keeps its history."],
];

const FILES: readonly (readonly [string, string])[] = [
  [
    "~/.local/state/websocketd/history",
    "Lines typed at the prompt of connect; see --history.",
  ],
];

const SERVER_STATUSES: readonly (readonly [string, string])[] = [
  ["0", "It was stopped gently, or --once and the one client has left."],
  ["1", "The command line makes no sense, or there is no such program."],
  ["2", "A flag is unknown, or its value cannot be read."],
  ["3", "It cannot listen, or a certificate cannot be used."],
  ["128 + n", "A second signal n has ended it at once."],
];

const CHECK_STATUSES: readonly (readonly [string, string])[] = [
  ["0", "No problem was found; there may be warnings."],
  ["1", "A problem was found, or the command line makes no sense."],
  ["2", "A flag is unknown, or its value cannot be read."],
  ["128 + n", "Signal n has ended it."],
];

const SIGNALS: readonly (readonly [string, string])[] = [
  [
    "Dv SIGINT , SIGTERM , SIGHUP",
    "Stops the server gently: nobody is let in any more, sessions get --drainms to end by themselves, are closed with 1001 then, and their programs are ended. A second one ends everything at once.",
  ],
];

const EXAMPLES: readonly (readonly [string, string])[] = [
  [
    "Count to three for every client that connects to ws://127.0.0.1:8080/:",
    "websocketd sh -c 'for i in 1 2 3; do echo $i; sleep 1; done'",
  ],
  [
    "Let other machines in, and pages from one site:",
    "websocketd --address='*' --origin=https://example.com ./chat.sh",
  ],
  [
    "Send bytes as they come, to at most 20 clients at a time:",
    "websocketd --framing=chunks --maxforks=20 ./camera",
  ],
  [
    "Serve a directory of programs and the pages that use them:",
    "websocketd --dir=programs --staticdir=public",
  ],
  [
    "Find out what is wrong with a command line, without starting the program:",
    "websocketd check --no-run --port=8080 ./chat.sh",
  ],
  [
    "Deploy if the build on the other side has succeeded:",
    "websocketd connect wss://example.com/build && ./deploy",
  ],
  [
    "Install this page, and completions for bash:",
    "websocketd --man >/usr/local/share/man/man1/websocketd.1\nwebsocketd --completions=bash \\\n    >/usr/local/share/bash-completion/completions/websocketd",
  ],
];

const SEE_ALSO = [
  ".Sh SEE ALSO",
  ".Xr curl 1 ,",
  ".Xr htpasswd 1 ,",
  ".Xr stdbuf 1 ,",
  ".Xr systemd.service 5 ,",
  ".Xr unix 7",
  ".Rs",
  ".%T The WebSocket Protocol",
  ".%R RFC 6455",
  ".Re",
  ".Rs",
  ".%T The Common Gateway Interface (CGI) Version 1.1",
  ".%R RFC 3875",
  ".Re",
];

const SECURITY = [
  "Whoever connects can talk to the program with the rights of the server's user. Without further options that is everybody on this machine, and in a browser the pages that this server has served itself. --address lets other machines in, --origin other pages, --auth only those who can prove who they are. Without --ssl, or a proxy that encrypts, everybody on the way can read and change what is said.",
  "What a client sends reaches the program as it is, in messages and in variables. A program in a shell must quote what it uses of them.",
  "--compat accepts pages from everywhere, as Go's websocketd does: any page that somebody on this machine visits can use the program then.",
];

function synopsis(): string[] {
  return [
    ".Sh SYNOPSIS",
    ".Nm",
    ".Op Ar options",
    ".Ar COMMAND Op Ar argument ...",
    ".Nm",
    ".Op Ar options",
    ".Fl \\-dir Ns = Ns Ar DIR",
    ".Nm",
    ".Cm check",
    ".Op Ar options",
    ".Ar COMMAND Op Ar argument ...",
    ".Nm",
    ".Cm connect",
    ".Op Ar options",
    ".Ar URL",
  ];
}

function flags(
  table: readonly (
    & Pick<Flag, "name" | "type" | "value" | "default" | "help">
    & { readonly short?: string }
  )[],
): string[] {
  return mdocList(table.map((flag) => [
    mdocFlag(flag),
    flag.default === "" ? flag.help : `${flag.help} Default: ${flag.default}.`,
  ]));
}

function environment(): string[] {
  return [
    ".Sh ENVIRONMENT",
    ...mdocText("These variables are read:"),
    ...variables(OWN_VARIABLES),
    ".Pp",
    ...mdocText(
      "The program has these, and nothing else of the server's environment:",
    ),
    ...variables(PROGRAM_VARIABLES),
  ];
}

function variables(list: readonly (readonly [string, string])[]): string[] {
  return mdocList(list.map(([names, text]) => [`Ev ${names}`, text]));
}

function statuses(list: readonly (readonly [string, string])[]): string[] {
  return mdocList(list);
}
