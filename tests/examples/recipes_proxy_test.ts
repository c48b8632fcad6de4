/** The server behind nginx, Caddy and HAProxy, as `examples/recipes/` says. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { eventually, pause, within } from "../helpers/deadline.ts";
import { RawClient } from "../helpers/raw_client.ts";
import { Scratch } from "../helpers/scratch.ts";
import { type ServerProcess, startServer } from "../helpers/server.ts";
import { isMissing, linesThatRun, startExample } from "./example.ts";
import {
  CADDY,
  freePort,
  Front,
  HAPROXY,
  isListening,
  NGINX,
  NGINX_AUTH,
  type Proxy,
  replaced,
} from "./front.ts";

const PROXIES = [NGINX, CADDY, HAPROXY];
/** As a page of the site would connect. */
const FROM_SITE = { Host: "example.com", Origin: "http://example.com" };

/** Starts the server by the recipe's line, with another program behind its flags. */
function serve(
  { recipe }: Proxy,
  program: readonly string[],
  flags: readonly string[] = [],
): Promise<ServerProcess> {
  const [words] = linesThatRun(recipe);
  const own = words.filter((word) =>
    word.startsWith("--") && !word.startsWith("--port=")
  );
  return startServer([...own, ...flags, ...program]);
}

/** Starts the proxy in front of a server, or of two. */
function startFront(
  proxy: Proxy,
  { port }: { readonly port: number },
  change: (text: string) => string = (text) => text,
): Promise<Front> {
  return Front.start(proxy, (text) => {
    const changed = change(text);
    return proxy === HAPROXY
      ? replaced(changed, "127.0.0.1:8081", `127.0.0.1:${port}`)
        // The other one is not there.
        .replace(/.*127\.0\.0\.1:8082/, "")
      : replaced(changed, "127.0.0.1:8080", `127.0.0.1:${port}`);
  });
}

/** Connects as a page of the site does; once more if the proxy has not found its server yet. */
async function visit(
  port: number,
  headers: Record<string, string> = {},
): Promise<RawClient> {
  return await eventually(
    async () => {
      try {
        return await RawClient.open(port, {
          headers: { ...FROM_SITE, ...headers },
        });
      } catch (error) {
        if (/^Cannot upgrade: HTTP\/1\.1 50[23]/.test(String(error))) {
          return undefined;
        }
        throw error;
      }
    },
    "the proxy to pass a client on",
  );
}

const PROGRAM = [
  "bash",
  "-c",
  'while IFS= read -r line; do [[ $line == end ]] && exit 3; echo "got $line"; done',
];

for (const proxy of PROXIES) {
  const { program, recipe } = proxy;
  const ignore = isMissing(program) || isMissing("bash");

  Deno.test({
    name: `${recipe}: messages go both ways, and the exit status comes`,
    ignore,
    async fn(): Promise<void> {
      await using server = await serve(proxy, PROGRAM);
      await using front = await startFront(proxy, server);
      using client = await visit(front.port);
      for (const text of ["Zoë 🐢", "", "x".repeat(200_000)]) {
        await client.send(text);
        assertEquals(await client.message(), `got ${text}`);
      }
      await client.send("end");
      assertEquals(await client.all(), {
        messages: [],
        code: 4003,
        reason: "exit 3",
      });
    },
  });

  Deno.test({
    name:
      `${recipe}: the client's close code and the server's stop go through it`,
    ignore,
    async fn(): Promise<void> {
      await using server = await serve(proxy, ["cat"], ["--drainms=0"]);
      await using front = await startFront(proxy, server);
      using leaving = await visit(front.port);
      using staying = await visit(front.port);
      await staying.send("here");
      assertEquals(await staying.message(), "here");
      await leaving.leave(4321, "bye");
      await server.logged(/ code:'4321' reason:'bye' .* \| DISCONNECT/);
      server.signal("SIGTERM");
      const { code, reason } = await staying.all();
      assertEquals({ code, reason }, { code: 1001, reason: "server stopping" });
    },
  });

  Deno.test({
    name:
      `${recipe}: the client's own address arrives, and not the one that it claims`,
    ignore: ignore || isMissing("socat") || Deno.build.os !== "linux",
    async fn(): Promise<void> {
      await using server = await serve(proxy, [
        "bash",
        "-c",
        'echo "$REMOTE_ADDR $SERVER_NAME $SERVER_PORT"; cat',
      ]);
      await using front = await startFront(proxy, server);
      // Elsewhere, as far as the proxy can see: 127.0.0.1 is a proxy that is believed.
      await using elsewhere = await Relay.start(front.port, "127.0.0.2");
      using client = await visit(elsewhere.port, {
        "X-Forwarded-For": "203.0.113.9",
      });
      assertEquals(await client.message(), "127.0.0.2 example.com 80");
      await server.logged(/ remote:'127\.0\.0\.2' .* \| CONNECT/);
    },
  });

  Deno.test({
    name: `${recipe}: pages of other sites are still refused, with the reason`,
    ignore,
    async fn(): Promise<void> {
      await using server = await serve(proxy, ["cat"]);
      await using front = await startFront(proxy, server);
      (await visit(front.port))[Symbol.dispose]();
      using client = await RawClient.connect(front.port);
      const { status, body } = await client.ask(
        [
          "GET / HTTP/1.1",
          "Host: example.com",
          "Origin: http://evil.example",
          "Upgrade: websocket",
          "Connection: Upgrade",
          "Sec-WebSocket-Version: 13",
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
          "",
          "",
        ].join("\r\n"),
      );
      assertEquals(status, 403);
      assertStringIncludes(body, "--origin=");
    },
  });

  Deno.test({
    name: `${recipe}: a client that says nothing stays, because it is pinged`,
    ignore,
    async fn(): Promise<void> {
      await using server = await serve(proxy, ["cat"], ["--pingms=300"]);
      await using front = await startFront(
        proxy,
        server,
        (text) => text.replace(/(timeout(?: tunnel)?) 60s/g, "$1 3s"),
      );
      using client = await visit(front.port);
      // Longer than the proxy waits; a read answers pings.
      const silent = client.message();
      await pause(4000);
      await client.send("still here");
      assertEquals(await silent, "still here");
    },
  });
}

