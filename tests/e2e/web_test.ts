/** The parts of the web side together, on one server. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ListenError, serve, type ServeOptions } from "../../lib/mod.ts";
import { makeCertificate } from "../helpers/certificates.ts";
import { Client } from "../helpers/client.ts";
import { eventually, within } from "../helpers/deadline.ts";
import { ENGINE } from "../helpers/engine.ts";
import { executable } from "../helpers/executable.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { type Answer, RawClient } from "../helpers/raw_client.ts";
import { Scratch } from "../helpers/scratch.ts";
import { ServerProcess, startServer } from "../helpers/server.ts";

const ignore = Deno.build.os === "windows";

/** A directory with a program, a CGI script inside of the static files, and a page. */
class Site implements Disposable {
  readonly scratch = new Scratch();
  readonly dir: string;
  readonly staticDir: string;
  readonly cgiDir: string;

  constructor() {
    this.dir = this.scratch.file("dir");
    this.staticDir = this.scratch.file("static");
    this.cgiDir = this.scratch.file("static/cgi");
    Deno.mkdirSync(this.scratch.file("dir/sub"), { recursive: true });
    Deno.mkdirSync(this.cgiDir, { recursive: true });
    this.scratch.script(
      "dir/sub/where.sh",
      '#!/bin/sh\necho "$SCRIPT_NAME $PATH_INFO $QUERY_STRING $HTTPS"',
    );
    this.scratch.script(
      "static/cgi/who.sh",
      '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\n$SCRIPT_NAME $PATH_INFO $REMOTE_USER"',
    );
    Deno.writeTextFileSync(this.scratch.file("static/index.html"), "<p>page");
  }

  /** The options that serve all of it. */
  get options(): ServeOptions {
    const { dir, staticDir, cgiDir } = this;
    return { dir, staticDir, cgiDir };
  }

  [Symbol.dispose](): void {
    this.scratch[Symbol.dispose]();
  }
}

