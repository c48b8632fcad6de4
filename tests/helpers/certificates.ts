/**
 * Certificates for tests, made by `openssl`.
 *
 * @module
 */
import type { Scratch } from "./scratch.ts";

/** A certificate with its key, and the files they are in. */
export interface TestCertificate {
  readonly certFile: string;
  readonly keyFile: string;
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

/** What {@linkcode makeCertificate} can make besides one for `localhost`. */
export interface CertificateOptions {
  /** As openssl writes it: `/O=Example/CN=ada`. @default {"/CN=localhost"} */
  readonly subject?: string;
  /** Who signs it. Default: it signs others. */
  readonly by?: TestCertificate;
  /** Whom it is for if somebody signs it, as openssl writes it. @default {["DNS:localhost", "IP:127.0.0.1"]} */
  readonly names?: readonly string[];
}

/** Makes `NAME.pem` and `NAME.key`. */
export async function makeCertificate(
  scratch: Scratch,
  name: string,
  {
    subject = "/CN=localhost",
    by,
    names = ["DNS:localhost", "IP:127.0.0.1"],
  }: CertificateOptions = {},
): Promise<TestCertificate> {
  const certFile = scratch.file(`${name}.pem`);
  const keyFile = scratch.file(`${name}.key`);
  const request = scratch.file(`${name}.csr`);
  // deno-fmt-ignore
  const keyed = [
    "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
    "-nodes", "-utf8", "-multivalue-rdn", "-keyout", keyFile, "-subj", subject,
  ];
  if (by === undefined) {
    await openssl(...keyed, "-x509", "-days", "30", "-out", certFile);
  } else {
    const extensions = scratch.file(`${name}.ext`);
    await Deno.writeTextFile(
      extensions,
      `basicConstraints=CA:FALSE\nsubjectAltName=${names.join(",")}\n`,
    );
    await openssl(...keyed, "-out", request);
    // deno-fmt-ignore
    await openssl(
      "x509", "-req", "-in", request, "-days", "30", "-out", certFile,
      "-CA", by.certFile, "-CAkey", by.keyFile, "-extfile", extensions,
      "-set_serial", `0x${crypto.randomUUID().replaceAll("-", "").slice(1)}`,
    );
  }
  return {
    certFile,
    keyFile,
    cert: await Deno.readTextFile(certFile),
    key: await Deno.readTextFile(keyFile),
  };
}

/** Runs `openssl` and returns what it printed. */
export async function openssl(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("openssl", {
    args,
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  if (!success) {
    throw new Error(`openssl ${args[0]} failed: ${text.decode(stderr)}`);
  }
  return text.decode(stdout);
}
