/**
 * Every flag, once. The parser, `--help`, README's table and the guess at a
 * misspelt flag all read this table.
 *
 * @module
 */
import type { ServeOptions } from "../mod.ts";

/**
 * How a value is written.
 *
 * - `bool`: `--flag` or `--flag=false`, never a word of its own
 * - `int`, `uint`: whole numbers as Go writes them; `uint` has no sign
 * - `choice`: one of `choices`
 * - `string`: one value, as it stands
 * - `csv`: a list in one word, `a,b`
 * - `optional`: `--flag` means `--flag=BARE`; never a word of its own
 * - `list`: the flag is repeated, one value each time
 */
export type FlagType =
  | "bool"
  | "int"
  | "uint"
  | "choice"
  | "string"
  | "optional"
  | "csv"
  | "list";

/** One flag of the command line. */
export interface Flag {
  /** As it is written, without dashes. */
  readonly name: string;
  readonly type: FlagType;
  /** What stands for the value in the help, null for a `bool`. */
  readonly value: string | null;
  /** What happens without the flag, in words or as a value; empty when there is nothing to tell. */
  readonly default: string;
  /** One or two sentences. */
  readonly help: string;
  /** The heading it is listed under. */
  readonly group: FlagGroup;
  /** The library's option that takes the value, null where more than copying is needed. */
  readonly option: keyof ServeOptions | null;
  /** What the value is multiplied with on its way to the option: 1000 for seconds. */
  readonly scale?: number;
  /** What an `optional` without a value means. */
  readonly bare?: string;
  /** The words a `choice` knows. */
  readonly choices?: readonly string[];
  /** Whether Go's websocketd has it too, with the same meaning. */
  readonly original: boolean;
}

/** Headings of the help, in order. */
export const FLAG_GROUPS = [
  "Where to listen",
  "Who may connect",
  "The program",
  "One program, many clients",
  "Files and scripts",
  "Messages",
  "Limits and endings",
  "HTTP answers",
  "Operation",
  "Log",
  "About websocketd",
] as const;

/** One of the headings. */
export type FlagGroup = typeof FLAG_GROUPS[number];

/** What `--framing` knows. */
export const FRAMINGS = [
  "lines",
  "nul",
  "raw",
  "chunks",
  "length32",
  "tagged",
] as const;

/** What `--loglevel` knows, from most to least verbose. `access` is quieter than `trace` and louder than `info`, as in the original. */
export const LOG_LEVELS = [
  "debug",
  "trace",
  "access",
  "info",
  "error",
  "fatal",
  "none",
] as const;

/** What `--logformat` knows. */
export const LOG_FORMATS = ["text", "json"] as const;

/** What `--completions` knows. */
export const COMPLETION_SHELLS = ["bash", "zsh", "fish"] as const;