/** Asks in HTTP/1.0, for an answer that ends with its connection. */
async function get(
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  using client = await RawClient.connect(port);
  const lines = Object.entries({ Host: "localhost", ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`);
  await client.write(`GET ${path} HTTP/1.0\r\n${lines.join("")}\r\n`);
  const answer = await client.rest();
  const end = answer.indexOf("\r\n\r\n");
  return {
    status: Number(answer.split(" ")[1]),
    body: answer.slice(end + 4),
  };
}

Deno.test({
  name:
    "programs, CGI scripts, files and the console answer on one port, upgrades first",
  ignore,
  async fn(): Promise<void> {
    using site = new Site();
    await using server = await ProgramServer.start({
      ...site.options,
      devConsole: true,
    });
    const socket = await Client.run(`${server.url}sub/where.sh/a/b?c=d`);
    assertEquals(socket.messages, ["/sub/where.sh /a/b c=d "]);
    assertEquals((await get(server.port, "/who.sh/x")).body, "/who.sh /x ");
    assertEquals(await get(server.port, "/"), { status: 200, body: "<p>page" });
    const page = await get(server.port, "/_console/");
    assertEquals(page.status, 200);
    assertMatch(page.body, /^<!doctype html>/i);
    assertEquals((await get(server.port, "/nothing")).status, 404);
  },
});

Deno.test({
  name: "a CGI directory inside of the static one never serves its source",
  ignore,
  async fn(): Promise<void> {
    using site = new Site();
    await using server = await ProgramServer.start(site.options);
    for (
      const path of [
        "/cgi/who.sh",
        "/cgi/",
        "/cgi",
        "/cgi/%77ho.sh",
        "//cgi/who.sh",
      ]
    ) {
      assertEquals((await get(server.port, path)).status, 404, path);
    }
  },
});

for (
  const [what, dirs] of [
    ["--dir and --staticdir are one", { dir: ".", staticDir: "." }],
    ["--staticdir is inside of --dir", { dir: ".", staticDir: "files" }],
    ["--staticdir is inside of --cgidir", { cgiDir: ".", staticDir: "files" }],
    ["--cgidir and --staticdir are one", { cgiDir: ".", staticDir: "." }],
  ] as const
) {
  Deno.test({
    name: `${what}: its programs are run and never shown, other files are`,
    ignore,
    async fn(): Promise<void> {
      using scratch = new Scratch();
      Deno.mkdirSync(scratch.file("files"));
      const program =
        "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nsecret'";
      scratch.script("program.sh", program);
      scratch.script("files/program.sh", program);
      Deno.writeTextFileSync(
        scratch.file(`${dirs.staticDir}/page.txt`),
        "page",
      );
      Deno.symlinkSync("program.sh", scratch.file("files/linked"));
      const paths = Object.entries(dirs)
        .map(([name, path]) => [name, scratch.file(path)]);
      await using server = await ProgramServer.start({
        ...Object.fromEntries(paths),
        listing: true,
      });
      assertEquals((await get(server.port, "/page.txt")).body, "page");
      for (const path of ["/program.sh", "/program.sh/", "/linked", "/"]) {
        const { body } = await get(server.port, path);
        assertEquals(/printf|>program.sh/.test(body), false, path);
      }
      if (!("dir" in dirs)) return;
      const { messages } = await Client.run(`${server.url}files/program.sh`);
      assertEquals(messages.at(-1), "secret");
    },
  });
}

Deno.test({
  name:
    "where --cgidir and --staticdir meet, a script without the execute bit is still none of the files",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const write = (name: string, text: string) =>
      Deno.writeTextFileSync(scratch.file(name), text, { mode: 0o644 });
    Deno.mkdirSync(scratch.file("cgi"));
    scratch.script("run.sh", "#!/bin/sh\nprintf 'Status: 200\\n\\nran'");
    write("lost.sh", "#!/bin/sh\necho secret");
    write("a.css", "the style");
    write("empty", "");
    write("cgi/a.css", "another style");
    write("cgi/notes.txt", "for nobody");
    for (
      const [dirs, expected] of [
        [{ cgiDir: ".", staticDir: "." }, {
          "/run.sh": [200, "ran"],
          "/a.css": [200, "the style"],
          "/empty": [200, ""],
          "/cgi/a.css": [200, "another style"],
          "/a.css/more": [404],
          "/lost.sh": [500],
        }],
        // A file beside the scripts has the path of one that is served.
        [{ cgiDir: "cgi", staticDir: "." }, {
          "/a.css": [200, "the style"],
          "/cgi/a.css": [404],
          "/notes.txt": [404],
        }],
      ] as [Record<string, string>, Record<string, [number, string?]>][]
    ) {
      await using server = await ProgramServer.start(
        Object.fromEntries(
          Object.entries(dirs).map(([name, at]) => [name, scratch.file(at)]),
        ),
      );
      for (const [path, [status, body]] of Object.entries(expected)) {
        const answer = await get(server.port, path);
        assertEquals([path, answer.status], [path, status]);
        if (body !== undefined) assertEquals(answer.body, body);
        assert(!answer.body.includes("secret"), answer.body);
      }
    }
  },
});

Deno.test({
  name: "what --auth names is never served, though it lies in --staticdir",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const secret = "alice-s-token-that-nobody-can-guess";
    const write = (name: string, text: string) => {
      Deno.writeTextFileSync(scratch.file(name), text, { mode: 0o600 });
    };
    write("tokens.txt", `alice ${secret}\n`);
    write(
      "users",
      "bob:$2y$05$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234\n",
    );
    write("index.html", "page");
    scratch.script("login.sh", "#!/bin/sh\nexit 1");
    Deno.symlinkSync("tokens.txt", scratch.file("linked.txt"));
    await using server = await ProgramServer.start({
      staticDir: scratch.path,
      listing: true,
      auth: [
        `token:${scratch.file("tokens.txt")}`,
        `basic:${scratch.file("users")}`,
        `exec:${scratch.file("login.sh")}`,
      ],
    });
    const ask = (path: string) =>
      get(server.port, path, { Authorization: `Bearer ${secret}` });
    assertEquals((await ask("/")).body, "page");
    for (const path of ["/tokens.txt", "/linked.txt", "/users", "/login.sh"]) {
      assertEquals((await ask(path)).status, 404, path);
    }
  },
});

Deno.test({
  name:
    "a program is never served, nor a file among its arguments, though they lie in --staticdir",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    Deno.mkdirSync(scratch.file("sub"));
    const source = "echo the source";
    scratch.script("program.sh", `#!/bin/sh\n${source}\n`);
    scratch.script("sub/argument.sh", `${source}\n`);
    scratch.script("other.sh", "an example to download");
    for (
      const program of [
        { command: scratch.file("program.sh") },
        { command: "sh", args: [scratch.file("program.sh"), "other"] },
        { command: "sh", args: ["argument.sh"], cwd: scratch.file("sub") },
      ]
    ) {
      await using server = await ProgramServer.start({
        ...program,
        staticDir: scratch.path,
      });
      const { messages } = await Client.run(server.url);
      assertEquals(messages, ["the source"]);
      const path = program.cwd === undefined
        ? "/program.sh"
        : "/sub/argument.sh";
      assertEquals((await get(server.port, path)).status, 404, path);
      const other = await get(server.port, "/other.sh");
      assertEquals(other.body, "an example to download");
    }
  },
});

