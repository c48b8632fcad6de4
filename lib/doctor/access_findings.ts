/**
 * Who is to be let in.
 *
 * @module
 */
import { OptionError } from "../errors.ts";
import { Authenticator } from "../http/auth/authenticator.ts";
import { passedEnv } from "../http/cgi_env.ts";
import { parseCidrs } from "../http/forwarded.ts";
import { DEFAULT_PASS_ENV } from "../process/platform.ts";
import { resolveCommand } from "../process/resolve_command.ts";
import type { ServeOptions } from "../server/serve_options.ts";
import { failure, type Finding, ok, warning } from "./finding.ts";
import { inspectProgramFile } from "./program_file.ts";

/** Looks at origins, proxies, and files of passwords and tokens. */
export async function inspectAccess(
  options: ServeOptions,
): Promise<Finding[]> {
  return [
    ...inspectOrigins(options),
    ...inspectProxies(options.trustProxy ?? []),
    ...await inspectAuth(options),
  ];
}

/** Looks for origins that let in more than is meant, or nobody. */
function inspectOrigins({ origin, ssl = false }: ServeOptions): Finding[] {
  if (origin === undefined || origin.length === 0) return [];
  const findings = origin.flatMap((entry) => inspectOrigin(entry, ssl));
  return findings.length > 0
    ? findings
    : [ok("origin", `pages of ${origin.join(", ")} may connect`)];
}

function inspectOrigin(entry: string, ssl: boolean): Finding[] {
  const shown = JSON.stringify(entry);
  if (entry === "*") {
    return [
      warning(
        "origin",
        "any page that somebody here visits can use the program",
        "name the pages: --origin=https://example.com",
      ),
    ];
  }
  if (entry === "null" || entry === "file://") {
    return [
      warning(
        "origin",
        `${shown} is for pages from disk, and any page can make itself look like one`,
        "fine to try things out; for others, serve the page with --staticdir",
      ),
    ];
  }
  const [, scheme, host] = /^(?:([^:/]+):\/\/)?(.*?)\/?$/.exec(entry)!;
  if (scheme === undefined) {
    return ssl
      ? [
        warning(
          "origin",
          `${shown} has no scheme, and so lets in pages that came without encryption`,
          `write https://${host}`,
        ),
      ]
      : [];
  }
  if (/^wss?$/i.test(scheme)) {
    return [
      warning(
        "origin",
        `${shown} never matches: a page is http:// or https://, whatever it connects to`,
        `write ${scheme.toLowerCase() === "wss" ? "https" : "http"}://${host}`,
      ),
    ];
  }
  if (/^(?:localhost|127\.0\.0\.1|\[::1\])$/i.test(host)) {
    return [
      warning(
        "origin",
        `${shown} is port ${
          scheme.toLowerCase() === "https" ? 443 : 80
        } only, and pages of this machine often have another one`,
        `write ${host} for any port, or name it`,
      ),
    ];
  }
  return [];
}

function inspectProxies(trusted: readonly string[]): Finding[] {
  try {
    parseCidrs(trusted);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    return [failure("proxy", error)];
  }
  return trusted.filter((network) => /\/0+$/.test(network)).map((network) =>
    warning(
      "proxy",
      `--trustproxy=${network} believes everybody: each client can claim any address`,
      "name the addresses of your proxies",
    )
  );
}

/** Reads what the server will read, entry by entry. */
async function inspectAuth(
  { auth = [], trustProxy = [], passEnv = DEFAULT_PASS_ENV }: ServeOptions,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const entry of new Set(auth)) {
    let isQuiet = true;
    try {
      const authenticator = new Authenticator(
        { auth: [entry], trustProxy },
        (event) => {
          if (event.type !== "error") return;
          isQuiet = false;
          findings.push(warning("auth", event.message));
        },
      );
      await authenticator.close();
      const program = whatIsWrong(entry, passedEnv(passEnv).PATH);
      if (program !== null) findings.push(program);
      else if (isQuiet) {
        findings.push(ok("auth", `--auth=${entry} can be used`));
      }
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      findings.push(failure("auth", error));
    }
  }
  return findings;
}

/** Looks at the program that decides, if one does. Null if all is well. */
function whatIsWrong(entry: string, path: string | undefined): Finding | null {
  const [, command] = /^exec:(.*)$/s.exec(entry) ?? [];
  if (command === undefined) return null;
  const file = resolveCommand(command);
  const { finding } = inspectProgramFile(file, path, "auth");
  return finding.mark === "ok" ? null : finding;
}
