import { assertEquals, assertMatch } from "@std/assert";
import { runClient } from "../../lib/connect/client.ts";
import type { ClientEnd } from "../../lib/connect/client_end.ts";
import type { ClientOptions } from "../../lib/connect/client_options.ts";
import { makeCertificate, openssl } from "../helpers/certificates.ts";
import { within } from "../helpers/deadline.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { Scratch } from "../helpers/scratch.ts";
import { ScriptedServer } from "./scripted_server.ts";
import { Input, Output } from "./streams.ts";

const ignore = Deno.build.os === "windows";

/** How a client ends that sends a line. */
async function run(
  url: string,
  options: Partial<ClientOptions> = {},
): Promise<ClientEnd> {
  const input = new Input("a\n");
  return await within(
    runClient({ url, input, output: new Output(), ...options }),
    "the client to end",
  );
}

Deno.test({
  name:
    "wss:// connects to a server whose authority is trusted, and to no other",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const authority = await makeCertificate(scratch, "ca", {
      subject: "/CN=ca",
    });
    const { certFile, keyFile } = await makeCertificate(scratch, "server", {
      by: authority,
    });
    await using server = await ProgramServer.bash("read line; exit 3", {
      ssl: true,
      sslCert: certFile,
      sslKey: keyFile,
    });
    const url = `wss://localhost:${server.port}/`;
    assertEquals((await run(url, { caCert: authority.cert })).status, 3);

    const unknown = await run(url);
    assertEquals([unknown.status, unknown.isExpected], [69, false]);
    assertEquals(
      unknown.message,
      `Cannot connect to wss://localhost:${server.port}: its certificate is signed by nobody known here (--cacert=FILE adds who is to be trusted)`,
    );
    const plain = await run(`ws://localhost:${server.port}/`);
    assertMatch(
      plain.message,
      /This port speaks TLS|: it wants TLS there|: it ended the connection/,
    );
  },
});

Deno.test({
  name:
    "a server's certificate that signed itself can be trusted, for the names in it only",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const [certFile, keyFile] = [scratch.file("c.pem"), scratch.file("c.key")];
    // deno-fmt-ignore
    await openssl(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
      "-days", "30", "-subj", "/CN=test", "-keyout", keyFile, "-out", certFile,
      "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE",
    );
    await using server = await ProgramServer.bash("read line; exit 3", {
      ssl: true,
      sslCert: certFile,
      sslKey: keyFile,
    });
    const caCert = await Deno.readTextFile(certFile);
    const right = await run(`wss://localhost:${server.port}/`, { caCert });
    assertEquals(right.status, 3);
    const wrong = await run(`wss://127.0.0.1:${server.port}/`, { caCert });
    assertMatch(wrong.message, /: its certificate is for another host name$/);
  },
});

Deno.test({
  name:
    "a server's certificate that can sign others says what is wrong with it",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const { cert, certFile, keyFile } = await makeCertificate(scratch, "ca");
    await using server = await ProgramServer.start({
      command: "cat",
      ssl: true,
      sslCert: certFile,
      sslKey: keyFile,
    });
    const { message } = await run(`wss://localhost:${server.port}/`, {
      caCert: cert,
    });
    assertMatch(
      message,
      /: its certificate is that of an authority, not of a server \(/,
    );
  },
});

Deno.test({
  name: "a client shows its own certificate to a server that asks for one",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const authority = await makeCertificate(scratch, "ca", {
      subject: "/CN=ca",
    });
    const server = await makeCertificate(scratch, "server", { by: authority });
    const ada = await makeCertificate(scratch, "ada", {
      subject: "/CN=ada",
      by: authority,
    });
    await using serving = await ProgramServer.bash("read line; exit 3", {
      ssl: true,
      sslCert: server.certFile,
      sslKey: server.keyFile,
      sslCa: authority.certFile,
      // The native engine cannot ask for certificates.
      engine: "wire",
    });
    const url = `wss://localhost:${serving.port}/`;
    const caCert = authority.cert;
    const known = await run(url, { caCert, cert: ada.cert, key: ada.key });
    assertEquals(known.status, 3);
    const unknown = await run(url, { caCert });
    assertEquals(unknown.status, 69);
    // A server that says so, and one whose runtime just hangs up.
    assertMatch(unknown.message, /certificate.* \(--cert and --key\)$/);
  },
});

Deno.test("a client can be interrupted while TLS is negotiated", async () => {
  // Takes the greeting and says nothing.
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  await using _server = new ScriptedServer(() => Promise.resolve(), listener);
  const interrupt = new AbortController();
  setTimeout(() => interrupt.abort(), 200);
  const end = await run(`wss://127.0.0.1:${port}/`, {
    signal: interrupt.signal,
  });
  assertEquals(end.status, 130);
});