Deno.test({
  name:
    "every plain request that is answered is told once, by what answered it, but those for metrics and health",
  ignore,
  async fn(): Promise<void> {
    using site = new Site();
    site.scratch.script(
      "static/cgi/sent.sh",
      "#!/bin/sh\necho Location: /\necho",
    );
    await using server = await ProgramServer.start({
      ...site.options,
      devConsole: true,
      redirPort: 0,
      metrics: "/metrics",
      health: "/healthz",
    });
    const redirect = server.of("server.listening")
      .find(({ purpose }) => purpose === "redirect")!;
    const script = await Deno.realPath(site.scratch.file("static/cgi/who.sh"));
    const expected: [number, string, string?][] = [];
    for (
      const [path, ...told] of [
        ["/", 200, "STATIC"],
        ["/index.html?a=b", 200, "STATIC"],
        ["/who.sh", 200, "CGI", script],
        ["/sent.sh", 200, "STATIC"],
        ["/_console", 307, "DEVCONSOLE"],
        ["/_console/", 200, "DEVCONSOLE"],
        ["/_client.js", 200, "CLIENT SCRIPT"],
        ["/nothing", 404, "NOT FOUND"],
      ] as [string, number, string, string?][]
    ) {
      assertEquals((await get(server.port, path)).status, told[0], path);
      expected.push(told);
    }
    assertEquals((await get(server.port, "/metrics")).status, 200);
    assertEquals((await get(server.port, "/healthz")).status, 200);
    const { status } = await get(redirect.port, "/a?b", {
      "X-Request-Id": "r1",
    });
    assertEquals(status, 301);
    assertEquals(
      server.of("request").map(({ status, message, script }) =>
        script === undefined ? [status, message] : [status, message, script]
      ),
      [...expected, [301, "REDIRECT"]],
    );
    const { request } = server.of("request").at(-1)!;
    assertEquals(
      [request.url, request.remoteAddr, request.requestId],
      ["http://localhost/a?b", "127.0.0.1", "r1"],
    );
  },
});

Deno.test({
  name: "the event of a 404 names the user who was admitted",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    Deno.mkdirSync(scratch.file("site"));
    const tokens = scratch.file("tokens.txt");
    Deno.writeTextFileSync(tokens, "alice 0123456789abcdef\n", { mode: 0o600 });
    await using server = await ProgramServer.start({
      staticDir: scratch.file("site"),
      auth: [`token:${tokens}`],
    });
    const headers = { Authorization: "Bearer 0123456789abcdef" };
    assertEquals((await get(server.port, "/nothing", headers)).status, 404);
    const { request } = await server.next("request");
    assertEquals(request.user, "alice");
  },
});

