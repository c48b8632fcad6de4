import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { OptionError } from "../../lib/errors.ts";
import { within } from "../helpers/deadline.ts";
import { Scratch } from "../helpers/scratch.ts";
import { answer, Auth, basic, VISITOR } from "./auth_attempt.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const WEBSOCKET = { upgrade: "websocket", connection: "Upgrade" };

/** An authenticator with a file of tokens. */
function withTokens(scratch: Scratch, ...lines: readonly string[]): Auth {
  const path = scratch.file("tokens");
  Deno.writeTextFileSync(path, lines.join("\n") + "\n", { mode: 0o600 });
  return new Auth(`token:${path}`);
}

/** An authenticator with one token, which is {@linkcode TOKEN}. */
function withToken(scratch: Scratch): Auth {
  return withTokens(scratch, TOKEN);
}

/** The random token of an authenticator. */
function tokenOf({ authenticator }: Auth): string {
  const link = authenticator.link("http://localhost:8080/");
  return new URL(link!).searchParams.get("token")!;
}

Deno.test("token: a random one of 128 bits, in a link, another for each server", async () => {
  await using one = new Auth("token");
  await using other = new Auth("token");
  const link = one.authenticator.link("http://localhost:8080/");
  assertMatch(link!, /^http:\/\/localhost:8080\/\?token=[0-9a-f]{32}$/);
  assertEquals(one.authenticator.link("http://localhost:8080/"), link);
  assertEquals(
    one.authenticator.link("https://[::1]:8443/a?b=c"),
    `https://[::1]:8443/a?b=c&token=${tokenOf(one)}`,
  );
  assert(tokenOf(one) !== tokenOf(other));
  assertEquals(
    await one.ask({ authorization: `Bearer ${tokenOf(one)}` }),
    { user: "token", authType: "Bearer" },
  );
  assertEquals(
    await one.user({ authorization: `Bearer ${tokenOf(other)}` }),
    401,
  );
});

Deno.test("token: there is a link only for a random one", async () => {
  using scratch = new Scratch();
  await using file = withToken(scratch);
  assertEquals(file.authenticator.link("http://localhost/"), null);
  await using both = new Auth(`token:${scratch.file("tokens")}`, "token");
  assert(both.authenticator.link("http://localhost/") !== null);
  for (const token of [TOKEN, tokenOf(both)]) {
    assertEquals(
      await both.user({ authorization: `Bearer ${token}` }),
      "token",
    );
  }
});

for (
  const [what, headers, target] of [
    ["Authorization", { authorization: `Bearer ${TOKEN}` }, "/"],
    [
      "Authorization in another case",
      { authorization: `bEARER  ${TOKEN}` },
      "/",
    ],
    ["the cookie", { cookie: `websocketd_token_8080=${TOKEN}` }, "/"],
    ["the cookie among others", {
      cookie: `a=b; websocketd_token_8080=${TOKEN} ; c=d`,
    }, "/"],
    ["the second of two cookies", {
      cookie: `websocketd_token_8080=no; websocketd_token_8080=${TOKEN}`,
    }, "/"],
    ["a subprotocol", {
      ...WEBSOCKET,
      "sec-websocket-protocol": `bearer.${TOKEN}`,
    }, "/"],
    ["a subprotocol among others", {
      ...WEBSOCKET,
      "sec-websocket-protocol": `chat,bearer.${TOKEN}, x`,
    }, "/"],
    ["the URL of a WebSocket", WEBSOCKET, `/?a=b&token=${TOKEN}`],
    [
      "the URL of a WebSocket, encoded",
      WEBSOCKET,
      `/?%74oken=%30${TOKEN.slice(1)}`,
    ],
    [
      "the URL of a WebSocket, behind another",
      WEBSOCKET,
      `/?token=no&token=${TOKEN}`,
    ],
    ["a header, with an old one in the URL", {
      authorization: `Bearer ${TOKEN}`,
    }, "/?token=old"],
  ] as readonly [string, Record<string, string>, string][]
) {
  Deno.test(`token: admitted by ${what}`, async () => {
    using scratch = new Scratch();
    await using auth = withToken(scratch);
    assertEquals(await auth.ask(headers, { target }), {
      user: "token",
      authType: "Bearer",
    });
    const seen = JSON.stringify(auth.clean(headers, { target }));
    assert(!seen.includes(TOKEN.slice(1)), seen);
  });
}

