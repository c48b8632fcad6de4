/**
 * The certificate, its key, and whom it is for.
 *
 * @module
 */
import type { X509Certificate } from "node:crypto";
import { builtin } from "../builtin.ts";
import { ListenError } from "../errors.ts";
import { isHostAllowed, isIpAddress } from "../http/host.ts";
import { CertificateFiles } from "../server/certificate_files.ts";
import type { ServeOptions, TlsFiles } from "../server/serve_options.ts";
import { failure, type Finding, ok, problem, warning } from "./finding.ts";

/** Certificates are usually renewed a month before their end; two weeks before it, that has failed. */
const SOON_MS = 14 * 24 * 60 * 60 * 1000;
/** Permission for everybody to read. */
const READ_BY_OTHERS = 0o004;
const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Reads the files as the server does, and says what is in them.
 *
 * @param now The time that counts, in milliseconds since 1970.
 */
export async function inspectCertificates(
  files: TlsFiles,
  options: ServeOptions,
  now: number = Date.now(),
): Promise<Finding[]> {
  let opened: CertificateFiles;
  try {
    opened = await CertificateFiles.open(files);
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    return [failure("certificate", error)];
  }
  const { cert, ca } = opened.current;
  await opened.close();
  const chain = certificatesIn(cert);
  return [
    ...validity("certificate", files.certFile, chain[0], now),
    ...names(chain[0], options),
    ...issuer(chain),
    ...keyPermissions(files.keyFile),
    ...(ca === undefined ? [] : authorities(files.caFile!, ca, now)),
  ];
}

function certificatesIn(pem: string): X509Certificate[] {
  const { X509Certificate } = builtin("node:crypto");
  return (pem.match(BLOCK) ?? []).map((block) => new X509Certificate(block));
}

function validity(
  subject: string,
  path: string,
  certificate: X509Certificate,
  now: number,
): Finding[] {
  const { validFromDate: from, validToDate: to } = certificate;
  const shown = JSON.stringify(path);
  if (now < from.getTime()) {
    return [
      problem(
        subject,
        `${shown} is not valid before ${day(from)}`,
        "set the clock of this machine, or use another certificate",
      ),
    ];
  }
  if (now > to.getTime()) {
    return [
      problem(subject, `${shown} has expired on ${day(to)}`, "renew it"),
    ];
  }
  if (to.getTime() - now < SOON_MS) {
    return [
      warning(
        subject,
        `${shown} expires on ${day(to)}`,
        "renew it; a running server reads the new one by itself",
      ),
    ];
  }
  return [ok(subject, `${shown} is valid until ${day(to)}`)];
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function names(
  certificate: X509Certificate,
  { host = [], address = [] }: ServeOptions,
): Finding[] {
  const found = (certificate.subjectAltName ?? "").split(", ")
    .map((entry) => /^(?:DNS|IP Address):(.*)$/.exec(entry)?.[1])
    .filter((name) => name !== undefined);
  if (found.length === 0) {
    return [
      warning(
        "certificate",
        "it has no names (subjectAltName), and browsers look at nothing else",
        "make it for the names that clients use, as with openssl req -addext subjectAltName=DNS:example.com",
      ),
    ];
  }
  const findings = [ok("certificate", `it is for ${found.join(", ")}`)];
  const known = [...host, ...address];
  const refused = found.filter((name) =>
    !isIpAddress(name) &&
    (name.startsWith("*.")
      ? !known.some((one) => one === "*" || one.endsWith(name.slice(1)))
      : !isHostAllowed({ name: name.toLowerCase(), port: "" }, known))
  );
  if (refused.length > 0) {
    findings.push(
      warning(
        "host",
        `clients that ask for ${
          refused.join(", ")
        } are refused (403): the certificate has the name, and --host does not`,
        `add --host=${refused[0].replace("*", "NAME")}`,
      ),
    );
  }
  return findings;
}

function issuer(chain: readonly X509Certificate[]): Finding[] {
  const [{ subject, issuer, ca }] = chain;
  if (subject === issuer) {
    return [
      warning(
        "certificate",
        "it has signed itself: clients trust it only if they are told to",
        "fine to try things out; for everybody, get one from an authority",
      ),
    ];
  }
  if (chain.length === 1 && !ca) {
    return [
      warning(
        "certificate",
        `the file has no certificate of who has signed it (${
          issuer.replaceAll("\n", ", ")
        }), which clients may not know`,
        "name the file with the whole chain, often fullchain.pem, with --sslcert",
      ),
    ];
  }
  return [];
}

function keyPermissions(path: string): Finding[] {
  const { mode } = Deno.statSync(path);
  if (mode === null || (mode & READ_BY_OTHERS) === 0) return [];
  return [
    warning(
      "key",
      `every user of this machine can read ${JSON.stringify(path)}`,
      `chmod o-r ${path}`,
    ),
  ];
}

function authorities(path: string, pem: string, now: number): Finding[] {
  const all = certificatesIn(pem);
  const over = all.filter(({ validToDate }) => validToDate.getTime() < now);
  if (over.length === all.length) {
    return [
      problem(
        "client certificates",
        `all certificates in ${
          JSON.stringify(path)
        } (--sslca) have expired: no client is admitted`,
        "renew them",
      ),
    ];
  }
  return [
    ok(
      "client certificates",
      `clients have to show a certificate of ${all.length} ${
        all.length === 1 ? "authority" : "authorities"
      } in ${JSON.stringify(path)}`,
    ),
  ];
}