Deno.test({
  name: "ways out of the directories lead nowhere, for every part",
  ignore,
  async fn(): Promise<void> {
    using site = new Site();
    const secret = site.scratch.script("secret.sh", "#!/bin/sh\necho secret");
    for (const dir of [site.dir, site.staticDir, site.cgiDir]) {
      Deno.symlinkSync(secret, `${dir}/link.sh`);
    }
    await using server = await ProgramServer.start(site.options);
    for (
      const path of [
        "/../secret.sh",
        "/%2e%2e/secret.sh",
        "/..%2fsecret.sh",
        "/%2e%2e%2fsecret.sh",
        "/..\\secret.sh",
        "/..%5csecret.sh",
        "/link.sh",
        "/sub/../../secret.sh",
        "/index.html%00.sh",
        "/%252e%252e/secret.sh",
      ]
    ) {
      const { status, body } = await get(server.port, path);
      assert([400, 404].includes(status), `${path}: ${status}`);
      assert(!body.includes("secret\n"), path);
      const upgrade = await get(server.port, path, {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      });
      assert([400, 404].includes(upgrade.status), `${path}: ${upgrade.status}`);
    }
    using client = await RawClient.connect(server.port);
    const answer = await client.ask(
      "CONNECT /../../../../bin/sh HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
    );
    assert(answer.status >= 400 && answer.status < 500, `${answer.status}`);
  },
});

Deno.test({
  name:
    "a program without the execute bit is refused with 500 before the upgrade",
  ignore,
  async fn(): Promise<void> {
    using site = new Site();
    Deno.writeTextFileSync(site.scratch.file("dir/plain.sh"), "#!/bin/sh\n");
    await using server = await ProgramServer.start(site.options);
    const { status, body } = await get(server.port, "/plain.sh", {
      "Upgrade": "websocket",
      "Connection": "Upgrade",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    });
    assertEquals(status, 500);
    assertMatch(body, /^Cannot start "\/plain\.sh": .*chmod \+x/);
    const refused = await server.next("session.refused");
    assertEquals(refused.reason, "program");
  },
});

Deno.test({
  name: "CGI scripts and sessions share the slots of --maxforks",
  ignore,
  async fn(): Promise<void> {
    using site = new Site();
    await using server = await ProgramServer.start({
      command: "cat",
      cgiDir: site.cgiDir,
      maxForks: 1,
    });
    {
      await using _client = await Client.open(server.url);
      await server.next("session.opened");
      assertEquals((await get(server.port, "/who.sh")).status, 429);
    }
    await server.next("session.closed");
    assertEquals((await get(server.port, "/who.sh")).status, 200);
  },
});

