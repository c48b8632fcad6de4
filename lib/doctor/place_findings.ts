/**
 * Where the server is to listen.
 *
 * @module
 */
import { isIpAddress } from "../http/host.ts";
import type { ListenPlan, ServeOptions } from "../server/serve_options.ts";
import { type TriedPlace, tryPlaces } from "../server/try_places.ts";
import { failure, type Finding, ok, problem, warning } from "./finding.ts";
import { portOwner } from "./port_owner.ts";

/** What finding about a place is called, by its flag. */
const SUBJECTS = {
  "--port": "port",
  "--redirport": "redirect port",
  "--adminaddress": "admin address",
  "--unixsocket": "unix socket",
} as const;

/** Listens everywhere for a moment, and says what came of it. */
export async function inspectPlaces(
  plan: ListenPlan,
  options: ServeOptions,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const tried: TriedPlace[] = [];
  await tryPlaces(plan, (place) => {
    findings.push(...findingsOf(place, tried, plan));
    tried.push(place);
  });
  const isOpen = tried.some(({ flag, addresses }) =>
    flag === "--port" &&
    addresses.some((addr) =>
      addr.transport === "tcp" && !isLoopback(addr.hostname)
    )
  );
  return isOpen ? [...findings, ...exposure(options)] : findings;
}

function findingsOf(
  place: TriedPlace,
  before: readonly TriedPlace[],
  plan: ListenPlan,
): Finding[] {
  const { flag, port, addresses, error } = place;
  const subject = SUBJECTS[flag];
  if (error !== null) {
    const other = port === null || port === 0
      ? undefined
      : before.find((one) => one.port === port && one.addresses.length > 0);
    if (other !== undefined) {
      return [
        problem(
          subject,
          `${flag} and ${other.flag} are both ${port}`,
          "choose another one for one of them",
        ),
      ];
    }
    return [withOwner(failure(subject, error), port)];
  }
  if (flag === "--unixsocket") return unixFindings(place, plan);
  if (port === 0) {
    return [ok(subject, `${flag}=0 takes a free port at each start`)];
  }
  const names = addresses.map((addr) =>
    addr.transport === "tcp" && addr.hostname.includes(":")
      ? `[${addr.hostname}]`
      : (addr as Deno.NetAddr).hostname
  );
  return [ok(subject, `${port} is free on ${names.join(" and ")}`)];
}

/** Says who has the port, where the system tells. */
function withOwner(finding: Finding, port: number | null): Finding {
  const isTaken = finding.message.includes("already in use");
  const owner = isTaken && port !== null ? portOwner(port) : null;
  if (owner === null) return finding;
  return {
    ...finding,
    message: `${finding.message}; it is process ${owner.pid}: ${owner.command}`,
    advice: `end it (kill ${owner.pid}), or choose another port`,
  };
}

function unixFindings(
  { isStale }: TriedPlace,
  { unixSocket, unixSocketMode }: ListenPlan,
): Finding[] {
  const path = JSON.stringify(unixSocket);
  const mode = unixSocketMode ?? 0o777 & ~Deno.umask();
  const octal = mode.toString(8).padStart(4, "0");
  const findings = [
    ok(
      "unix socket",
      isStale
        ? `${path} is left from a server that has ended, and will be replaced`
        : `${path} can be listened on, with permissions ${octal}`,
    ),
  ];
  // To connect takes the right to write.
  if (unixSocketMode === undefined && (mode & 0o022) === 0) {
    findings.push(
      warning(
        "unix socket",
        `only the server's own user may connect to ${path} (${octal})`,
        "add --unixsocketmode=0660 for a proxy of the same group",
      ),
    );
  }
  return findings;
}

/** What somebody should know whom other machines can reach. */
function exposure(
  { ssl, auth = [], sslCa, host = [], address = [] }: ServeOptions,
): Finding[] {
  const findings: Finding[] = [];
  if (!ssl) {
    findings.push(
      warning(
        "network",
        "other machines can connect, and nothing is encrypted",
        "add --ssl, or listen on 127.0.0.1 behind a proxy that does it",
      ),
    );
  }
  if (auth.length === 0 && sslCa === undefined) {
    findings.push(
      warning(
        "network",
        "other machines can connect, and nobody has to log in",
        "add --auth if the program is not for everybody",
      ),
    );
  }
  const names = [...host, ...address.filter((one) => one !== "*")];
  if (names.every(isIpAddress)) {
    findings.push(
      warning(
        "host",
        "clients that ask for this machine by a name are refused (403): only addresses and localhost are known",
        "add --host=NAME with the name they use",
      ),
    );
  }
  return findings;
}

function isLoopback(hostname: string): boolean {
  return hostname.startsWith("127.") || hostname === "::1";
}
