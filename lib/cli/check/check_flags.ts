/**
 * Every flag of `check` that the server has not, once. The parser, the help, the
 * man page and the completions read this table.
 *
 * @module
 */
import type { Flag, FlagType } from "../flags.ts";

/** One flag of `check`. */
export interface CheckFlag
  extends Pick<Flag, "name" | "value" | "default" | "help" | "choices"> {
  readonly type: Extract<FlagType, "bool" | "string" | "choice">;
}

/** The table, in the order of the help. */
export const CHECK_FLAGS: readonly CheckFlag[] = [
  {
    name: "no-run",
    type: "bool",
    value: null,
    default: "",
    help:
      "Do not start the program: only look at files, ports and certificates.",
  },
  {
    name: "send",
    type: "string",
    value: "LINE",
    default: "hello",
    help:
      "What to send the program if it prints nothing within a second by itself; --send= sends nothing.",
  },
  {
    name: "format",
    type: "choice",
    value: "FORMAT",
    default: "text",
    choices: ["text", "json"],
    help:
      "text, or json for one JSON object a line: mark, subject, message, advice.",
  },
  {
    name: "help",
    type: "bool",
    value: null,
    default: "",
    help: "Print this help.",
  },
];