Deno.test({
  name: "with TLS, programs see HTTPS=on, and every part answers",
  ignore,
  async fn(): Promise<void> {
    using site = new Site();
    const ca = await makeCertificate(site.scratch, "ca", { subject: "/CN=ca" });
    const own = await makeCertificate(site.scratch, "own", { by: ca });
    await using server = await ProgramServer.start({
      ...site.options,
      ssl: true,
      sslCert: own.certFile,
      sslKey: own.keyFile,
    });
    assertMatch(server.of("server.listening")[0].url, /^wss:/);
    const http = Deno.createHttpClient({ caCerts: [ca.cert] });
    const base = `https://localhost:${server.port}`;
    for (
      const [path, body] of [["/", "<p>page"], [
        "/who.sh",
        "/who.sh  ",
      ]] as const
    ) {
      const response = await fetch(base + path, { client: http });
      assertEquals(await response.text(), body);
    }
    http.close();
    using conn = await Deno.connectTls({
      hostname: "localhost",
      port: server.port,
      caCerts: [ca.cert],
    });
    await conn.write(new TextEncoder().encode(
      "GET /sub/where.sh HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ));
    const text = await within(readUntil(conn, "  on"), "HTTPS=on");
    assertMatch(text, /^HTTP\/1\.1 101 [^]*\/sub\/where\.sh {3}on/);
  },
});

async function readUntil(conn: Deno.Conn, wanted: string): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(4096);
  while (!text.includes(wanted)) {
    const count = await conn.read(buffer);
    if (count === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return text;
}

Deno.test({
  name:
    "--sslca admits clients with a certificate only, and tells the program whose it is",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const ca = await makeCertificate(scratch, "ca", { subject: "/CN=ca" });
    const own = await makeCertificate(scratch, "own", { by: ca });
    const ada = await makeCertificate(scratch, "ada", {
      subject: "/O=Example/CN=ada",
      by: ca,
    });
    await using server = await ProgramServer.start({
      command: "sh",
      args: ["-c", 'echo "$SSL_CLIENT_S_DN."'],
      engine: "wire",
      ssl: true,
      sslCert: own.certFile,
      sslKey: own.keyFile,
      sslCa: ca.certFile,
    });
    const where = {
      hostname: "localhost",
      port: server.port,
      caCerts: [ca.cert],
    };
    const handshake = new TextEncoder().encode(
      "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    using conn = await Deno.connectTls({
      ...where,
      cert: ada.cert,
      key: ada.key,
    });
    await conn.write(handshake);
    assertMatch(
      await within(readUntil(conn, "Example."), "the subject"),
      /^HTTP\/1\.1 101 [^]*CN=ada,O=Example\./,
    );
    await assertRejects(async () => {
      using nobody = await Deno.connectTls(where);
      await nobody.write(handshake);
      const count = await nobody.read(new Uint8Array(1));
      if (count === null) throw new Error("closed");
    });
  },
});

Deno.test({
  name: "--redirport sends clients to where the server is, with path and query",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({
      command: "cat",
      redirPort: 0,
    });
    const { port } = server.of("server.listening")
      .find(({ purpose }) => purpose === "redirect")!;
    using client = await RawClient.connect(port);
    const answer = await client.ask(
      `GET /a%20b?c=d HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`,
    );
    assertEquals(
      [answer.status, answer.get("location")],
      [301, `http://localhost:${server.port}/a%20b?c=d`],
    );
  },
});

Deno.test({
  name:
    "a unix socket alone: no TCP, the mode it is given, a stale file replaced, nothing left behind",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const path = scratch.file("s");
    // What a server leaves that was killed.
    Deno.listen({ transport: "unix", path }).close();
    const server = await serve({
      command: "cat",
      engine: ENGINE,
      unixSocket: path,
      unixSocketMode: 0o660,
    });
    try {
      assertEquals(server.addresses, []);
      assertEquals(Deno.statSync(path).mode! & 0o777, 0o660);
      using conn = await Deno.connect({ transport: "unix", path });
      await conn.write(new TextEncoder().encode(
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      ));
      assertMatch(
        await within(readUntil(conn, "\r\n\r\n"), "an answer"),
        /^HTTP\/1\.1 404 /,
      );
      await assertRejects(
        () => serve({ command: "cat", unixSocket: path }),
        ListenError,
        "another server listens there",
      );
    } finally {
      await server.kill();
    }
    assertEquals([...Deno.readDirSync(scratch.path)], []);
    Deno.writeTextFileSync(path, "mine");
    await assertRejects(
      () => serve({ command: "cat", unixSocket: path }),
      ListenError,
      "no socket",
    );
    assertEquals(Deno.readTextFileSync(path), "mine");
  },
});

Deno.test({
  name:
    "main.ts --auth=token prints a link that admits, and the token is in no line of the log",
  ignore,
  async fn(): Promise<void> {
    using site = new Site();
    await using server = await startServer([
      "--auth=token",
      `--staticdir=${site.staticDir}`,
      `--cgidir=${site.cgiDir}`,
      "--loglevel=debug",
      "cat",
    ]);
    assertEquals((await get(server.port, "/")).status, 401);
    server.signal("SIGTERM");
    await server.ended();
    const [, token] = /^Open http:\S+\?token=([0-9a-f]{32,})\n/.exec(
      server.stderr,
    )!;
    assert(!server.log.includes(token));
  },
});