for (
  const [what, headers, target] of [
    ["nothing", {}, "/"],
    ["a wrong token", { authorization: `Bearer ${TOKEN}0` }, "/"],
    ["the beginning of a token", {
      authorization: `Bearer ${TOKEN.slice(0, -1)}`,
    }, "/"],
    ["an empty token", { authorization: "Bearer " }, "/"],
    ["no scheme", { authorization: TOKEN }, "/"],
    ["Basic", { authorization: `Basic ${TOKEN}` }, "/"],
    ["the token as a password", basic("token", TOKEN), "/"],
    ["the cookie of another port", {
      cookie: `websocketd_token_8081=${TOKEN}`,
    }, "/"],
    ["the cookie of no port", { cookie: `websocketd_token=${TOKEN}` }, "/"],
    ["a cookie that cannot be decoded", {
      cookie: "websocketd_token_8080=%zz",
    }, "/"],
    ["a cookie without a value", { cookie: "websocketd_token_8080" }, "/"],
    ["a subprotocol in another case", {
      "sec-websocket-protocol": `Bearer.${TOKEN}`,
    }, "/"],
    ["an empty subprotocol", { "sec-websocket-protocol": "bearer." }, "/"],
    ["another parameter", {}, `/?tokens=${TOKEN}`],
    ["a parameter in another case", {}, `/?Token=${TOKEN}`],
    ["the path", {}, `/token=${TOKEN}`],
    ["a wrong token in the URL", {}, "/?token=1"],
    ["a ninth token", {
      "sec-websocket-protocol": `${"bearer.no,".repeat(8)}bearer.${TOKEN}`,
    }, "/"],
    ["a hundred thousand tokens", {
      cookie: "websocketd_token_8080=no;".repeat(100_000),
    }, `/?${"token=no&".repeat(100_000)}`],
  ] as readonly [string, Record<string, string>, string][]
) {
  Deno.test(`token: ${what} is 401, with a challenge and a sentence`, async () => {
    using scratch = new Scratch();
    await using auth = withToken(scratch);
    const result = await auth.ask(headers, { target });
    assertEquals(result, {
      status: 401,
      reason: "auth",
      message:
        'This server asks for a token: send "Authorization: Bearer TOKEN", the subprotocol bearer.TOKEN or ?token=TOKEN',
      headers: [["www-authenticate", 'Bearer realm="websocketd"']],
    });
  });
}

Deno.test("token: an eighth is looked at", async () => {
  using scratch = new Scratch();
  await using auth = withToken(scratch);
  assertEquals(
    await auth.user({
      "sec-websocket-protocol": `${"bearer.no,".repeat(7)}bearer.${TOKEN}`,
    }),
    "token",
  );
});

Deno.test("token: who has none is told of the link", async () => {
  await using auth = new Auth("token");
  const refusal = await auth.ask({});
  assert("message" in refusal);
  assertEquals(
    refusal.message,
    'This server asks for a token, which it printed when it started: open the link with it, or send "Authorization: Bearer TOKEN", the subprotocol bearer.TOKEN or ?token=TOKEN',
  );
});

