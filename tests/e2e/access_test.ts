/** Who may connect: pages by Origin, names by Host, and how a refusal says what would allow it. */
import { assertEquals, assertMatch } from "@std/assert";
import type { ServeOptions } from "../../lib/mod.ts";
import { executable } from "../helpers/executable.ts";
import { LACKS_IPV6 } from "../helpers/machine.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { type Answer, handshake, RawClient } from "../helpers/raw_client.ts";
import { startServer } from "../helpers/server.ts";

/** Connects from a page, to a name; `:PORT` stands for the server's own port. */
async function visit(
  port: number,
  { origin, host = "localhost:PORT", hostname }: {
    origin?: string;
    host?: string;
    hostname?: string;
  },
): Promise<Answer> {
  const withPort = (text: string) => text.replace(":PORT", `:${port}`);
  using client = await RawClient.connect(port, hostname);
  return await client.ask(handshake(port, {
    headers: {
      Host: withPort(host),
      Origin: origin === undefined ? null : withPort(origin),
    },
  }));
}

/** Serves `cat`, connects once, and checks status, and that body and event say the same. */
async function check(
  options: Partial<ServeOptions>,
  visitor: Parameters<typeof visit>[1],
  status: number,
  advice = "",
): Promise<void> {
  await using server = await ProgramServer.start({
    command: "cat",
    ...options,
  });
  const answer = await visit(server.port, visitor);
  assertEquals(answer.status, status, answer.body);
  if (status === 101) return assertEquals(server.of("session.refused"), []);
  const refused = await server.next("session.refused");
  assertEquals([refused.status, refused.reason], [
    403,
    visitor.origin === undefined && !options.sameOrigin ? "host" : "origin",
  ]);
  assertEquals(answer.body, `${refused.message}\n`);
  const expected = advice.replaceAll(":PORT", `:${server.port}`);
  assertEquals(refused.message.slice(-expected.length), expected);
  assertEquals(server.of("session.opened"), []);
}

// The whole table of origins is in tests/http/origin_test.ts; here is what goes over the wire.
for (
  const [what, options, origin, status, advice] of [
    ["a client that is no browser", {}, undefined, 101],
    ["a page of the server itself", {}, "http://localhost:PORT", 101],
    [
      "a page of the server itself, in upper case",
      {},
      "HTTP://LOCALHOST:PORT",
      101,
    ],
    [
      "a page of another port",
      {},
      "http://localhost:1",
      403,
      "add --origin=http://localhost:1",
    ],
    [
      "a page of another name for this machine",
      {},
      "http://127.0.0.1:PORT",
      403,
      "add --origin=http://127.0.0.1:PORT",
    ],
    [
      "a page of somebody else",
      {},
      "https://evil.example",
      403,
      "add --origin=https://evil.example",
    ],
    [
      "a page with the server's name as user",
      {},
      "http://localhost:PORT@evil",
      403,
      "only --origin='*' admits such",
    ],
    [
      "a page with the server's name as path",
      {},
      "http://evil/localhost:PORT",
      403,
      "only --origin='*' admits such",
    ],
    [
      "a page opened from disk",
      {},
      "null",
      403,
      "add --origin=null for pages opened from disk",
    ],
    [
      "a page opened from disk by its own name",
      {},
      "file://",
      403,
      "add --origin=null for pages opened from disk",
    ],
    ["garbage in letters", {}, "foo", 403, "only --origin='*' admits such"],
    ["an empty Origin", {}, "", 403, "only --origin='*' admits such"],
    [
      "a listed page",
      { origin: ["https://app.example"] },
      "https://app.example",
      101,
    ],
    [
      "a listed page by http",
      { origin: ["https://app.example"] },
      "http://app.example",
      403,
      "add --origin=http://app.example",
    ],
    [
      "the server's own page besides a list",
      { origin: ["https://app.example"] },
      "http://localhost:PORT",
      101,
    ],
    ["a page opened from disk, listed", { origin: ["null"] }, "file://", 101],
    ["anybody, all listed", { origin: ["*"] }, "foo", 101],
    [
      "no browser, with --sameorigin",
      { sameOrigin: true },
      undefined,
      403,
      "leave the flag out for clients that are not browsers",
    ],
    [
      "a page of the server, with --sameorigin",
      { sameOrigin: true },
      "http://localhost:PORT",
      101,
    ],
    [
      "a page of somebody else, with --sameorigin and --origin=*",
      { sameOrigin: true, origin: ["*"] },
      "http://evil",
      403,
      "leave --sameorigin out, or open the page from this server",
    ],
  ] as [string, Partial<ServeOptions>, string | undefined, number, string?][]
) {
  Deno.test(`Origin ${origin ?? "(none)"}: ${what} is answered with ${status}${advice ? `: ${advice}` : ""}`, () =>
    check(options, { origin }, status, advice));
}