Deno.test({
  name:
    "main.ts --auth=token on a unix socket alone prints a token that admits, and it is in no line of the log",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const path = scratch.file("s");
    await using server = new ServerProcess([
      "--auth=token",
      `--unixsocket=${path}`,
      "--loglevel=debug",
      "cat",
    ], { isPortless: true });
    await server.logged(/unix socket at/);
    const ask = async (header: string): Promise<string> => {
      using conn = await Deno.connect({ transport: "unix", path });
      await conn.write(new TextEncoder().encode(
        `GET / HTTP/1.1\r\nHost: localhost\r\n${header}Connection: close\r\n\r\n`,
      ));
      return await within(readUntil(conn, "\n\r\n"), "an answer");
    };
    assertMatch(await ask(""), /^HTTP\/1\.1 401 /);
    const [, token] = await eventually(
      () =>
        /^The token is ([0-9a-f]{32}): send "Authorization: Bearer TOKEN" .*\n$/
          .exec(server.stderr) ?? undefined,
      () => `a token in: ${server.stderr}`,
    );
    assertMatch(
      await ask(`Authorization: Bearer ${token}\r\n`),
      /^HTTP\/1\.1 404 /,
    );
    assert(!server.log.includes(token));
  },
});

for (const served of ["a command", "a directory of programs"]) {
  Deno.test({
    name:
      `the link of --auth=token leaves its cookie where there is only ${served}, and who has no token gets 401`,
    ignore,
    async fn(): Promise<void> {
      using scratch = new Scratch();
      const where = served === "a command"
        ? { command: "cat" }
        : { dir: scratch.path };
      const server = await serve({
        ...where,
        ...{ address: ["127.0.0.1"], port: 0, engine: ENGINE, auth: ["token"] },
      });
      try {
        const { search } = new URL(server.link!);
        const port = server.addresses[0].port;
        const ask = async (path: string, header = ""): Promise<Answer> => {
          using client = await RawClient.connect(port);
          return await client.ask(
            `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\n${header}\r\n`,
          );
        };
        const opened = await ask(`/a${search}&b=c`);
        assertEquals([opened.status, opened.get("location")], [303, "/a?b=c"]);
        const [cookie] = opened.get("set-cookie")!.split(";");
        const admitted = await ask("/a?b=c", `Cookie: ${cookie}\r\n`);
        assertEquals(admitted.status, 404);
        assertMatch(admitted.body, /here is a WebSocket/);
        assertEquals((await ask("/")).status, 401);
        assertEquals((await ask("/?token=wrong")).status, 401);
      } finally {
        await server.kill();
      }
    },
  });
}

Deno.test({
  name:
    "--auth=basic admits to programs, CGI and files alike, and says who it is",
  ignore,
  async fn(): Promise<void> {
    using site = new Site();
    const file = site.scratch.file("htpasswd");
    // The password is "pass".
    Deno.writeTextFileSync(
      file,
      "ada:$2y$05$PRuBaI79K95gsv4/BgKy1e9/E994cCmKLxYPe.ykeH1eZHo7m2gSm\n",
    );
    await using server = await ProgramServer.start({
      ...site.options,
      auth: [`basic:${file}`],
    });
    const wrong = { Authorization: `Basic ${btoa("ada:wrong")}` };
    for (const path of ["/", "/who.sh", "/nothing"]) {
      assertEquals((await get(server.port, path)).status, 401);
      assertEquals((await get(server.port, path, wrong)).status, 401);
    }
    const right = { Authorization: `Basic ${btoa("ada:pass")}` };
    assertEquals((await get(server.port, "/", right)).body, "<p>page");
    assertEquals(
      (await get(server.port, "/who.sh", right)).body,
      "/who.sh  ada",
    );
  },
});

Deno.test({
  name:
    "main.ts --ssl warns of an origin without a scheme, as the original does",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const own = await makeCertificate(scratch, "own");
    const output = await executable([
      ...["--port=99999", "--ssl"],
      ...[`--sslcert=${own.certFile}`, `--sslkey=${own.keyFile}`],
      ...["--origin=example.com,https://example.org", "cat"],
    ], { stdin: "null" }).output();
    assertEquals(output.code, 3);
    assertMatch(
      new TextDecoder().decode(output.stdout),
      /ERROR {2}\| server {5}\| {2}\| --origin="example\.com" has no scheme, so it also accepts insecure http origins; use "https:\/\/example\.com" to require TLS\n(?![^]*example\.org)/,
    );
  },
});

