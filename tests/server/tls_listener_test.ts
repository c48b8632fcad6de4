import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { X509Certificate } from "node:crypto";
import { connect, type TLSSocket } from "node:tls";
import { ListenError } from "../../lib/errors.ts";
import type { Event } from "../../lib/events.ts";
import {
  CertificateFiles,
  type CertificateFilesOptions,
} from "../../lib/server/certificate_files.ts";
import type { TlsFiles } from "../../lib/server/serve_options.ts";
import { type SecureConn, TlsListener } from "../../lib/server/tls_listener.ts";
import type { TlsServerOptions } from "../../lib/server/tls_server.ts";
import { UnixSocket } from "../../lib/server/unix_socket.ts";
import {
  makeCertificate,
  openssl,
  type TestCertificate,
} from "../helpers/certificates.ts";
import { eventually, pause, within } from "../helpers/deadline.ts";
import { Scratch } from "../helpers/scratch.ts";

/** A listener whose connections are echoed, or served as a test likes. */
class TlsServer implements AsyncDisposable {
  readonly events: Event[] = [];
  readonly accepted: SecureConn[] = [];
  renewals = 0;
  listener!: TlsListener;
  #files!: CertificateFiles;
  #serving!: Promise<void>;

  static async start(
    files: TlsFiles,
    serve: (conn: SecureConn) => Promise<void> = echo,
    options: TlsServerOptions & CertificateFilesOptions = {},
  ): Promise<TlsServer> {
    const server = new TlsServer();
    server.#files = await CertificateFiles.open(files, {
      pollMs: 10,
      onEvent: (event) => server.events.push(event),
      onRenewed: () => server.renewals++,
      ...options,
    });
    server.listener = await TlsListener.listen(
      { hostname: "127.0.0.1", port: 0 },
      server.#files,
      { onEvent: (event) => server.events.push(event), ...options },
    );
    server.#serving = server.#serve(serve);
    return server;
  }

  /** Why handshakes have failed. */
  get failures(): string[] {
    return this.events.filter((event) => event.type === "tls.failed")
      .map(({ remoteAddr, reason }) => {
        assertEquals(remoteAddr, "127.0.0.1");
        return reason;
      });
  }

  get port(): number {
    return (this.listener.addr as Deno.NetAddr).port;
  }

  async #serve(serve: (conn: SecureConn) => Promise<void>): Promise<void> {
    const serving: Promise<void>[] = [];
    for (;;) {
      let conn: SecureConn;
      try {
        conn = await this.listener.accept();
      } catch {
        break;
      }
      this.accepted.push(conn);
      serving.push(
        serve(conn).catch(() => {}).finally(() => conn.duplex.close()),
      );
    }
    await Promise.all(serving);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.listener.close();
    await this.#files.close();
    for (const { duplex } of this.accepted) duplex.close();
    await within(this.#serving, "the end of all connections");
  }
}

async function echo({ duplex }: SecureConn): Promise<void> {
  const buffer = new Uint8Array(1 << 14);
  let count: number | null;
  while ((count = await duplex.read(buffer)) !== null) {
    for (let at = 0; at < count;) {
      at += await duplex.write(buffer.subarray(at, count));
    }
  }
  await duplex.closeWrite();
}

/** Everything a test needs: an authority, and a certificate for localhost signed by it. */
async function authority(
  scratch: Scratch,
): Promise<{ ca: TestCertificate; own: TestCertificate; files: TlsFiles }> {
  const ca = await makeCertificate(scratch, "ca", { subject: "/CN=Test CA" });
  const own = await makeCertificate(scratch, "own", { by: ca });
  const { certFile, keyFile } = own;
  return { ca, own, files: { certFile, keyFile } };
}

/** Sends a word and returns what comes back. */
async function ask(
  port: number,
  options: Partial<Deno.ConnectTlsOptions & Deno.TlsCertifiedKeyPem>,
): Promise<string> {
  using conn = await Deno.connectTls({
    hostname: "localhost",
    port,
    ...options,
  });
  await conn.write(new TextEncoder().encode("hello"));
  const buffer = new Uint8Array(64);
  const count = await conn.read(buffer) ?? 0;
  return new TextDecoder().decode(buffer.subarray(0, count));
}