/** The table, in the order of the help. */
export const FLAGS = [
  {
    name: "port",
    type: "int",
    value: "PORT",
    default: "8080",
    help:
      "Port to listen on. 0 takes a free one, which the start-up line names.",
    group: "Where to listen",
    option: "port",
    original: true,
  },
  {
    name: "address",
    type: "list",
    value: "ADDRESS",
    default: "127.0.0.1 and [::1]",
    help:
      "Address or host name to listen on, IPv6 in square brackets; may be repeated. '*' listens on every address, so that other machines can connect.",
    group: "Where to listen",
    option: "address",
    original: true,
  },
  {
    name: "unixsocket",
    type: "string",
    value: "PATH",
    default: "none",
    help:
      "Listen on a unix socket. Alone, that is without --port, --address and --redirport, it is the only place.",
    group: "Where to listen",
    option: "unixSocket",
    original: true,
  },
  {
    name: "unixsocketmode",
    type: "string",
    value: "MODE",
    default: "what the umask leaves",
    help: "Permissions of the unix socket, in octal: 0660.",
    group: "Where to listen",
    option: null,
    original: false,
  },
  {
    name: "ssl",
    type: "bool",
    value: null,
    default: "",
    help:
      "Listen with TLS: wss:// and https://. The port is 8443 then if none is given.",
    group: "Where to listen",
    option: "ssl",
    original: true,
  },
  {
    name: "sslcert",
    type: "string",
    value: "FILE",
    default: "none",
    help:
      "Certificate for --ssl, with its chain, as PEM. Read again when it changes.",
    group: "Where to listen",
    option: "sslCert",
    original: true,
  },
  {
    name: "sslkey",
    type: "string",
    value: "FILE",
    default: "none",
    help: "Key of the certificate, as PEM.",
    group: "Where to listen",
    option: "sslKey",
    original: true,
  },
  {
    name: "sslca",
    type: "string",
    value: "FILE",
    default: "none",
    help:
      "Ask clients for certificates too, and admit those that these authorities have signed. The program sees the subject as SSL_CLIENT_S_DN.",
    group: "Where to listen",
    option: "sslCa",
    original: true,
  },
  {
    name: "redirport",
    type: "int",
    value: "PORT",
    default: "none",
    help:
      "Also listen on this port, without TLS, and redirect every request to where this server really is.",
    group: "Where to listen",
    option: "redirPort",
    original: true,
  },
  {
    name: "engine",
    type: "choice",
    value: "ENGINE",
    default: "native",
    choices: ["native", "wire"],
    help:
      "What carries the WebSockets: native is Deno's own, wire is this program's, with harder limits and many times the speed.",
    group: "Where to listen",
    option: "engine",
    original: false,
  },
  {
    name: "workers",
    type: "uint",
    value: "N",
    default: "1",
    help:
      "Serve with so many threads, on Linux; limits hold over all of them. 0: one for each processor.",
    group: "Where to listen",
    option: "workers",
    original: false,
  },
  {
    name: "compat",
    type: "bool",
    value: null,
    default: "",
    help:
      "Listen and accept as Go's websocketd does: port 80 on every address, clients of any Origin and Host. Flags given beside it still count.",
    group: "Where to listen",
    option: null,
    original: false,
  },
  {
    name: "origin",
    type: "csv",
    value: "ORIGIN[,ORIGIN...]",
    default: "pages from this server, and clients that are not browsers",
    help:
      "Also accept pages from these origins: HOST, HOST:PORT or SCHEME://HOST[:PORT]; null for pages opened from disk, '*' for any.",
    group: "Who may connect",
    option: "origin",
    original: true,
  },
  {
    name: "sameorigin",
    type: "bool",
    value: null,
    default: "",
    help:
      "Accept only pages from this very host and port, and no client that sends no Origin.",
    group: "Who may connect",
    option: "sameOrigin",
    original: true,
  },
  {
    name: "host",
    type: "csv",
    value: "NAME[,NAME...]",
    default: "localhost, IP addresses and what --address names",
    help:
      "Also accept clients that ask for these host names, '*' for any. Guards against DNS rebinding.",
    group: "Who may connect",
    option: "host",
    original: false,
  },
  {
    name: "auth",
    type: "list",
    value: "HOW",
    default: "nobody is asked",
    help:
      "Whom to admit; may be repeated, any one admits. basic:FILE (htpasswd -B), token (printed at the start as a link), token:FILE, header:NAME (of a --trustproxy), exec:PROGRAM (exit 0 admits).",
    group: "Who may connect",
    option: "auth",
    original: false,
  },
  {
    name: "trustproxy",
    type: "csv",
    value: "CIDR[,CIDR...]",
    default: "none",
    help:
      "Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses, networks, or unix for the unix socket.",
    group: "Who may connect",
    option: "trustProxy",
    original: false,
  },
  {
    name: "maxperip",
    type: "int",
    value: "N",
    default: "0",
    help:
      "Clients served at once from one IP address. 0 or less: as many as --maxforks.",
    group: "Who may connect",
    option: "maxPerIp",
    original: false,
  },
  {
    name: "reverselookup",
    type: "bool",
    value: null,
    default: "",
    help:
      "Look up the name of each client, for the program's REMOTE_HOST and the log. Slows connecting down.",
    group: "Who may connect",
    option: "reverseLookup",
    original: true,
  },
  {
    name: "subprotocol",
    type: "csv",
    value: "NAME[,NAME...]",
    default: "none",
    help:
      "WebSocket subprotocols to agree to when a client offers one of them, the preferred one first.",
    group: "Who may connect",
    option: "subprotocol",
    original: false,
  },
  {
    name: "passenv",
    type: "csv",
    value: "NAME[,NAME...]",
    default: "PATH and the search path of shared libraries",
    help:
      "Environment variables that the program gets from the server's own, instead of the default ones.",
    group: "The program",
    option: "passEnv",
    original: true,
  },
  {
    name: "unbuffer",
    type: "choice",
    value: "HOW",
    default: "env",
    choices: ["env", "stdbuf", "off"],
    help:
      "Make the program's output arrive at once: env sets PYTHONUNBUFFERED=1, stdbuf starts it through stdbuf -oL, off changes nothing.",
    group: "The program",
    option: "unbuffer",
    original: false,
  },
  {
    name: "share",
    type: "optional",
    value: "BY",
    bare: "all",
    default: "a program for each client",
    help:
      "One program for many clients: all, or those of one path, one value of a parameter (query:NAME) or of a header (header:NAME). What it prints goes to all of them.",
    group: "One program, many clients",
    option: "share",
    original: false,
  },
  {
    name: "input",
    type: "choice",
    value: "WHO",
    default: "all",
    choices: ["all", "first", "none"],
    help:
      "Which clients may write to a shared program: all, first for the one that is there longest, none.",
    group: "One program, many clients",
    option: "input",
    original: false,
  },
  {
    name: "share-start",
    type: "choice",
    value: "WHEN",
    default: "first",
    choices: ["first", "now"],
    help:
      "Start a shared program with its first client, or now, with the server, to run until that ends.",
    group: "One program, many clients",
    option: "shareStart",
    original: false,
  },
  {
    name: "linger",
    type: "string",
    value: "SECONDS",
    default: "0",
    help:
      "How long a shared program goes on without clients: seconds, or forever.",
    group: "One program, many clients",
    option: null,
    original: false,
  },
  {
    name: "restart",
    type: "choice",
    value: "WHEN",
    default: "on-failure",
    choices: ["never", "on-failure", "always"],
    help:
      "Start a shared program again when it has ended, after longer and longer waits; its clients stay. If not, they are closed with its exit status.",
    group: "One program, many clients",
    option: "restart",
    original: false,
  },
  {
    name: "share-events",
    type: "bool",
    value: null,
    default: "",
    help:
      "Tell a shared program who comes, sends and leaves, and let it say who gets what, by lines of JSON both ways.",
    group: "One program, many clients",
    option: "shareEvents",
    original: false,
  },
  {
    name: "slow",
    type: "choice",
    value: "HOW",
    default: "close",
    choices: ["close", "drop", "wait"],
    help:
      "A client of a shared program that has more than --sendbuffer waiting: close it with 1013, drop what waits and say how many messages, or let the program wait, and with it all others.",
    group: "One program, many clients",
    option: "slow",
    original: false,
  },
  {
    name: "sendbuffer",
    type: "uint",
    value: "BYTES",
    default: "1048576",
    help:
      "What may wait for one client of a shared program, and what is kept for one that may come back.",
    group: "One program, many clients",
    option: "sendBuffer",
    original: false,
  },
  {
    name: "history",
    type: "string",
    value: "AMOUNT",
    default: "0",
    help:
      "Keep the newest messages of a shared program, and send them first to whoever joins: 1000 messages, or 256KiB. A client may ask for fewer: ?tail=50, ?since=NUMBER.",
    group: "One program, many clients",
    option: null,
    original: false,
  },
  {
    name: "resume",
    type: "uint",
    value: "SECONDS",
    default: "0",
    scale: 1000,
    help:
      "How long the program waits for a client that has lost its connection and speaks websocketd.v1. 0: not at all.",
    group: "One program, many clients",
    option: "resumeMs",
    original: false,
  },
  {
    name: "relay",
    type: "string",
    value: "URL",
    default: "none",
    help:
      "Share programs with other servers, through a NATS server with JetStream: nats://HOST:PORT/GROUP. One server of a group runs a program, and if that one ends, another.",
    group: "One program, many clients",
    option: "relay",
    original: false,
  },
  {
    name: "maxclients",
    type: "int",
    value: "N",
    default: "10000",
    help:
      "Clients of shared programs at once; one too many gets 429. 0 or less: no limit.",
    group: "One program, many clients",
    option: "maxClients",
    original: false,
  },
  {
    name: "dir",
    type: "string",
    value: "DIR",
    default: "none",
    help:
      "Instead of COMMAND: serve every program in this directory, by its path.",
    group: "Files and scripts",
    option: "dir",
    original: true,
  },
  {
    name: "staticdir",
    type: "string",
    value: "DIR",
    default: "none",
    help: "Serve the files in this directory to plain HTTP requests.",
    group: "Files and scripts",
    option: "staticDir",
    original: true,
  },
  {
    name: "listing",
    type: "bool",
    value: null,
    default: "",
    help: "List directories of --staticdir that have no index.html.",
    group: "Files and scripts",
    option: "listing",
    original: false,
  },
  {
    name: "cgidir",
    type: "string",
    value: "DIR",
    default: "none",
    help: "Run the CGI scripts in this directory for plain HTTP requests.",
    group: "Files and scripts",
    option: "cgiDir",
    original: true,
  },
  {
    name: "cgitimeout",
    type: "uint",
    value: "SECONDS",
    default: "30",
    scale: 1000,
    help: "End a CGI script after this time. 0: never.",
    group: "Files and scripts",
    option: "cgiTimeoutMs",
    original: false,
  },
  {
    name: "devconsole",
    type: "bool",
    value: null,
    default: "",
    help:
      "Serve a page to try WebSockets with: at every path, or at /_console/ beside --staticdir or --cgidir.",
    group: "Files and scripts",
    option: "devConsole",
    original: true,
  },
  {
    name: "framing",
    type: "choice",
    value: "HOW",
    default: "lines",
    choices: FRAMINGS,
    help:
      "What becomes one message: lines; nul for records that end with a NUL byte; raw for text as it comes; chunks for binary as it comes; length32 for binary behind a 4-byte big-endian length; tagged for lines of stdout and stderr as JSON.",
    group: "Messages",
    option: "framing",
    original: false,
  },
  {
    name: "binary",
    type: "bool",
    value: null,
    default: "",
    help: "Binary messages as the output comes: --framing=chunks.",
    group: "Messages",
    option: null,
    original: true,
  },
  {
    name: "passstderr",
    type: "bool",
    value: null,
    default: "",
    help: "Send the program's stderr to the client too: --framing=tagged.",
    group: "Messages",
    option: null,
    original: true,
  },
  {
    name: "raw",
    type: "bool",
    value: null,
    default: "",
    help: "Text as the output comes, no newline added or taken: --framing=raw.",
    group: "Messages",
    option: null,
    original: false,
  },
  {
    name: "maxline",
    type: "uint",
    value: "BYTES",
    default: "16777216",
    help:
      "Longest line or record that the program may print; a longer one ends the session.",
    group: "Messages",
    option: "maxLine",
    original: false,
  },
  {
    name: "invalid-utf8",
    type: "choice",
    value: "HOW",
    default: "replace",
    choices: ["replace", "close"],
    help:
      "When output of a text framing is not UTF-8: replace the wrong bytes by U+FFFD, or close the session.",
    group: "Messages",
    option: "invalidUtf8",
    original: false,
  },
  {
    name: "maxframesize",
    type: "int",
    value: "BYTES",
    default: "1048576",
    help: "Longest message accepted from a client. 0 or less: no limit.",
    group: "Messages",
    option: "maxFrameSize",
    original: true,
  },
  {
    name: "compress",
    type: "bool",
    value: null,
    default: "",
    help:
      "Compress messages for clients that can (permessage-deflate). Takes --engine=wire, and sets it.",
    group: "Messages",
    option: "compress",
    original: false,
  },
  {
    name: "maxforks",
    type: "int",
    value: "N",
    default: "1024",
    help:
      "Programs that run at once; a client too many gets 429. 0 or less: no limit.",
    group: "Limits and endings",
    option: "maxForks",
    original: true,
  },
  {
    name: "timeout",
    type: "uint",
    value: "SECONDS",
    default: "0",
    help: "End a session that has lasted this long. 0: never.",
    group: "Limits and endings",
    option: "timeoutMs",
    scale: 1000,
    original: false,
  },
  {
    name: "idle",
    type: "uint",
    value: "SECONDS",
    default: "0",
    help:
      "End a session when no message went either way for this long. 0: never.",
    group: "Limits and endings",
    option: "idleMs",
    scale: 1000,
    original: false,
  },
  {
    name: "pingms",
    type: "uint",
    value: "MS",
    default: "15000",
    help:
      "Ping a client that has been silent this long, and drop it after twice that. 0: never.",
    group: "Limits and endings",
    option: "pingMs",
    original: true,
  },
  {
    name: "closems",
    type: "uint",
    value: "MS",
    default: "0",
    help:
      "More time for the program to end by itself: added to each of the waits of 100, 250 and 500 ms before SIGINT, SIGTERM and SIGKILL.",
    group: "Limits and endings",
    option: "closeMs",
    original: true,
  },
  {
    name: "once",
    type: "bool",
    value: null,
    default: "",
    help: "Serve one client, then exit.",
    group: "Limits and endings",
    option: "once",
    original: false,
  },
  {
    name: "drainms",
    type: "uint",
    value: "MS",
    default: "3000",
    help:
      "Time that sessions get to end by themselves when the server is stopped.",
    group: "Limits and endings",
    option: "drainMs",
    original: false,
  },
  {
    name: "header",
    type: "list",
    value: "'NAME: VALUE'",
    default: "",
    help: "Header to add to every answer but a refusal; may be repeated.",
    group: "HTTP answers",
    option: "header",
    original: true,
  },
  {
    name: "header-ws",
    type: "list",
    value: "'NAME: VALUE'",
    default: "",
    help: "The same, only when a WebSocket is accepted.",
    group: "HTTP answers",
    option: "headerWs",
    original: true,
  },
  {
    name: "header-http",
    type: "list",
    value: "'NAME: VALUE'",
    default: "",
    help: "The same, only on answers to plain HTTP requests.",
    group: "HTTP answers",
    option: "headerHttp",
    original: true,
  },
  {
    name: "metrics",
    type: "string",
    value: "PATH",
    default: "none",
    help: "Answer this path with metrics for Prometheus: --metrics=/metrics.",
    group: "Operation",
    option: "metrics",
    original: false,
  },
  {
    name: "health",
    type: "string",
    value: "PATH",
    default: "none",
    help:
      "Answer this path with 200, and with 503 while stopping: --health=/healthz.",
    group: "Operation",
    option: "health",
    original: false,
  },
  {
    name: "adminaddress",
    type: "string",
    value: "ADDRESS:PORT",
    default: "where clients connect",
    help: "Answer --metrics and --health here only.",
    group: "Operation",
    option: "adminAddress",
    original: false,
  },
  {
    name: "loglevel",
    type: "choice",
    value: "LEVEL",
    default: "access",
    choices: LOG_LEVELS,
    help:
      "What to log on stdout, from most to least: debug, trace, access, info, error, fatal, none.",
    group: "Log",
    option: null,
    original: true,
  },
  {
    name: "logformat",
    type: "choice",
    value: "FORMAT",
    default: "text",
    choices: LOG_FORMATS,
    help: "text, or json for one JSON object a line.",
    group: "Log",
    option: null,
    original: false,
  },
  {
    name: "help",
    type: "bool",
    value: null,
    default: "",
    help: "Print this help and exit.",
    group: "About websocketd",
    option: null,
    original: true,
  },
  {
    name: "version",
    type: "bool",
    value: null,
    default: "",
    help: "Print the version and exit.",
    group: "About websocketd",
    option: null,
    original: true,
  },
  {
    name: "license",
    type: "bool",
    value: null,
    default: "",
    help: "Print the license and exit.",
    group: "About websocketd",
    option: null,
    original: true,
  },
  {
    name: "man",
    type: "bool",
    value: null,
    default: "",
    help: "Print the manual page and exit, for man -l or a file websocketd.1.",
    group: "About websocketd",
    option: null,
    original: false,
  },
  {
    name: "completions",
    type: "choice",
    value: "SHELL",
    default: "",
    choices: COMPLETION_SHELLS,
    help: "Print completions for bash, zsh or fish and exit.",
    group: "About websocketd",
    option: null,
    original: false,
  },
] as const satisfies readonly Flag[];

type Row = typeof FLAGS[number];

/** The name of a flag. */
export type FlagName = Row["name"];

/** Names of the flags of one type. */
export type FlagNameOf<Type extends FlagType> = Extract<
  Row,
  { readonly type: Type }
>["name"];

/** Finds a flag by its name without dashes. */
export function findFlag(name: string): Flag | undefined {
  return FLAGS.find((flag) => flag.name === name);
}

/** The flag as the help shows it: `--port=PORT`, `--binary`. */
export function flagUsage(flag: Flag): string {
  if (flag.type === "optional") return `--${flag.name}[=${flag.value}]`;
  return flag.value === null
    ? `--${flag.name}`
    : `--${flag.name}=${flag.value}`;
}