for (
  const [target, location] of [
    [`/?token=${TOKEN}`, "/"],
    [`/a/b%20c;d?x=%2F&token=${TOKEN}&y&x=1`, "/a/b%20c;d?x=%2F&y&x=1"],
    [`/a?token=old&token=${TOKEN}&t=1`, "/a?t=1"],
    [`/a?%74oken=${TOKEN}`, "/a"],
    [`?token=${TOKEN}`, "/"],
    [`/?next=//evil.example/&token=${TOKEN}`, "/?next=//evil.example/"],
    [`//evil.example/?token=${TOKEN}`, "/evil.example/"],
    [`///evil.example/a//b?token=${TOKEN}`, "/evil.example/a//b"],
    [`/\\evil.example/?token=${TOKEN}`, "/evil.example/"],
    [`/\t/evil.example/?token=${TOKEN}`, "/evil.example/"],
    [`/%09/evil.example/?token=${TOKEN}`, "/%09/evil.example/"],
    [`/https://evil.example/?token=${TOKEN}`, "/https://evil.example/"],
  ]
) {
  Deno.test(`token: a browser at ${JSON.stringify(target.replace(TOKEN, "…"))} is sent to ${location} with a cookie`, async () => {
    using scratch = new Scratch();
    await using auth = withToken(scratch);
    for (const method of ["GET", "HEAD"]) {
      const response = await auth.ask({}, { target, method });
      assert(response instanceof Response);
      assertEquals(response.status, 303);
      assertEquals(response.headers.get("location"), location);
      assertEquals(
        new URL(location, "http://localhost:8080/").origin,
        "http://localhost:8080",
      );
      assertEquals(response.headers.getSetCookie(), [
        `websocketd_token_8080=${TOKEN}; Path=/; HttpOnly; SameSite=Strict`,
      ]);
      assertEquals(response.headers.get("cache-control"), "no-store");
      assertEquals(response.headers.get("referrer-policy"), "no-referrer");
      assert(!(await response.text()).includes(TOKEN));
    }
    const seen = JSON.stringify(auth.clean({}, { target }));
    assert(!seen.includes(TOKEN), seen);
  });
}

Deno.test("token: the cookie that a browser was sent admits it", async () => {
  using scratch = new Scratch();
  // What stands in a token must survive the cookie.
  const token = "a=b;c,d%25\"e'f+/~";
  await using auth = withTokens(scratch, token);
  for (
    const [host, isSecure, name, attributes] of [
      ["localhost:9090", false, "websocketd_token_9090", ""],
      ["[::1]:9090", false, "websocketd_token_9090", ""],
      ["example.com", true, "websocketd_token", "; Secure"],
    ] as const
  ) {
    const response = await auth.ask({ host }, {
      target: `/?token=${encodeURIComponent(token)}`,
      visitor: { isSecure },
    });
    assert(response instanceof Response);
    const [cookie] = response.headers.getSetCookie();
    const [pair, ...rest] = cookie.split("; ");
    assertEquals(pair.split("=")[0], name);
    assertEquals(
      `; ${rest.join("; ")}`,
      `; Path=/; HttpOnly; SameSite=Strict${attributes}`,
    );
    assertEquals(await auth.user({ host, cookie: pair }), "token");
  }
});

Deno.test("token: over HTTP/2, which has no Host, the cookie has the port of the URL in its name", async () => {
  using scratch = new Scratch();
  await using auth = withToken(scratch);
  const request = {
    method: "GET",
    url: `https://localhost:8443/?token=${TOKEN}`,
    headers: new Headers(),
  };
  const response = await auth.authenticator.authenticate(
    request,
    { ...VISITOR, isSecure: true },
    () => ({}),
  );
  assert(response instanceof Response);
  const [cookie] = response.headers.getSetCookie();
  assertEquals(
    cookie,
    `websocketd_token_8443=${TOKEN}; Path=/; HttpOnly; SameSite=Strict; Secure`,
  );
});

Deno.test("token: in the URL of a request that is no page, it admits without a redirect", async () => {
  using scratch = new Scratch();
  await using auth = withToken(scratch);
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    const options = { method, target: `/?token=${TOKEN}` };
    assertEquals(await auth.user({}, options), "token");
  }
});

Deno.test("token: programs and logs see neither token, cookie nor subprotocol of ours, and all the rest as it was sent", async () => {
  using scratch = new Scratch();
  await using auth = withToken(scratch);
  assertEquals(
    auth.clean({
      authorization: "Bearer anything",
      cookie:
        `a="b;c";websocketd_token_8080=${TOKEN};websocketd_token=x; websocketd_token_1=y; xwebsocketd_token=z; websocketd_tokens=1`,
      "sec-websocket-protocol": `chat,  bearer.${TOKEN},v2,bearer.x`,
      "x-other": "1",
    }, { target: "/a%20b?x=%2f&token=1&&y=+&token&TOKEN=2&%74%6Fken=3&z" }),
    {
      target: "/a%20b?x=%2f&&y=+&TOKEN=2&z",
      headers: {
        cookie: 'a="b; c"; xwebsocketd_token=z; websocketd_tokens=1',
        host: "localhost:8080",
        "sec-websocket-protocol": "chat, v2",
        "x-other": "1",
      },
    },
  );
  assertEquals(
    auth.clean({
      cookie: `websocketd_token_8080=${TOKEN}`,
      "sec-websocket-protocol": "bearer.x",
    }, { target: "/?token=1" }),
    { target: "/", headers: { host: "localhost:8080" } },
  );
});

