import type { Finding } from "../../lib/doctor/finding.ts";
import { inspectCertificates } from "../../lib/doctor/certificate_findings.ts";
import { isMissing } from "../examples/example.ts";
import {
  makeCertificate,
  type TestCertificate,
} from "../helpers/certificates.ts";
import { Scratch } from "../helpers/scratch.ts";
import { assertAllOk, assertFound } from "./found.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const ignore = isMissing("openssl");

/** Looks at a certificate, so many days from now. It was made for 30 days. */
async function inspect(
  { certFile, keyFile }: Pick<TestCertificate, "certFile" | "keyFile">,
  days = 0,
  more: { caFile?: string; host?: string[] } = {},
): Promise<Finding[]> {
  const { caFile, host } = more;
  const files = { certFile, keyFile, ...(caFile && { caFile }) };
  return await inspectCertificates(
    files,
    { command: "cat", host },
    Date.now() + days * DAY_MS,
  );
}

Deno.test({
  name: "inspectCertificates() finds nothing wrong with a chain that is right",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const ca = await makeCertificate(scratch, "ca", { subject: "/CN=CA" });
    const leaf = await makeCertificate(scratch, "leaf", { by: ca });
    Deno.writeTextFileSync(leaf.certFile, leaf.cert + ca.cert);
    Deno.chmodSync(leaf.keyFile, 0o600);
    const findings = await inspect(leaf, 0, { caFile: ca.certFile });
    assertAllOk(findings);
    assertFound(findings, "ok", "certificate", /valid until \d{4}-\d\d-\d\d/);
    assertFound(findings, "ok", "certificate", /it is for localhost, 127/);
    assertFound(findings, "ok", "client certificates", /of 1 authority/);
  },
});

Deno.test({
  name:
    "inspectCertificates() knows the dates, fourteen days before the end too",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const made = await makeCertificate(scratch, "made");
    assertFound(await inspect(made, 15.9), "ok", "certificate", /until/);
    const soon = await inspect(made, 16.1);
    assertFound(soon, "warning", "certificate", /expires on .*renew/);
    const late = await inspect(made, 31);
    assertFound(late, "problem", "certificate", /has expired on/);
    const early = await inspect(made, -1);
    assertFound(early, "problem", "certificate", /not valid before .*clock/);
  },
});

Deno.test({
  name: "inspectCertificates() tells of a key of another certificate",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const { certFile } = await makeCertificate(scratch, "one");
    const { keyFile } = await makeCertificate(scratch, "two");
    const findings = await inspect({ certFile, keyFile });
    assertFound(findings, "problem", "certificate", /not the key of/);
  },
});

Deno.test({
  name: "inspectCertificates() tells of files that cannot be read",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const made = await makeCertificate(scratch, "made");
    const certFile = scratch.file("nosuch.pem");
    const missing = await inspect({ ...made, certFile });
    assertFound(missing, "problem", "certificate", /no such file/);
    const caFile = scratch.file("ca.pem");
    Deno.writeTextFileSync(caFile, "no certificate");
    const noCa = await inspect(made, 0, { caFile });
    assertFound(noCa, "problem", "certificate", /--sslca.*PEM form/);
  },
});

Deno.test({
  name: "inspectCertificates() tells of certificates that clients do not trust",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const ca = await makeCertificate(scratch, "ca", { subject: "/CN=CA" });
    const alone = await makeCertificate(scratch, "alone", { by: ca });
    const self = await inspect(ca);
    assertFound(self, "warning", "certificate", /has signed itself/);
    assertFound(self, "warning", "certificate", /no names/);
    assertFound(
      await inspect(alone),
      "warning",
      "certificate",
      /signed it \(CN=CA\).*fullchain\.pem/,
    );
  },
});

Deno.test({
  name: "inspectCertificates() tells of a key that everybody can read",
  ignore: ignore || Deno.build.os === "windows",
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const made = await makeCertificate(scratch, "made");
    Deno.chmodSync(made.keyFile, 0o644);
    assertFound(await inspect(made), "warning", "key", /chmod o-r/);
  },
});

Deno.test({
  name:
    "inspectCertificates() tells of names that the server does not answer to",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const ca = await makeCertificate(scratch, "ca", { subject: "/CN=CA" });
    const made = await makeCertificate(scratch, "made", {
      by: ca,
      names: ["DNS:example.com", "DNS:*.example.org"],
    });
    assertFound(
      await inspect(made),
      "warning",
      "host",
      /example\.com, \*\.example\.org are refused.*--host=example\.com/,
    );
    assertFound(
      await inspect(made, 0, { host: ["example.com"] }),
      "warning",
      "host",
      /for \*\.example\.org are refused.*--host=NAME\.example\.org/,
    );
    const known = await inspect(made, 0, {
      host: ["example.com", "chat.example.org"],
    });
    assertAllOk(known.filter(({ subject }) => subject === "host"));
  },
});

Deno.test({
  name:
    "inspectCertificates() tells when no authority can admit a client any more",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const { certFile: caFile } = await makeCertificate(scratch, "ca");
    const made = await makeCertificate(scratch, "made");
    const findings = await inspect(made, 31, { caFile });
    assertFound(findings, "problem", "client certificates", /have expired/);
  },
});
