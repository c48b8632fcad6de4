/**
 * Every flag of `connect`, once. The parser and the help read this table.
 *
 * @module
 */
import type { Flag, FlagType } from "../flags.ts";

/** One flag of `connect`: like a flag of the server, with a short name besides. */
export interface ConnectFlag
  extends Pick<Flag, "name" | "value" | "default" | "help"> {
  readonly type: Extract<FlagType, "bool" | "uint" | "string" | "csv" | "list">;
  /** One letter, written behind one dash. */
  readonly short?: string;
  /** The heading it is listed under. */
  readonly group: ConnectFlagGroup;
}

/** Headings of the help, in order. */
export const CONNECT_FLAG_GROUPS = [
  "The connection",
  "Messages",
  "When to end",
  "What to say",
] as const;

/** One of the headings. */
export type ConnectFlagGroup = typeof CONNECT_FLAG_GROUPS[number];

/** The table, in the order of the help. */
export const CONNECT_FLAGS: readonly ConnectFlag[] = [
  {
    name: "header",
    short: "H",
    type: "list",
    value: "NAME:VALUE",
    default: "",
    help:
      "Header for the handshake, such as 'Origin: https://example.com'; may be repeated.",
    group: "The connection",
  },
  {
    name: "subprotocol",
    type: "csv",
    value: "NAME[,NAME...]",
    default: "",
    help: "Subprotocols to offer, the best first.",
    group: "The connection",
  },
  {
    name: "reconnect",
    type: "bool",
    value: null,
    default: "",
    help:
      "Connect again, after a random time that grows up to 30 s, when the server is not there, is too busy (429, 502, 503, 504) or stops (1001, 1012, 1013, 1014), or when the connection is lost. Never after the end of the program or another refusal. stdin waits meanwhile; nothing is sent twice.",
    group: "The connection",
  },
  {
    name: "cacert",
    type: "string",
    value: "FILE",
    default: "",
    help:
      "Certificates in PEM form to trust beside the usual ones, such as the server's own if it signed itself. DENO_TLS_CA_STORE=system trusts those of the system.",
    group: "The connection",
  },
  {
    name: "cert",
    type: "string",
    value: "FILE",
    default: "",
    help:
      "Certificate in PEM form to show to a server that asks for one; with --key.",
    group: "The connection",
  },
  {
    name: "key",
    type: "string",
    value: "FILE",
    default: "",
    help: "Its private key in PEM form.",
    group: "The connection",
  },
  {
    name: "unixsocket",
    type: "string",
    value: "PATH",
    default: "",
    help:
      "Unix socket to connect to. URL still says Host and path: /path is enough.",
    group: "The connection",
  },
  {
    name: "pingms",
    type: "uint",
    value: "MS",
    default: "15000",
    help:
      "Silence after which the server is pinged; as long again without an answer, and the connection counts as lost. 0 never pings.",
    group: "The connection",
  },
  {
    name: "binary",
    short: "b",
    type: "bool",
    value: null,
    default: "",
    help:
      "Send stdin as binary messages, as it comes, and add nothing to stdout.",
    group: "Messages",
  },
  {
    name: "maxframesize",
    type: "uint",
    value: "BYTES",
    default: "67108864",
    help:
      "Largest message to take from the server, 0 for any; a larger one ends the connection with 1009.",
    group: "Messages",
  },
  {
    name: "maxline",
    type: "uint",
    value: "BYTES",
    default: "16777216",
    help: "Longest line of stdin.",
    group: "Messages",
  },
  {
    name: "once",
    type: "bool",
    value: null,
    default: "",
    help:
      "Send stdin, print the first message that comes, and end; at a terminal, end with that message.",
    group: "When to end",
  },
  {
    name: "end",
    type: "uint",
    value: "SECONDS",
    default: "0 at a terminal, else never",
    help:
      "Close when stdin has ended and the server has been silent for so long.",
    group: "When to end",
  },
  {
    name: "verbose",
    short: "v",
    type: "bool",
    value: null,
    default: "",
    help:
      "Tell on stderr of the handshake, pings and pongs, readyState, bufferedAmount, close code and reason.",
    group: "What to say",
  },
  {
    name: "history",
    type: "string",
    value: "FILE",
    default: "websocketd/history below $XDG_STATE_HOME or ~/.local/state",
    help:
      "Where the lines typed at the prompt are kept, for the arrow keys and the next time. One that begins with a space is not kept; --history= keeps none.",
    group: "What to say",
  },
  {
    name: "help",
    short: "h",
    type: "bool",
    value: null,
    default: "",
    help: "Print this help.",
    group: "What to say",
  },
];