for (
  const [origin, host] of [
    ["https://app.example", "app.example"],
    ["https://app.example:443", "app.example"],
    ["http://app.example", "app.example:80"],
    ["https://app.example:8443", "app.example:8443"],
  ]
) {
  Deno.test(`a page of ${origin} is of the same origin as ${host}, also behind a proxy that ends TLS`, () =>
    check({ host: ["app.example"] }, { origin, host }, 101));
}

for (
  const [host, hostname] of [
    ["localhost", "127.0.0.1"],
    ["localhost:PORT", "127.0.0.1"],
    ["LOCALHOST.:PORT", "127.0.0.1"],
    ["sub.localhost:PORT", "127.0.0.1"],
    ["127.0.0.1:PORT", "127.0.0.1"],
    ["[::1]:PORT", "127.0.0.1"],
    ["192.168.1.7:PORT", "127.0.0.1"],
  ]
) {
  Deno.test(`Host ${host} is answered to without flags`, () =>
    check({}, { host, hostname }, 101));
}

for (
  const [host, options, status, advice] of [
    ["evil.example:PORT", {}, 403, "add --host=evil.example"],
    ["localhost.evil.example", {}, 403, "add --host=localhost.evil.example"],
    ["app.example", { host: ["app.example"] }, 101],
    ["APP.example.:PORT", { host: ["app.example"] }, 101],
    [
      "sub.app.example",
      { host: ["app.example"] },
      403,
      "add --host=sub.app.example",
    ],
    ["evil.example", { host: ["*"] }, 101],
    // An Origin that is allowed does not make a name allowed.
    ["evil.example", { origin: ["*"] }, 403, "add --host=evil.example"],
  ] as [string, Partial<ServeOptions>, number, string?][]
) {
  Deno.test(`Host ${host} with ${JSON.stringify(options)} is answered with ${status}${advice ? `: ${advice}` : ""}`, () =>
    check(options, { host }, status, advice));
}

Deno.test("a page that pointed its own name at this machine is refused, though it is of the same origin (DNS rebinding)", async () => {
  await using server = await ProgramServer.start({ command: "cat" });
  const answer = await visit(server.port, {
    origin: "http://evil.example:PORT",
    host: "evil.example:PORT",
  });
  assertEquals(answer.status, 403);
  assertEquals(
    answer.body,
    'Host "evil.example" is not this server\'s: add --host=evil.example\n',
  );
  assertEquals((await server.next("session.refused")).reason, "host");
});

Deno.test("a server answers to the names and addresses it listens on", async () => {
  await check({ address: ["localhost"] }, { host: "localhost:PORT" }, 101);
  await check({ address: ["127.0.0.1"] }, { host: "127.0.0.1:PORT" }, 101);
  await check({ address: ["0.0.0.0"] }, { host: "10.1.2.3:PORT" }, 101);
  await check(
    { address: ["0.0.0.0"] },
    { host: "box.lan:PORT" },
    403,
    "add --host=box.lan",
  );
});

Deno.test({
  name:
    "a server answers to the IPv6 address it listens on, written with or without brackets",
  ignore: LACKS_IPV6,
  async fn(): Promise<void> {
    for (const address of ["[::1]", "::1"]) {
      await check({ address: [address] }, {
        host: "[::1]:PORT",
        hostname: "::1",
      }, 101);
    }
  },
});