Deno.test("token: a client that offers only a token as subprotocol gets it back, as browsers insist", async () => {
  using scratch = new Scratch();
  await using auth = withToken(scratch);
  for (
    const [offered, expected] of [
      [`bearer.${TOKEN}`, `bearer.${TOKEN}`],
      [`chat, bearer.${TOKEN}`, `bearer.${TOKEN}`],
      ["chat", null],
      [null, null],
    ]
  ) {
    const headers = new Headers();
    if (offered !== null) headers.set("sec-websocket-protocol", offered);
    assertEquals(auth.authenticator.fallbackProtocol(headers), expected);
  }
});

Deno.test("token: a server that asks nobody leaves requests alone", async () => {
  await using auth = new Auth();
  const request = new Request("http://localhost/?token=1", {
    headers: { authorization: "Bearer x", cookie: "websocketd_token=1" },
  });
  assert(auth.authenticator.clean(request, VISITOR) === request);
  assertEquals(await auth.ask({}), { user: "", authType: "" });
  assertEquals(
    auth.authenticator.fallbackProtocol(
      new Headers({ "sec-websocket-protocol": "bearer.x" }),
    ),
    null,
  );
});

Deno.test("token: a file has a token in each line, and a user in front if there are two words", async () => {
  using scratch = new Scratch();
  await using auth = withTokens(
    scratch,
    "# of the team",
    "",
    "ada\t" + TOKEN,
    "  zoë   " + TOKEN.toUpperCase() + "  \r",
    TOKEN + "#no-comment",
  );
  const user = (token: string) =>
    auth.user({ authorization: `Bearer ${token}` });
  assertEquals(await user(TOKEN), "ada");
  assertEquals(await user(TOKEN.toUpperCase()), "zoë");
  assertEquals(await user(TOKEN + "#no-comment"), "token");
  for (const no of ["ada", "#", "# of the team", `ada ${TOKEN}`, ""]) {
    assertEquals(await user(no), 401);
  }
  assertEquals(auth.problems, []);
});

for (
  const [what, lines, sentence] of [
    [
      "no token",
      ["# none"],
      "it has no tokens: openssl rand -hex 16 makes one",
    ],
    ["three words", [TOKEN, `ada b ${TOKEN}`], "line 2 is neither"],
    ["a token with letters beyond ASCII", [`${TOKEN}ä`], "line 1 is neither"],
    ["a token with a NUL", [`${TOKEN}\0`], "line 1 is neither"],
    ["a user with a control character", [`a\x1b[1m ${TOKEN}`], "line 1 is"],
  ] as const
) {
  Deno.test(`token: a file with ${what} is an error at the start that names the line`, () => {
    using scratch = new Scratch();
    const error = assertThrows(
      () => withTokens(scratch, ...lines),
      OptionError,
      `Cannot use "${scratch.file("tokens")}" for --auth=token: ${sentence}`,
    );
    assert(!error.message.includes(TOKEN.slice(0, 8)));
  });
}

Deno.test("token: one of fewer than 16 characters is reported, with its line and without itself", async () => {
  using scratch = new Scratch();
  await using auth = withTokens(
    scratch,
    TOKEN.slice(0, 16),
    TOKEN.slice(0, 15),
  );
  assertEquals(auth.problems, [
    `The token in line 2 of "${
      scratch.file("tokens")
    }" (--auth=token) is so short that it can be guessed: openssl rand -hex 16 makes a better one`,
  ]);
  assertEquals(
    await auth.user({ authorization: `Bearer ${TOKEN.slice(0, 15)}` }),
    "token",
  );
});

