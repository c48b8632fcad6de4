/**
 * What the end of a connection means, in words.
 *
 * @module
 */
import { CLOSE } from "../../../socket/close_codes.ts";

/** How a connection ended, and what is known about it. */
export interface Ending {
  /** Those of the `CloseEvent`. */
  readonly code: number;
  readonly reason: string;
  /** Whether it was open before. */
  readonly wasOpen: boolean;
  /** The code this page called `close()` with, 1005 for none, or null if it did not. */
  readonly closedWith: number | null;
  /** Where to it was, or was to be. */
  readonly url: string;
  /** The origin of this page. */
  readonly origin: string;
}

/** What a person should know about an ending. */
export interface Explanation {
  /** What happened, in one sentence or two. */
  readonly words: string;
  /** What to look at, most likely first. */
  readonly advice: readonly string[];
  /** A command for a terminal that shows more, or empty. */
  readonly command: string;
  /** Whether something went wrong. */
  readonly isFailure: boolean;
}

/** What the codes mean that are not counted from a status or a signal, and what to do. */
const MEANINGS: Readonly<
  Record<number, readonly [words: string, ...advice: string[]]>
> = {
  [CLOSE.NORMAL]: ["The connection ended as it should."],
  [CLOSE.GOING_AWAY]: ["The server is stopping."],
  1002: [
    "One side broke the rules of the protocol.",
    "The reason says which, as the side sees it that closed.",
  ],
  [CLOSE.UNSUPPORTED_DATA]: [
    "The program does not take messages of that type.",
    "Text goes with --framing=lines, nul, raw and tagged; binary messages go with --framing=chunks and length32.",
  ],
  1005: [
    "The connection was closed without a code; 1005 stands for that and is never sent.",
  ],
  1007: ["Something that was sent as text was not UTF-8."],
  [CLOSE.POLICY]: [
    "A limit of the server was reached; the reason says which.",
    "--timeout bounds how long a session lasts, --idle how long it may be silent.",
  ],
  [CLOSE.TOO_BIG]: [
    "A message was larger than the server takes.",
    "--maxframesize sets how large one may be: 1 MiB if it is left out.",
  ],
  1010: ["The server lacks an extension that this browser asked for."],
  [CLOSE.INTERNAL]: [
    "The server could not start the program, or could not send what it printed.",
    "The server's log has the details.",
  ],
  1012: ["The server restarts."],
  [CLOSE.TRY_AGAIN]: [
    "The server is too busy: the program reads more slowly than this page sends.",
  ],
  1014: ["A server in between got no proper answer from the one behind it."],
  1015: ["The encrypted connection could not be made."],
};

/** Endings that need no red. */
const CALM: ReadonlySet<number> = new Set([
  CLOSE.NORMAL,
  CLOSE.GOING_AWAY,
  1005,
  1012,
]);

/** Explains how a connection ended. */
export function explainClose(ending: Ending): Explanation {
  const { code, reason, wasOpen, closedWith } = ending;
  if (code === CLOSE.ABNORMAL && closedWith !== null) {
    return explanation(
      wasOpen
        ? "You closed the connection, and the server did not answer in time."
        : "You gave up before there was a connection.",
      false,
    );
  }
  if (code === CLOSE.ABNORMAL) return wasOpen ? lost() : notConnected(ending);
  if (code === closedWith) {
    // The server answers with the code that it was given, whatever it means elsewhere.
    return explanation(
      code === 1005
        ? "You closed the connection without a code; 1005 stands for that and is never sent."
        : "You closed the connection, and the server agreed.",
      false,
    );
  }
  const status = code - CLOSE.EXIT;
  const signal = code - CLOSE.SIGNAL;
  if (code === CLOSE.NORMAL && reason === "exit 0") {
    return explanation(
      "The program ended as it should, with exit status 0.",
      false,
    );
  }
  if (code === CLOSE.NORMAL && reason !== "") {
    return explanation(`The connection ended as it should: ${reason}.`, false);
  }
  if (status >= 1 && status <= 255) {
    return explanation(
      reason === `exit ${status}`
        ? `The program exited with status ${status}.`
        : `The program exited with status ${status}, if this is websocketd: codes from 4000 are an application's own.`,
      true,
      status === 127
        ? ["A shell exits with 127 when it does not find a command."]
        : status === 126
        ? ["A shell exits with 126 when it may not run a command."]
        : ["What the program wrote to stderr is in the server's log."],
    );
  }
  if (signal >= 1 && signal <= 64) {
    const [, name] = /^signal (SIG[A-Z0-9]+)$/.exec(reason) ?? [];
    return explanation(
      `The program was killed by signal ${signal}${
        name === undefined ? ", if this is websocketd" : ` (${name})`
      }.`,
      true,
    );
  }
  const [words, ...advice] = MEANINGS[code] ??
    [
      code >= 4000
        ? "A code of the application's own."
        : code >= 3000
        ? "A code of a library or a framework."
        : "A code that has no meaning yet.",
    ];
  return explanation(words, !CALM.has(code), advice);
}

function lost(): Explanation {
  return explanation(
    "The connection was lost: it ended without a word of farewell (a close frame). 1006 stands for that and is never sent.",
    true,
    [
      "The server was killed, or the network went away.",
      "Something in between gave up on a connection that was silent: many proxies do after 60 s. --pingms keeps it busy.",
      "The server's log says how it saw the end.",
    ],
  );
}

function notConnected({ url, origin }: Ending): Explanation {
  const { protocol, host, hostname } = new URL(url);
  const secure = protocol === "wss:";
  const http = url.replace(/^ws/, "http");
  const advice = ["Is the server running, at this address and port?"];
  if (origin.replace(/^https?:\/\//, "") !== host) {
    advice.push(
      `This page comes from ${origin}, and a server admits only its own pages: start it with --origin=${origin}`,
      `Open ${http} in a tab of its own: what it answers there may say why.`,
    );
  }
  if (secure) {
    advice.push(
      `A certificate that this browser does not know cannot be accepted here: open ${http} once and accept it there.`,
    );
  }
  advice.push(
    `It may have refused: 401 (--auth), 403 for the origin (--origin) or for the host name (--host=${hostname}), 404 (no program at this path), 429 (no free slot: --maxforks, --maxperip), 503 (it is stopping).`,
    "The server's log has a line for each refusal, and a terminal shows its answer:",
  );
  const headers = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: d2Vic29ja2V0ZC1jb25zbw==",
    `Origin: ${origin}`,
  ];
  return {
    words:
      "There was no connection: the server refused it, or was not reached. Browsers do not tell a page which.",
    advice,
    command: `curl -i --http1.1 -m 3 ${
      headers.map((header) => `-H ${shellQuote(header)}`).join(" ")
    } ${shellQuote(http)}`,
    isFailure: true,
  };
}

function explanation(
  words: string,
  isFailure: boolean,
  advice: readonly string[] = [],
): Explanation {
  return { words, isFailure, advice, command: "" };
}

/** One word for a POSIX shell, whatever is in it. */
function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
