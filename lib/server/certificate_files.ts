/**
 * Certificates that are read again when their files change.
 *
 * @module
 */
import { builtin } from "../builtin.ts";
import { ListenError } from "../errors.ts";
import type { EventSink } from "../events.ts";
import type { TlsFiles } from "./serve_options.ts";

/** How often the files are looked at, in milliseconds. */
const POLL_MS = 2000;

/** What is in the files, PEM. */
export interface Certificates {
  readonly cert: string;
  readonly key: string;
  /** Who must have signed the certificate of a client, or undefined if clients are asked for none. */
  readonly ca?: string;
}

/** Options of {@linkcode CertificateFiles.open}. */
export interface CertificateFilesOptions {
  /** Hears of new files that cannot be used: the old certificates stay. */
  readonly onEvent?: EventSink;
  /** Called when there are new certificates, once they are the current ones. */
  readonly onRenewed?: () => void;
  /** How often the files are looked at, in milliseconds. @default {2000} */
  readonly pollMs?: number;
}

/**
 * The certificate, its key and those that clients are verified against. The
 * files are looked at every two seconds, through symbolic links, as that is how
 * certificates are swapped. Changed ones are read when they have stayed the same
 * for that long, all together, and are used only if they fit together.
 */
export class CertificateFiles {
  readonly #files: TlsFiles;
  readonly #options: CertificateFilesOptions;
  #current: Certificates;
  #seen: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #polling: Promise<void> = Promise.resolve();
  #isClosed = false;
  #hasChanged = false;

  /**
   * Reads the files and watches them until `close`.
   *
   * @throws {ListenError} If one cannot be read or used, or the key is not the certificate's.
   */
  static async open(
    files: TlsFiles,
    options: CertificateFilesOptions = {},
  ): Promise<CertificateFiles> {
    // Before reading: what changes meanwhile is seen to have changed.
    const seen = await look(files);
    return new CertificateFiles(files, options, await read(files), seen);
  }

  /** For `open`. */
  constructor(
    files: TlsFiles,
    options: CertificateFilesOptions,
    current: Certificates,
    seen: string,
  ) {
    this.#files = files;
    this.#options = options;
    this.#current = current;
    this.#seen = seen;
    this.#wait();
  }

  /** The certificates to use for the next connection. */
  get current(): Certificates {
    return this.#current;
  }

  /** Watches no more. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#polling;
  }

  #wait(): void {
    this.#timer = setTimeout(async () => {
      this.#polling = this.#poll();
      await this.#polling;
      if (!this.#isClosed) this.#wait();
    }, this.#options.pollMs ?? POLL_MS);
  }

  async #poll(): Promise<void> {
    const seen = await look(this.#files);
    if (seen !== this.#seen) {
      // The next file may be on its way.
      this.#seen = seen;
      this.#hasChanged = true;
    } else if (this.#hasChanged) {
      this.#hasChanged = false;
      await this.#renew();
    }
  }

  async #renew(): Promise<void> {
    let renewed: Certificates;
    try {
      renewed = await read(this.#files);
    } catch (error) {
      const message = `${(error as Error).message}; the one before stays`;
      this.#options.onEvent?.({ type: "error", message, error });
      return;
    }
    const { cert, key, ca } = this.#current;
    if (renewed.cert === cert && renewed.key === key && renewed.ca === ca) {
      return;
    }
    this.#current = renewed;
    this.#options.onRenewed?.();
  }
}

/** What tells one state of the files from another. */
async function look(
  { certFile, keyFile, caFile }: TlsFiles,
): Promise<string> {
  const states: string[] = [];
  for (const path of [certFile, keyFile, caFile]) {
    if (path === undefined) continue;
    try {
      const { isFile, dev, ino, size, mtime } = await Deno.stat(path);
      // A pipe, such as a shell's <(…), can be read only once.
      states.push(isFile ? `${dev} ${ino} ${size} ${mtime?.getTime()}` : "");
    } catch {
      states.push("none");
    }
  }
  return states.join("\n");
}

/** Reads all of the files and tries whether they can be used together. */
async function read(
  { certFile, keyFile, caFile }: TlsFiles,
): Promise<Certificates> {
  const isCert = `the certificate "${certFile}" (--sslcert)`;
  const isKey = `the key "${keyFile}" (--sslkey)`;
  const cert = await readText(certFile, isCert);
  const key = await readText(keyFile, isKey);
  if (key.includes("ENCRYPTED")) {
    throw cannotUse(
      isKey,
      "it is encrypted; write it without a passphrase: openssl pkey -in KEY -out NEW",
    );
  }
  try {
    tryToUse(cert, key);
  } catch (error) {
    const why = (error as Error).message;
    if (why.includes("KeyMismatch")) {
      throw cannotUse(isKey, `it is not the key of "${certFile}" (--sslcert)`);
    }
    throw /\bkeys?\b/.test(why)
      ? cannotUse(isKey, `it has no key in PEM form (${why})`, error)
      : cannotUse(isCert, `it has no certificate in PEM form (${why})`, error);
  }
  if (caFile === undefined) return { cert, key };
  const isCa = `the certificates "${caFile}" (--sslca)`;
  const ca = await readText(caFile, isCa);
  checkAuthorities(ca, isCa);
  return { cert, key, ca };
}

async function readText(path: string, what: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : error instanceof Deno.errors.PermissionDenied
      ? "permission denied; let the server's user read it"
      : error instanceof Deno.errors.IsADirectory
      ? "it is a directory; name the file in it"
      : (error as Error).message;
    throw cannotUse(what, why, error);
  }
}

/** The runtime's TLS says what it thinks of a certificate only when it listens: on a free port of this machine, for no time. */
function tryToUse(cert: string, key: string): void {
  Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key }).close();
}

/** Checked here, as `node:tls` ignores what it cannot read. */
function checkAuthorities(pem: string, what: string): void {
  const blocks = pem.match(
    /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g,
  );
  if (blocks === null) {
    throw cannotUse(what, "it has no certificate in PEM form");
  }
  const { X509Certificate } = builtin("node:crypto");
  for (const block of blocks) {
    try {
      new X509Certificate(block);
    } catch (error) {
      const why = (error as Error).message;
      throw cannotUse(what, `a certificate in it is broken (${why})`, error);
    }
  }
}

function cannotUse(what: string, why: string, cause?: unknown): ListenError {
  return new ListenError(`Cannot use ${what}: ${why}`, { cause });
}