for (const proxy of [NGINX, HAPROXY]) {
  Deno.test({
    name: `${proxy.recipe}: without pings, a client that says nothing is cut`,
    ignore: isMissing(proxy.program),
    async fn(): Promise<void> {
      await using server = await serve(proxy, ["cat"], ["--pingms=0"]);
      await using front = await startFront(
        proxy,
        server,
        (text) => text.replace(/(timeout(?: tunnel)?) 60s/g, "$1 1s"),
      );
      using client = await visit(front.port);
      assertEquals((await client.all()).code, 1006);
    },
  });
}

Deno.test({
  name:
    "recipes/haproxy.cfg: a server that stops keeps its session, and new clients go to the other",
  ignore: isMissing("haproxy") || isMissing("bash"),
  async fn(): Promise<void> {
    const program = (name: string) => ["bash", "-c", `echo ${name}; cat`];
    await using one = await serve(HAPROXY, program("one"));
    await using two = await serve(HAPROXY, program("two"));
    await using front = await Front.start(HAPROXY, (text) =>
      // So rarely that it is the answer to a client that tells.
      [
        ["127.0.0.1:8081", `127.0.0.1:${one.port}`],
        ["127.0.0.1:8082", `127.0.0.1:${two.port}`],
        ["check inter 2s", "check inter 600s"],
      ].reduce((text, [part, by]) => replaced(text, part, by), text));
    using first = await visit(front.port);
    using second = await visit(front.port);
    const names = [await first.message(), await second.message()];
    assertEquals(names.toSorted(), ["one", "two"]);
    const ofOne = names[0] === "one" ? first : second;

    one.signal("SIGTERM");
    await one.logged(/ \| Stopping/);
    for (let i = 0; i < 4; i++) {
      using next = await visit(front.port);
      assertEquals(await next.message(), "two");
    }
    await ofOne.send("still here");
    assertEquals(await ofOne.message(), "still here");
    assertEquals((await ofOne.leave()).code, 1000);
    assertEquals((await one.ended()).code, 0);
  },
});

Deno.test({
  name: "recipes/nginx.conf: the server can be behind a unix socket instead",
  ignore: isMissing("nginx") || isMissing("bash"),
  async fn(): Promise<void> {
    using scratch = new Scratch();
    const path = scratch.file("socket");
    await using _server = await startServer([
      `--unixsocket=${path}`,
      ...["--trustproxy=unix", "--host=example.com"],
      ...["bash", "-c", 'echo "$REMOTE_ADDR"; cat'],
    ]);
    await using front = await Front.start(
      NGINX,
      (text) => replaced(text, "127.0.0.1:8080", `unix:${path}`),
    );
    using client = await visit(front.port);
    assertEquals(await client.message(), "127.0.0.1");
    await client.send("hello");
    assertEquals(await client.message(), "hello");
  },
});

Deno.test({
  name:
    "recipes/nginx_auth.conf: who the sign-on knows is let in, by the name that it gives",
  ignore: isMissing("nginx") || isMissing("bash"),
  async fn(): Promise<void> {
    // In the place of a single sign-on: one cookie, one name.
    const signOn = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      ({ url, headers }) => {
        assertEquals(new URL(url).pathname, "/oauth2/auth");
        return headers.get("cookie") === "session=of-ada"
          ? new Response(null, { headers: { "X-Auth-Request-User": "ada" } })
          : new Response(null, { status: 401 });
      },
    );
    await using _ = {
      [Symbol.asyncDispose]: () => within(signOn.shutdown(), "the sign-on"),
    };
    await using server = await startExample(NGINX_AUTH.recipe);
    await using front = await startFront(
      NGINX_AUTH,
      server,
      (text) =>
        replaced(text, "127.0.0.1:4180", `127.0.0.1:${signOn.addr.port}`),
    );
    const open = (headers: Record<string, string>) =>
      RawClient.open(front.port, { headers: { ...FROM_SITE, ...headers } });

    using ada = await open({ Cookie: "session=of-ada", "X-User": "eve" });
    const { messages } = await ada.all();
    assert(messages.includes("REMOTE_USER=ada"), messages.join("\n"));

    const refusal = await open({ "X-User": "eve" }).catch(String);
    assertStringIncludes(String(refusal), "Cannot upgrade: HTTP/1.1 401");
  },
});

/** Passes connections on, from another address of this machine. */
class Relay implements AsyncDisposable {
  readonly port: number = freePort();
  readonly #child: Deno.ChildProcess;

  private constructor(to: number, from: string) {
    this.#child = new Deno.Command("socat", {
      args: [
        `TCP-LISTEN:${this.port},bind=127.0.0.1,fork,reuseaddr`,
        `TCP:127.0.0.1:${to},bind=${from}`,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  static async start(to: number, from: string): Promise<Relay> {
    const relay = new Relay(to, from);
    await eventually(() => isListening(relay.port), "socat to listen");
    return relay;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
  }
}