/** Connects, and says which certificate the server has shown, when the server has answered. */
async function fingerprint(port: number, ca: string): Promise<string> {
  const socket: TLSSocket = connect({ port, host: "localhost", ca });
  const done = Promise.withResolvers<string>();
  socket.once("error", done.reject);
  socket.once("close", () => done.reject(new Error("lost")));
  socket.once("data", () => {
    done.resolve(socket.getPeerCertificate().fingerprint256);
  });
  socket.write("?");
  try {
    return await within(done.promise, "an answer");
  } finally {
    socket.on("error", () => {});
    socket.destroy();
  }
}

function fingerprintOf({ cert }: TestCertificate): string {
  return new X509Certificate(cert).fingerprint256;
}

/** What `openssl s_client` prints about a handshake. */
async function shake(port: number, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command("openssl", {
    args: ["s_client", "-connect", `127.0.0.1:${port}`, ...args],
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return text.decode(stdout) + text.decode(stderr);
}

async function replace(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${path}.new`, text);
  await Deno.rename(`${path}.new`, path);
}

Deno.test("TlsListener: a client sends and receives, and its address is known", async () => {
  using scratch = new Scratch();
  const { ca, files } = await authority(scratch);
  await using server = await TlsServer.start(files);
  assertEquals(await ask(server.port, { caCerts: [ca.cert] }), "hello");
  const [{ remoteAddr, certificate }] = server.accepted;
  assert(remoteAddr.transport === "tcp");
  assertEquals(remoteAddr.hostname, "127.0.0.1");
  assertEquals(certificate, null);
});

Deno.test("TlsListener: speaks TLS 1.2 and 1.3, and HTTP/1.1 only", async () => {
  using scratch = new Scratch();
  const { files } = await authority(scratch);
  await using server = await TlsServer.start(files);
  for (const version of ["1_2", "1_3"]) {
    const seen = await shake(server.port, `-tls${version}`, "-alpn=http/1.1");
    assertStringIncludes(seen, `New, TLSv${version.replace("_", ".")}`);
  }
  const offered = await shake(server.port, "-alpn", "h2,http/1.1");
  assertStringIncludes(offered, "ALPN protocol: http/1.1");
  const before = server.accepted.length;
  const http2 = await shake(server.port, "-alpn", "h2");
  assertStringIncludes(http2, "Cipher is (NONE)");
  for (const version of ["-tls1", "-tls1_1"]) {
    const seen = await shake(
      server.port,
      version,
      "-cipher",
      "DEFAULT:@SECLEVEL=0",
    );
    assertStringIncludes(seen, "Cipher is (NONE)", version);
  }
  assertEquals(server.accepted.length, before);
});

Deno.test("TlsListener: a failed handshake, plain HTTP and a client that says nothing hold nobody up", async () => {
  using scratch = new Scratch();
  const { ca, files } = await authority(scratch);
  await using server = await TlsServer.start(files, echo, {
    handshakeMs: 300,
  });
  const { port } = server;
  using silent = await Deno.connect({ port });
  using plain = await Deno.connect({ port });
  await plain.write(
    new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
  );
  const gone = await Deno.connect({ port });
  gone.close();
  assertEquals(await ask(port, { caCerts: [ca.cert] }), "hello");
  const answer = new Response(plain.readable).text();
  assertStringIncludes(
    await within(answer, "an answer"),
    "HTTP/1.1 400 Bad Request",
  );
  assertEquals(
    await within(silent.read(new Uint8Array(1)), "the deadline"),
    null,
  );
  assertEquals(await ask(port, { caCerts: [ca.cert] }), "hello");
  assertEquals(server.accepted.length, 2);
  // Nothing of the one that has left without a word.
  assertEquals(server.failures, [
    "the client does not speak TLS (https:// and wss://, not http:// and ws://)",
    "it took longer than 0.3 s",
  ]);
});

Deno.test("TlsListener: tells why a client has not taken the certificate, or cannot speak this TLS", async () => {
  using scratch = new Scratch();
  const { files } = await authority(scratch);
  await using server = await TlsServer.start(files);
  await assertRejects(() => ask(server.port, {}));
  await eventually(() => server.failures.length === 1, "the alert");
  assertMatch(server.failures[0], /UnknownCA|unknown ca/i);
  const conn = await Deno.connect({ port: server.port });
  await conn.write(Uint8Array.of(22, 3, 1, 0, 4, 1, 2, 3, 4));
  await new Response(conn.readable).arrayBuffer();
  await eventually(() => server.failures.length === 2, "the other failure");
});

Deno.test("TlsListener: closing ends handshakes at once and leaves accepted connections alone", async () => {
  using scratch = new Scratch();
  const { ca, files } = await authority(scratch);
  await using server = await TlsServer.start(files);
  using silent = await Deno.connect({ port: server.port });
  using conn = await Deno.connectTls({
    hostname: "localhost",
    port: server.port,
    caCerts: [ca.cert],
  });
  await conn.handshake();
  await eventually(() => server.accepted.length === 1, "the connection");
  server.listener.close();
  const ended = silent.read(new Uint8Array(1)).catch(() => null);
  assertEquals(await within(ended, "the end of the handshake"), null);
  await conn.write(new TextEncoder().encode("still"));
  const buffer = new Uint8Array(16);
  assertEquals(await conn.read(buffer), 5);
  await assertRejects(() => server.listener.accept());
});

Deno.test("TlsListener: an address in use fails as Deno.listen does", async () => {
  using scratch = new Scratch();
  const { files } = await authority(scratch);
  const certificates = await CertificateFiles.open(files);
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await assertRejects(
    () =>
      TlsListener.listen(
        { hostname: "127.0.0.1", port: other.addr.port },
        certificates,
      ),
    Deno.errors.AddrInUse,
  );
  await certificates.close();
});

Deno.test("TlsListener: listens on a unix socket too, with its permissions", async () => {
  using scratch = new Scratch();
  const { files } = await authority(scratch);
  const certificates = await CertificateFiles.open(files);
  const place = await UnixSocket.prepare(scratch.file("tls.sock"), 0o600);
  const listener = await TlsListener.listen(place, certificates);
  assertEquals((await Deno.lstat(place.path)).mode! & 0o777, 0o600);
  const client = connect({ path: place.path, rejectUnauthorized: false });
  const secure = Promise.withResolvers<void>();
  client.once("secureConnect", secure.resolve);
  const { duplex, remoteAddr } = await within(listener.accept(), "a client");
  await within(secure.promise, "the handshake");
  assertEquals(remoteAddr.transport, "unix");
  const closed = Promise.withResolvers<void>();
  client.once("close", closed.resolve);
  client.on("error", () => {});
  duplex.close();
  client.destroy();
  await closed.promise;
  await place.release(() => listener.close());
  await assertRejects(() => Deno.lstat(place.path), Deno.errors.NotFound);
  await certificates.close();
});

Deno.test("TlsListener: no connection is lost while certificates are swapped", async () => {
  using scratch = new Scratch();
  const { ca, own, files } = await authority(scratch);
  const pairs = [own];
  for (let i = 1; i <= 5; i++) {
    pairs.push(await makeCertificate(scratch, `pair${i}`, { by: ca }));
  }
  await using server = await TlsServer.start(files);
  const { port } = server;
  const known = new Set(pairs.map(fingerprintOf));
  let connected = 0;
  const swaps = (async () => {
    for (const [i, { cert, key }] of pairs.slice(1).entries()) {
      await eventually(() => connected >= (i + 1) * 30, "more connections");
      await replace(files.certFile, cert);
      await replace(files.keyFile, key);
      await eventually(() => server.renewals === i + 1, "new certificates");
    }
  })();
  const clients = Array.from({ length: 4 }, async () => {
    for (let i = 0; i < 50; i++) {
      assert(known.has(await fingerprint(port, ca.cert)));
      connected++;
    }
  });
  await Promise.all([swaps, ...clients]);
  assertEquals(connected, 200);
  assertEquals(await fingerprint(port, ca.cert), fingerprintOf(pairs[5]));
  assertEquals(server.events, []);
});

Deno.test("TlsListener: connections live on when the certificate changes", async () => {
  using scratch = new Scratch();
  const { ca, files } = await authority(scratch);
  const next = await makeCertificate(scratch, "next", { by: ca });
  await using server = await TlsServer.start(files);
  using conn = await Deno.connectTls({
    hostname: "localhost",
    port: server.port,
    caCerts: [ca.cert],
  });
  await conn.handshake();
  await replace(files.keyFile, next.key);
  await replace(files.certFile, next.cert);
  await eventually(() => server.renewals === 1, "the new certificate");
  await conn.write(new TextEncoder().encode("still"));
  assertEquals(await conn.read(new Uint8Array(16)), 5);
});

Deno.test("CertificateFiles: a symbolic link that is pointed elsewhere is seen", async () => {
  using scratch = new Scratch();
  const { ca, own } = await authority(scratch);
  const next = await makeCertificate(scratch, "next", { by: ca });
  for (const [name, pair] of [["1", own], ["2", next]] as const) {
    await Deno.mkdir(scratch.file(name));
    await Deno.writeTextFile(scratch.file(`${name}/tls.crt`), pair.cert);
    await Deno.writeTextFile(scratch.file(`${name}/tls.key`), pair.key);
  }
  await Deno.symlink("1", scratch.file("live"));
  await using server = await TlsServer.start({
    certFile: scratch.file("live/tls.crt"),
    keyFile: scratch.file("live/tls.key"),
  });
  const before = await fingerprint(server.port, ca.cert);
  assertEquals(before, fingerprintOf(own));
  await Deno.symlink("2", scratch.file("live.new"));
  await Deno.rename(scratch.file("live.new"), scratch.file("live"));
  await eventually(() => server.renewals === 1, "the new certificate");
  assertNotEquals(await fingerprint(server.port, ca.cert), before);
});

Deno.test("CertificateFiles: files that cannot be used leave the certificate as it was, and are told about once", async () => {
  using scratch = new Scratch();
  const { ca, own, files } = await authority(scratch);
  const next = await makeCertificate(scratch, "next", { by: ca });
  await using server = await TlsServer.start(files);
  const broken: [path: string, text: string, says: string][] = [
    [files.certFile, next.cert, "is not the key of"],
    [files.certFile, "nonsense", "has no certificate in PEM form"],
    [files.certFile, own.cert.slice(0, 200), "has no certificate in PEM form"],
  ];
  for (const [i, [path, text, says]] of broken.entries()) {
    await replace(path, text);
    await eventually(() => server.events.length > i, says);
    const event = server.events[i];
    assert(event.type === "error");
    assertStringIncludes(event.message, says);
    assertStringIncludes(event.message, "; the one before stays");
    assertEquals(
      await fingerprint(server.port, ca.cert),
      fingerprintOf(own),
    );
  }
  await Deno.remove(files.keyFile);
  await eventually(() => server.events.length > 3, "the missing key");
  // Time in which it would be told again: five looks at the files.
  await pause(50);
  assertEquals(server.events.length, 4);
  await replace(files.keyFile, next.key);
  await replace(files.certFile, next.cert);
  await eventually(() => server.renewals === 1, "the new certificate");
  assertEquals(await fingerprint(server.port, ca.cert), fingerprintOf(next));
});

Deno.test("CertificateFiles: a file that cannot be used at the start is named, with its flag", async () => {
  using scratch = new Scratch();
  const { ca, own } = await authority(scratch);
  const other = await makeCertificate(scratch, "other", { by: ca });
  const locked = scratch.file("locked.key");
  // deno-fmt-ignore
  await openssl("pkcs8", "-topk8", "-in", own.keyFile, "-out", locked, "-passout", "pass:secret");
  const empty = scratch.file("empty");
  await Deno.writeTextFile(empty, "");
  const { certFile, keyFile } = own;
  const none = scratch.file("none");
  const cases: [TlsFiles, string][] = [
    [
      { certFile: none, keyFile },
      `Cannot use the certificate "${none}" (--sslcert): there is no such file`,
    ],
    [
      { certFile, keyFile: none },
      `Cannot use the key "${none}" (--sslkey): there is no such file`,
    ],
    [
      { certFile: scratch.path, keyFile },
      "(--sslcert): it is a directory; name the file in it",
    ],
    [{ certFile: keyFile, keyFile }, `"${keyFile}" (--sslcert): it has no`],
    [{ certFile, keyFile: certFile }, `"${certFile}" (--sslkey): it has no`],
    [
      { certFile, keyFile: other.keyFile },
      `(--sslkey): it is not the key of "${certFile}" (--sslcert)`,
    ],
    [{ certFile, keyFile: locked }, "(--sslkey): it is encrypted"],
    [{ certFile, keyFile, caFile: none }, "(--sslca): there is no such file"],
    [{ certFile, keyFile, caFile: empty }, "(--sslca): it has no certificate"],
  ];
  for (const [files, says] of cases) {
    const { message } = await assertRejects(
      () => CertificateFiles.open(files),
      ListenError,
    );
    assertStringIncludes(message, says);
  }
});

Deno.test("client certificates: one that is signed is let in by name, none and a stranger's are not", async () => {
  using scratch = new Scratch();
  const { ca, files } = await authority(scratch);
  const subject = "/O=Example/CN=ada";
  const good = await makeCertificate(scratch, "good", { by: ca, subject });
  const stranger = await makeCertificate(scratch, "stranger", { subject });
  const bad = await makeCertificate(scratch, "bad", { by: stranger, subject });
  await using server = await TlsServer.start({ ...files, caFile: ca.certFile });
  const caCerts = [ca.cert];
  const { port } = server;
  assertEquals(await ask(port, { caCerts, ...good }), "hello");
  assertEquals(server.accepted[0].certificate, "CN=ada,O=Example");
  // A client of TLS 1.3 believes to be connected until it reads.
  await assertRejects(async () => {
    assertEquals(await ask(port, { caCerts }), "hello");
  });
  await assertRejects(async () => {
    assertEquals(await ask(port, { caCerts, ...bad }), "hello");
  });
  for (const version of ["-tls1_2", "-tls1_3"]) {
    await shake(port, version);
    // deno-fmt-ignore
    await shake(port, version, "-cert", bad.certFile, "-key", bad.keyFile);
  }
  assertEquals(await ask(port, { caCerts, ...good }), "hello");
  assertEquals(server.accepted.length, 2);
  await eventually(() => server.failures.length === 6, "all six failures");
  assertMatch(server.failures[0], /certificate/i);
});

for (const version of ["-tls1_2", "-tls1_3"]) {
  Deno.test(`client certificates: why one was refused is told, over ${version.slice(1)}`, async () => {
    using scratch = new Scratch();
    const { ca, files } = await authority(scratch);
    const self = await makeCertificate(scratch, "self");
    const foreign = await makeCertificate(scratch, "foreign", { by: self });
    const first = await versionOne(scratch, ca);
    await using server = await TlsServer.start({
      ...files,
      caFile: ca.certFile,
    });
    const expected = [
      [null, /^peer sent no certificates$/],
      [self, /^the certificate of the client is signed by itself, .*--sslca$/],
      [foreign, /^the certificate of the client .*no authority of --sslca/],
      [first, /^the certificate of the client .*X\.509 version 1/],
    ] as const;
    for (const [i, [client, says]] of expected.entries()) {
      const shown = client === null
        ? []
        : ["-cert", client.certFile, "-key", client.keyFile];
      await shake(server.port, version, ...shown);
      await eventually(() => server.failures.length > i, "the failure");
      assertMatch(server.failures[i], says);
    }
    assertEquals(server.failures.length, expected.length);
    assertEquals(server.accepted, []);
  });
}

/** What `openssl x509 -req` makes without extensions. */
async function versionOne(
  scratch: Scratch,
  { certFile: ca, keyFile: caKey }: TestCertificate,
): Promise<Pick<TestCertificate, "certFile" | "keyFile">> {
  const certFile = scratch.file("first.pem");
  const keyFile = scratch.file("first.key");
  const request = scratch.file("first.csr");
  // deno-fmt-ignore
  await openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyFile, "-subj", "/CN=first", "-out", request);
  // deno-fmt-ignore
  await openssl("x509", "-req", "-in", request, "-days", "30", "-out", certFile, "-CA", ca, "-CAkey", caKey, "-set_serial", "0x77");
  return { certFile, keyFile };
}

Deno.test("client certificates: the authorities are reloaded, and clients are asked on", async () => {
  using scratch = new Scratch();
  const { ca, files } = await authority(scratch);
  const second = await makeCertificate(scratch, "second", {
    subject: "/CN=Second CA",
  });
  const old = await makeCertificate(scratch, "old", { by: ca });
  const young = await makeCertificate(scratch, "young", { by: second });
  const caFile = scratch.file("clients.pem");
  await Deno.writeTextFile(caFile, ca.cert);
  await using server = await TlsServer.start({ ...files, caFile });
  const caCerts = [ca.cert];
  const { port } = server;
  assertEquals(await ask(port, { caCerts, ...old }), "hello");
  await replace(caFile, second.cert);
  await eventually(() => server.renewals === 1, "the new authority");
  assertEquals(await ask(port, { caCerts, ...young }), "hello");
  for (const client of [{}, old]) {
    await assertRejects(async () => {
      assertEquals(await ask(port, { caCerts, ...client }), "hello");
    });
  }
  assertEquals(server.accepted.length, 2);
});

Deno.test("the duplex: 50 MB to a client that reads slowly wait in the program, not in memory", async () => {
  using scratch = new Scratch();
  const { ca, files } = await authority(scratch);
  const size = 50_000_000;
  let written = 0;
  await using server = await TlsServer.start(files, async ({ duplex }) => {
    const bytes = new Uint8Array(1 << 16);
    while (written < size) {
      written += await duplex.write(
        bytes.subarray(0, Math.min(bytes.length, size - written)),
      );
    }
    await duplex.closeWrite();
    await duplex.read(bytes);
  });
  using conn = await Deno.connectTls({
    hostname: "localhost",
    port: server.port,
    caCerts: [ca.cert],
  });
  await conn.handshake();
  let before = -1;
  await eventually(async () => {
    const isStill = written > 0 && written === before;
    before = written;
    await pause(200);
    return isStill;
  }, "writing to stop");
  // What the system holds for a connection on loopback is a few MB.
  assert(written < size / 3, `${written} bytes written, none read`);
  const buffer = new Uint8Array(1 << 16);
  let received = 0;
  for (let count; (count = await conn.read(buffer)) !== null;) {
    received += count;
  }
  assertEquals(received, size);
});

Deno.test("the duplex: a client that sends more than is read must wait", async () => {
  using scratch = new Scratch();
  const { ca, files } = await authority(scratch);
  const size = 50_000_000;
  const go = Promise.withResolvers<void>();
  let received = 0;
  await using server = await TlsServer.start(files, async ({ duplex }) => {
    await go.promise;
    const buffer = new Uint8Array(1000);
    let count: number | null;
    while ((count = await duplex.read(buffer)) !== null) received += count;
    await duplex.closeWrite();
  });
  const conn = await Deno.connectTls({
    hostname: "localhost",
    port: server.port,
    caCerts: [ca.cert],
  });
  let sent = 0;
  const sending = (async () => {
    const bytes = new Uint8Array(1 << 16);
    while (sent < size) {
      sent += await conn.write(
        bytes.subarray(0, Math.min(bytes.length, size - sent)),
      );
    }
    await conn.closeWrite();
  })();
  let before = -1;
  await eventually(async () => {
    const isStill = sent > 0 && sent === before;
    before = sent;
    await pause(200);
    return isStill;
  }, "sending to stop");
  assert(sent < size / 3, `${sent} bytes sent, none read`);
  go.resolve();
  await within(sending, "the rest to be sent", 60_000);
  assertEquals(await conn.read(new Uint8Array(1)), null);
  assertEquals(received, size);
  conn.close();
});

Deno.test("the duplex: what is written after the client has ended its half still arrives", async () => {
  using scratch = new Scratch();
  const { ca, files } = await authority(scratch);
  await using server = await TlsServer.start(files, async ({ duplex }) => {
    const buffer = new Uint8Array(100);
    const heard: number[] = [];
    let count: number | null;
    while ((count = await duplex.read(buffer)) !== null) {
      heard.push(...buffer.subarray(0, count));
    }
    await duplex.write(Uint8Array.from(heard.reverse()));
    await duplex.closeWrite();
    await assertRejects(() => duplex.write(new Uint8Array(1)));
  });
  const conn = await Deno.connectTls({
    hostname: "localhost",
    port: server.port,
    caCerts: [ca.cert],
  });
  await conn.write(new TextEncoder().encode("olleh"));
  await conn.closeWrite();
  const all = new Response(conn.readable).text();
  assertEquals(await within(all, "the answer"), "hello");
});

Deno.test("the duplex: closing rejects reads and writes under way, and the client sees the end", async () => {
  using scratch = new Scratch();
  const { ca, files } = await authority(scratch);
  const over = Promise.withResolvers<void>();
  await using server = await TlsServer.start(files, () => over.promise);
  using conn = await Deno.connectTls({
    hostname: "localhost",
    port: server.port,
    caCerts: [ca.cert],
  });
  await conn.handshake();
  const { duplex } = await eventually(() => server.accepted[0], "the client");
  const reading = assertRejects(() => duplex.read(new Uint8Array(1)));
  const writing = assertRejects(async () => {
    for (;;) await duplex.write(new Uint8Array(1 << 16));
  });
  await pause(100);
  duplex.close();
  duplex.close();
  await within(Promise.all([reading, writing]), "both to reject");
  await assertRejects(() => duplex.write(new Uint8Array(1)));
  await assertRejects(() => duplex.closeWrite());
  const drained = (async () => {
    const buffer = new Uint8Array(1 << 16);
    while (await conn.read(buffer) !== null);
  })().catch(() => {});
  await within(drained, "the client to see the end");
  over.resolve();
});

Deno.test("the duplex: a client that vanishes without a word ends the read", async () => {
  using scratch = new Scratch();
  const { ca, files } = await authority(scratch);
  const ended: string[] = [];
  await using server = await TlsServer.start(files, async ({ duplex }) => {
    const buffer = new Uint8Array(100);
    try {
      while (await duplex.read(buffer) !== null);
      ended.push("end");
    } catch {
      ended.push("lost");
    }
  });
  // Between the two, so that the connection ends and TLS does not.
  using between = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = between.addr;
  const [near, conn] = await Promise.all([
    between.accept(),
    Deno.connectTls({ hostname: "localhost", port, caCerts: [ca.cert] }),
  ]);
  const far = await Deno.connect({ port: server.port });
  const copying = Promise.allSettled([
    near.readable.pipeTo(far.writable),
    far.readable.pipeTo(near.writable),
  ]);
  await within(conn.handshake(), "the handshake");
  await eventually(() => server.accepted.length === 1, "the connection");
  far.close();
  await eventually(() => ended.length === 1, "the end of the read");
  conn.close();
  await copying;
});

Deno.test("the duplex: bytes arrive whole and in order, in records and reads of any size", async () => {
  using scratch = new Scratch();
  const { ca, files } = await authority(scratch);
  await using server = await TlsServer.start(files);
  const conn = await Deno.connectTls({
    hostname: "localhost",
    port: server.port,
    caCerts: [ca.cert],
  });
  const bytes = Uint8Array.from({ length: 1_000_000 }, (_, i) => i * i >> 5);
  const sending = (async () => {
    for (let at = 0, size = 1; at < bytes.length; size = size * 3 % 65_521) {
      at += await conn.write(bytes.subarray(at, at + size));
    }
    await conn.closeWrite();
  })();
  const echoed = await within(new Response(conn.readable).bytes(), "the echo");
  await sending;
  assertEquals(echoed.length, bytes.length);
  assert(echoed.every((byte, i) => byte === bytes[i]));
});
