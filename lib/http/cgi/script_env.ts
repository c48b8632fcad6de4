/**
 * What a CGI script is told about its request (RFC 3875 §4.1).
 *
 * @module
 */
import type { SessionInfo } from "../../events.ts";
import { cgiEnv, type ProgramEnv } from "../cgi_env.ts";
import type { Exchange } from "../exchange.ts";
import type { Script } from "./find_script.ts";

/** Said elsewhere, or about the connection and not about the request: a script that believed these would be misled. */
const LEFT_OUT = [
  "HTTP_CONNECTION",
  "HTTP_CONTENT_LENGTH",
  "HTTP_CONTENT_TYPE",
  "HTTP_KEEP_ALIVE",
  "HTTP_TE",
  "HTTP_TRAILER",
  "HTTP_TRANSFER_ENCODING",
];

/**
 * The whole environment of a script. Only a request with a body has a
 * `CONTENT_LENGTH`; `PATH_TRANSLATED` is where `PATH_INFO` would be in the
 * directory.
 *
 * @param root The CGI directory.
 */
export function scriptEnv(
  { request, target }: Exchange,
  info: SessionInfo,
  script: Script,
  root: string,
  programs: ProgramEnv,
): Record<string, string> {
  const { headers, body } = request;
  const { scriptName, pathInfo, path } = script;
  const env = cgiEnv({
    ...programs,
    id: info.id,
    info,
    target,
    headers,
    scriptName,
    pathInfo,
  });
  for (const name of LEFT_OUT) {
    if (!programs.passNames.has(name)) delete env[name];
  }
  const host = headers.get("host");
  if (host !== null && !programs.passNames.has("HTTP_HOST")) {
    env.HTTP_HOST = host;
  }
  const length = body === null ? null : headers.get("content-length");
  return {
    ...env,
    CONTENT_LENGTH: length ?? "",
    CONTENT_TYPE: headers.get("content-type") ?? "",
    PATH_TRANSLATED: pathInfo === "" ? "" : root + pathInfo,
    SCRIPT_FILENAME: path,
  };
}