for (
  const [mode, can] of [
    [0o600, null],
    [0o660, null],
    [0o644, "read"],
    [0o602, "change"],
    [0o666, "change"],
  ] as const
) {
  Deno.test(`token: a file with permissions ${mode.toString(8)} is ${can === null ? "fine" : `reported: every user can ${can} it`}`, async () => {
    using scratch = new Scratch();
    const path = scratch.file("tokens");
    await Deno.writeTextFile(path, TOKEN);
    await Deno.chmod(path, mode);
    await using auth = new Auth(`token:${path}`);
    assertEquals(
      auth.problems,
      can === null ? [] : [
        `Every user of this machine can ${can} "${path}" (--auth=token): chmod o-rw "${path}"`,
      ],
    );
  });
}

Deno.test("token: the file counts as it is now", async () => {
  using scratch = new Scratch();
  await using auth = withToken(scratch);
  const path = scratch.file("tokens");
  const old = { authorization: `Bearer ${TOKEN}` };
  const next = { authorization: `Bearer ${TOKEN}2` };
  assertEquals([await auth.user(old), await auth.user(next)], ["token", 401]);
  await Deno.writeTextFile(path, `ada ${TOKEN}2\n`);
  assertEquals([await auth.user(old), await auth.user(next)], [401, "ada"]);
  await Deno.writeTextFile(path, "");
  assertEquals([await auth.user(old), await auth.user(next)], [401, "ada"]);
  assertEquals(auth.problems, [
    `Cannot use the new "${path}" for --auth=token: it has no tokens: openssl rand -hex 16 makes one; what was in it before still counts`,
  ]);
});

Deno.test("token: a pipe in the place of the file holds nobody up, and is reported", async () => {
  using scratch = new Scratch();
  await using auth = withToken(scratch);
  const path = scratch.file("tokens");
  await Deno.remove(path);
  // Nobody writes to it: who opens it to read waits for ever.
  await new Deno.Command("mkfifo", { args: [path] }).output();
  assertEquals(await auth.user({ authorization: `Bearer ${TOKEN}` }), "token");
  assertEquals(auth.problems, [
    `Cannot use the new "${path}" for --auth=token: it is not a file; what was in it before still counts`,
  ]);
});

Deno.test("token: over a connection, no path leads a browser elsewhere, and nothing of the token is left behind the redirect", async () => {
  using scratch = new Scratch();
  await using auth = withToken(scratch);
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen(): void {} },
    (request) => answer(auth, request),
  );
  const { port } = server.addr;
  for (
    const [target, expected] of [
      [`//evil.example/?token=${TOKEN}&a=b`, "/evil.example/?a=b"],
      [`/\\evil.example/?token=${TOKEN}`, "/evil.example/"],
      [`http://evil.example/x?token=${TOKEN}`, "/x"],
    ]
  ) {
    const [head] = (await rawGet(port, target)).split("\r\n\r\n");
    assertMatch(head, /^HTTP\/1\.1 303 /);
    assertEquals(/^location: (.*)$/im.exec(head)?.[1], expected);
  }

  const first = await fetch(
    `http://127.0.0.1:${port}/page?token=${TOKEN}&a=b`,
    { redirect: "manual" },
  );
  await first.body?.cancel();
  const [cookie] = first.headers.getSetCookie()[0].split(";");
  assertEquals(cookie, `websocketd_token_${port}=${TOKEN}`);
  const location = first.headers.get("location")!;
  const second = await fetch(new URL(location, first.url), {
    headers: { cookie: `${cookie}; b=c` },
  });
  const text = await second.text();
  assert(!text.includes(TOKEN), text);
  const seen = JSON.parse(text);
  assertEquals([seen.user, seen.authType, seen.headers.cookie, seen.url], [
    "token",
    "Bearer",
    "b=c",
    `http://127.0.0.1:${port}/page?a=b`,
  ]);
  const none = await fetch(new URL(location, first.url));
  assertEquals(none.status, 401);
  assertEquals(
    none.headers.get("www-authenticate"),
    'Bearer realm="websocketd"',
  );
  assertMatch(await none.text(), /^This server asks for a token: .*\n$/);
});

/** The answer to a request with a target that no client library would send. */
async function rawGet(port: number, target: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(
    `GET ${target} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`,
  ));
  const buffer = new Uint8Array(65536);
  const length = await within(connection.read(buffer), "an answer");
  return new TextDecoder().decode(buffer.subarray(0, length ?? 0));
}