Deno.test("a server answers to its machine's name when it listens on it", async () => {
  const name = Deno.hostname();
  let server: ProgramServer;
  try {
    server = await ProgramServer.start({ command: "cat", address: [name] });
  } catch {
    return; // The machine's name leads nowhere, as in some containers.
  }
  await using _ = server;
  const { hostname } = server.of("server.listening")[0];
  assertEquals(
    (await visit(server.port, { host: `${name}:PORT`, hostname })).status,
    101,
  );
});

Deno.test("main.ts refuses in its log with the words that the client gets, and goes on", async () => {
  await using server = await startServer(["cat"]);
  for (
    const [visitor, sentence] of [
      [
        { origin: "http://evil.example" },
        'Origin "http://evil.example" is not allowed: add --origin=http://evil.example',
      ],
      [
        { host: "evil.example" },
        'Host "evil.example" is not this server\'s: add --host=evil.example',
      ],
    ] as const
  ) {
    const answer = await visit(server.port, visitor);
    assertEquals([answer.status, answer.body], [403, `${sentence}\n`]);
    const quoted = sentence.replace(/[.*]/g, "\\$&");
    await server.logged(
      new RegExp(
        `\\| ACCESS \\| session    \\| url:'.*' remote:'127\\.0\\.0\\.1' .*status:'403' \\| ${quoted}\\n`,
      ),
    );
  }
  assertEquals((await visit(server.port, {})).status, 101);
});

Deno.test("main.ts takes lists with spaces and a comma too many: nobody more gets in", async () => {
  await using server = await startServer([
    "--origin=https://a.example, b.example,",
    "--host= c.example ,",
    "cat",
  ]);
  const status = async (visitor: Parameters<typeof visit>[1]) =>
    (await visit(server.port, visitor)).status;
  assertEquals(await status({ origin: "https://a.example" }), 101);
  assertEquals(await status({ origin: "http://b.example:81" }), 101);
  assertEquals(await status({ origin: "http://a.example" }), 403);
  assertEquals(await status({ origin: "http://evil" }), 403);
  assertEquals(await status({ origin: "" }), 403);
  assertEquals(await status({ host: "c.example" }), 101);
  assertEquals(await status({ host: "d.example" }), 403);
});

Deno.test("main.ts with --compat admits every Origin and Host, as the original does", async () => {
  await using server = await startServer(["--compat", "cat"]);
  for (
    const visitor of [{}, { origin: "http://evil" }, { origin: "null" }, {
      origin: "foo",
    }, { host: "evil.example" }]
  ) {
    assertEquals(
      (await visit(server.port, visitor)).status,
      101,
      JSON.stringify(visitor),
    );
  }
});

Deno.test("main.ts with --compat and --sameorigin admits pages of the server only, as the original does", async () => {
  await using server = await startServer(["--compat", "--sameorigin", "cat"]);
  assertEquals((await visit(server.port, {})).status, 403);
  assertEquals(
    (await visit(server.port, { origin: "http://evil" })).status,
    403,
  );
  assertEquals(
    (await visit(server.port, {
      host: "box.lan:PORT",
      origin: "http://box.lan:PORT",
    })).status,
    101,
  );
});

Deno.test("main.ts with --compat and --origin admits what is listed only, as the original does", async () => {
  await using server = await startServer([
    "--compat",
    "--origin=a.example",
    "cat",
  ]);
  const status = async (visitor: Parameters<typeof visit>[1]) =>
    (await visit(server.port, visitor)).status;
  assertEquals(await status({ origin: "http://a.example" }), 101);
  assertEquals(await status({ origin: "http://b.example" }), 403);
  assertEquals(await status({}), 403);
  assertEquals(await status({ origin: "null" }), 403);
  assertEquals(
    await status({ host: "box.lan:PORT", origin: "http://box.lan:PORT" }),
    403,
  );
});

Deno.test("main.ts with an --origin that can match nothing says so and does not start", async () => {
  for (const origin of ["*.example.com", "http://", "a b"]) {
    const { code, stderr } = await executable(
      ["--port=0", `--origin=${origin}`, "cat"],
      { env: { NO_COLOR: "1" } },
    ).output();
    assertEquals(code, 1);
    assertMatch(
      new TextDecoder().decode(stderr),
      /^Cannot use ".*" for origin \(--origin\): write a list of example\.com, example\.com:8080, https:\/\/example\.com, null or \*\n$/,
    );
  }
});