Deno.test({
  name:
    "--metrics tells of a session while it lives, and asks for what --auth asks for; --health does not",
  ignore,
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const file = scratch.file("tokens");
    const token = "0123456789abcdef0123";
    Deno.writeTextFileSync(file, `${token}\n`, { mode: 0o600 });
    await using server = await ProgramServer.start({
      command: "cat",
      metrics: "/metrics",
      health: "/healthz",
      auth: [`token:${file}`],
    });
    await using client = await Client.open(`${server.url}?token=${token}`);
    client.send("hello");
    await client.message(0);
    assertEquals((await get(server.port, "/metrics")).status, 401);
    assertEquals((await get(server.port, "/healthz")).status, 200);
    const { status, body } = await get(server.port, "/metrics", {
      Authorization: `Bearer ${token}`,
    });
    assertEquals(status, 200);
    for (
      const line of [
        "websocketd_sessions 1",
        "websocketd_children 1",
        "websocketd_child_starts_total 1",
        'websocketd_messages_total{direction="sent"} 1',
        'websocketd_message_bytes_total{direction="received"} 5',
        'websocketd_refusals_total{reason="auth",status="401"} 1',
      ]
    ) assert(body.includes(`\n${line}\n`), `${line} in:\n${body}`);
  },
});

Deno.test({
  name: "--health answers 503 while the server drains, on --adminaddress",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({
      command: "cat",
      health: "/healthz",
      metrics: "/metrics",
      adminAddress: "127.0.0.1:0",
      drainMs: 1000,
    });
    const { port } = server.of("server.listening")
      .find(({ purpose }) => purpose === "admin")!;
    assertEquals(await get(port, "/healthz"), { status: 200, body: "ok\n" });
    assertEquals((await get(port, "/metrics")).status, 200);
    assertEquals((await get(server.port, "/metrics")).status, 404);
    await using _client = await Client.open(server.url);
    await server.next("session.opened");
    const drained = server.drain();
    await server.next("drain.started");
    assertEquals((await get(port, "/healthz")).status, 503);
    await drained;
  },
});

Deno.test({
  name: "--adminaddress asks nobody for what --auth asks for",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({
      command: "cat",
      auth: ["token"],
      metrics: "/metrics",
      adminAddress: "127.0.0.1:0",
    });
    const { port } = server.of("server.listening")
      .find(({ purpose }) => purpose === "admin")!;
    assertEquals((await get(port, "/metrics")).status, 200);
    assertEquals((await get(port, "/elsewhere")).status, 404);
    assertEquals((await get(server.port, "/metrics")).status, 401);
  },
});

Deno.test({
  name: "an X-Request-Id is in the events of its request, unless it is none",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({ command: "cat" });
    for (const id of ["7b0e-42", "a b", "x".repeat(128), "x".repeat(129)]) {
      await get(server.port, "/", { "X-Request-Id": id });
    }
    assertEquals(
      server.of("request").map(({ request }) => request.requestId),
      ["7b0e-42", null, "x".repeat(128), null],
    );
  },
});

Deno.test({
  name:
    "--trustproxy: the client is whom the proxy names, and nobody else is believed",
  ignore,
  async fn(): Promise<void> {
    const headers = {
      "X-Forwarded-For": "198.51.100.1, 203.0.113.7",
      "X-Forwarded-Proto": "https",
    };
    for (const trustProxy of [["127.0.0.0/8"], ["10.0.0.0/8"]]) {
      await using server = await ProgramServer.start({
        command: "cat",
        trustProxy,
      });
      await get(server.port, "/", headers);
      const { request } = server.of("request")[0];
      assertEquals(
        [request.remoteAddr, request.url],
        trustProxy[0] === "127.0.0.0/8"
          ? ["203.0.113.7", "https://localhost/"]
          : ["127.0.0.1", "http://localhost/"],
      );
    }
  },
});
