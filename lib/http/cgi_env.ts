/**
 * The environment of a program: what the client asked for, as CGI variables
 * (RFC 3875 §4.1).
 *
 * @module
 */
import { VERSION } from "../version.ts";
import type { RequestInfo } from "../events.ts";
import { readVariable } from "../process/read_variable.ts";
import { parseHost } from "./host.ts";
import type { RequestTarget } from "./request.ts";

/** What every program's environment has in it. */
export interface ProgramEnv {
  /** Variables of the server's own environment to hand down, by name. */
  readonly passed: Readonly<Record<string, string>>;
  /** Names of all variables that are to be handed down, set or not: no header of a client takes their place. */
  readonly passNames: ReadonlySet<string>;
  /** Variables set for every program. Any other of the same name wins. */
  readonly set: Readonly<Record<string, string>>;
}

/** What the environment is made from. */
export interface CgiRequest extends ProgramEnv {
  /** What the program and all it starts can be found by: `UNIQUE_ID`. */
  readonly id: string;
  readonly info: RequestInfo;
  readonly target: RequestTarget;
  readonly headers: Headers;
  /** The part of the decoded path that names the program. @default {"/"} */
  readonly scriptName?: string;
  /** The decoded path behind it. Default: the whole path. */
  readonly pathInfo?: string;
}

/** Who answers. */
export const SERVER_SOFTWARE = `websocketd/${VERSION}`;

/**
 * The whole environment of a program. Variables passed down win over headers of
 * the client; the standard variables but `SERVER_SOFTWARE` win over both.
 */
export function cgiEnv(request: CgiRequest): Record<string, string> {
  const { id, info, target, headers, passed, passNames, set } = request;
  const path = target.path ?? target.rawPath;
  const https = info.url.startsWith("https:");
  const host = parseHost(headers.get("host") ?? "");
  return {
    ...set,
    ...headerVariables(headers, passNames),
    SERVER_SOFTWARE,
    ...passed,
    REMOTE_ADDR: info.remoteAddr,
    REMOTE_HOST: info.remoteHost,
    REMOTE_PORT: info.remotePort === 0 ? "" : String(info.remotePort),
    SERVER_NAME: host?.name ?? "",
    SERVER_PORT: host === null ? "" : host.port || (https ? "443" : "80"),
    SERVER_PROTOCOL: "HTTP/1.1",
    GATEWAY_INTERFACE: "CGI/1.1",
    REQUEST_METHOD: info.method,
    SCRIPT_NAME: inOneLine(request.scriptName ?? "/"),
    PATH_INFO: inOneLine(request.pathInfo ?? path),
    PATH_TRANSLATED: inOneLine(path),
    QUERY_STRING: target.query,
    REQUEST_URI: target.uri,
    UNIQUE_ID: id,
    AUTH_TYPE: info.authType,
    CONTENT_LENGTH: "",
    CONTENT_TYPE: "",
    REMOTE_IDENT: "",
    REMOTE_USER: info.user,
    ...(https && { HTTPS: "on" }),
    ...(info.certificate !== null && { SSL_CLIENT_S_DN: info.certificate }),
  };
}

/**
 * Newlines as spaces, as in websocketd: what a client writes as `%0A` into its
 * path must not look like another variable to a program that reads what `env`
 * prints. `REQUEST_URI` has the path as it was sent.
 */
function inOneLine(path: string): string {
  return path.replace(/[\r\n]/g, " ");
}

/** Not for programs: they have the name in SERVER_NAME, and many take HTTP_PROXY for their proxy (httpoxy). */
const LEFT_OUT: ReadonlySet<string> = new Set(["HTTP_HOST", "HTTP_PROXY"]);

/**
 * Request headers as `HTTP_…`. Of `X-User` and `X_User`, which have the same
 * name as variables, the one with dashes counts: a proxy in front writes
 * dashes, an attacker behind it underscores.
 */
function headerVariables(
  headers: Headers,
  passNames: ReadonlySet<string>,
): Record<string, string> {
  const variables: Record<string, string> = {};
  // Its iterator costs four times as much.
  headers.forEach((value, name) => {
    if (name.includes("_") && headers.has(name.replaceAll("_", "-"))) return;
    const variable = "HTTP_" + name.replaceAll("-", "_").toUpperCase();
    if (LEFT_OUT.has(variable) || passNames.has(variable)) return;
    variables[variable] = asSent(value);
  });
  return variables;
}

/**
 * A header's value with the bytes the client sent: the runtime shows each byte
 * as one character, and an environment holds UTF-8.
 */
function asSent(value: string): string {
  // deno-lint-ignore no-control-regex -- exactly the ASCII range is meant
  if (/^[\x00-\x7f]*$/.test(value)) return value;
  const bytes = Uint8Array.from(value, (character) => character.charCodeAt(0));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      bytes,
    );
  } catch {
    return value;
  }
}

/**
 * The variables of the server's own environment that programs get, read once.
 * Unset and blank ones are left out; newlines become spaces, as in websocketd.
 *
 * @throws {OptionError} If the value of one is not UTF-8.
 */
export function passedEnv(names: readonly string[]): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const name of names) {
    if (name === "" || name === "HTTPS") continue;
    const value = readVariable(name)?.replace(/[\r\n]+/g, " ").trim();
    if (value) passed[name] = value;
  }
  return passed;
}
