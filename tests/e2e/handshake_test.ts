/** The opening handshake, on the wire: what is let in, what is refused and how. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ProgramServer } from "../helpers/program_server.ts";
import {
  ACCEPT,
  type Answer,
  handshake,
  RawClient,
  type UpgradeOptions,
} from "../helpers/raw_client.ts";

/** Asks a server once, on a connection of its own. */
async function ask(
  server: ProgramServer,
  options: UpgradeOptions | string = {},
): Promise<Answer> {
  using client = await RawClient.connect(server.port);
  return await client.ask(
    typeof options === "string" ? options : handshake(server.port, options),
  );
}

/** The headers of a 101, sorted, without the date that the runtime adds to every answer. */
function headersOf(answer: Answer): string[] {
  return answer.headers.filter(([name]) => name !== "date")
    .map(([name, value]) => `${name}: ${value}`).sort();
}

const SWITCHED = [
  "connection: Upgrade",
  `sec-websocket-accept: ${ACCEPT}`,
  "upgrade: websocket",
];

Deno.test("a handshake is answered with 101 and the headers of RFC 6455 §4.2.2, nothing else", async () => {
  await using server = await ProgramServer.start({ command: "cat" });
  const answer = await ask(server);
  assertEquals(answer.line, "HTTP/1.1 101 Switching Protocols");
  assertEquals(headersOf(answer), SWITCHED);
});

for (
  const [what, headers] of [
    ["Upgrade: WebSocket", { Upgrade: "WebSocket" }],
    ["Upgrade: WEBSOCKET", { Upgrade: "WEBSOCKET" }],
    ["Upgrade: foo, websocket", { Upgrade: "foo, websocket" }],
    ["two Upgrade headers", { Upgrade: ["foo", "websocket"] }],
    ["Connection: upgrade", { Connection: "upgrade" }],
    ["Connection: keep-alive, Upgrade", { Connection: "keep-alive, Upgrade" }],
    ["Connection: keep-alive,UPGRADE", { Connection: "keep-alive,UPGRADE" }],
    ["two Connection headers", { Connection: ["keep-alive", "Upgrade"] }],
    ["no subprotocol offered", { "Sec-WebSocket-Protocol": "" }],
    ["a subprotocol the server does not speak", {
      "Sec-WebSocket-Protocol": "chat",
    }],
    ["permessage-deflate, which is not taken up", {
      "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
    }],
    ["an extension nobody knows", {
      "Sec-WebSocket-Extensions": "x-unknown; a=1",
    }],
    ["header names in upper case", { Upgrade: null, "UPGRADE": "websocket" }],
  ] as [string, NonNullable<UpgradeOptions["headers"]>][]
) {
  Deno.test(`a handshake with ${what} is a plain 101`, async () => {
    await using server = await ProgramServer.start({ command: "cat" });
    const answer = await ask(server, { headers });
    assertEquals(answer.status, 101);
    assertEquals(headersOf(answer), SWITCHED);
  });
}

for (
  const [what, headers, status, sentence] of [
    [
      "no Connection",
      { Connection: null },
      400,
      'A WebSocket handshake needs the header "Connection: Upgrade" (a proxy in between may remove it)',
    ],
    [
      "Connection: keep-alive",
      { Connection: "keep-alive" },
      400,
      'A WebSocket handshake needs the header "Connection: Upgrade" (a proxy in between may remove it)',
    ],
    [
      "Connection: upgraded",
      { Connection: "upgraded" },
      400,
      'A WebSocket handshake needs the header "Connection: Upgrade" (a proxy in between may remove it)',
    ],
    [
      "no version",
      { "Sec-WebSocket-Version": null },
      426,
      'A WebSocket handshake needs the header "Sec-WebSocket-Version: 13"',
    ],
    [
      "version 8",
      { "Sec-WebSocket-Version": "8" },
      426,
      'This server speaks WebSocket version 13, not "8"',
    ],
    [
      "version 013",
      { "Sec-WebSocket-Version": "013" },
      426,
      'This server speaks WebSocket version 13, not "013"',
    ],
    [
      "versions 13 and 8",
      { "Sec-WebSocket-Version": ["13", "8"] },
      426,
      'This server speaks WebSocket version 13, not "13, 8"',
    ],
    ...([
      ["no key", null],
      ["a blank key", ""],
      ["the key abc", "abc"],
      ["a key of 15 bytes", "MTIzNDU2Nzg5MDEyMzQ1"],
      ["a key of 17 bytes", "MTIzNDU2Nzg5MDEyMzQ1Njc="],
      ["a key without padding", "dGhlIHNhbXBsZSBub25jZQ"],
      ["a key that is not base64", "dGhlIHNhbXBsZSBub25jZ*=="],
      ["two keys", ["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="]],
    ] as const).map(([what, key]) =>
      [
        what,
        { "Sec-WebSocket-Key": key },
        400,
        'A WebSocket handshake needs a "Sec-WebSocket-Key" of 16 bytes in base64',
      ] as const
    ),
    [
      "no Host",
      { Host: null },
      400,
      'A request needs the header "Host"',
    ],
    ["an empty Host", { Host: "" }, 400, 'Host "" is not a host'],
    ["Host: a:b:c", { Host: "a:b:c" }, 400, 'Host "a:b:c" is not a host'],
    [
      "Host: localhost@evil",
      { Host: "localhost@evil" },
      400,
      'Host "localhost@evil" is not a host',
    ],
  ] as [string, NonNullable<UpgradeOptions["headers"]>, number, string][]
) {
  Deno.test(`a handshake with ${what} is refused with ${status}, in the same words to the client and to the log`, async () => {
    await using server = await ProgramServer.start({ command: "cat" });
    const answer = await ask(server, { headers });
    assertEquals(answer.status, status);
    assertEquals(answer.body, `${sentence}\n`);
    assertEquals(answer.get("content-type"), "text/plain; charset=utf-8");
    assertEquals(
      answer.get("sec-websocket-version"),
      status === 426 ? "13" : null,
    );
    const event = await server.next("session.refused");
    assertEquals([event.status, event.message], [status, sentence]);
    assertEquals(event.reason, status === 426 ? "version" : "handshake");
  });
}

Deno.test("a handshake with two Hosts is refused with 400", async () => {
  await using server = await ProgramServer.start({ command: "cat" });
  const headers = { Host: ["localhost", "evil.example"] };
  assertEquals((await ask(server, { headers })).status, 400);
});

for (
  const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get", "BREW"]
) {
  Deno.test(`a handshake by ${method} is refused with 405, and GET is said to be allowed`, async () => {
    await using server = await ProgramServer.start({ command: "cat" });
    const answer = await ask(
      server,
      handshake(server.port).replace("GET", method),
    );
    assertEquals(answer.status, 405);
    assertEquals(answer.get("allow"), "GET");
    assertEquals(answer.body, `A WebSocket begins with GET, not ${method}\n`);
    const event = await server.next("session.refused");
    assertEquals([event.reason, event.request.method], ["method", method]);
  });
}

Deno.test("a refused client may ask again on the same connection", async () => {
  await using server = await ProgramServer.start({ command: "cat" });
  using client = await RawClient.connect(server.port);
  const headers = { "Sec-WebSocket-Version": "7" };
  assertEquals(
    (await client.ask(handshake(server.port, { headers }))).status,
    426,
  );
  assertEquals((await client.ask(handshake(server.port))).status, 101);
  await client.send("hello");
  assertEquals(await client.message(), "hello");
});

Deno.test("a handshake of HTTP/1.0 is answered, as the original does", async () => {
  await using server = await ProgramServer.start({ command: "cat" });
  const answer = await ask(
    server,
    handshake(server.port).replace("HTTP/1.1", "HTTP/1.0"),
  );
  assertEquals(answer.status, 101);
});

for (
  const [path, status] of [
    ["/any/path?at=all", 101],
    ["//a//b", 101],
    ["/%68%69", 101],
    ["http://localhost/absolute", 101],
    ["/a/../b", 400],
    ["/a/%2e%2e/b", 400],
    ["/%00", 400],
    ["/%zz", 400],
    ["/%e9", 400],
    ["*", 400],
  ] as const
) {
  Deno.test(`a handshake for ${path} is answered with ${status}`, async () => {
    await using server = await ProgramServer.start({ command: "cat" });
    assertEquals((await ask(server, { path })).status, status);
  });
}

for (
  const [offered, chosen] of [
    ["v2.chat", "v2.chat"],
    ["v1.chat,v2.chat", "v2.chat"],
    ["v1.chat, v2.chat", "v2.chat"],
    ["other,\tv1.chat ,more", "v1.chat"],
    [["other", "v1.chat"], "v1.chat"],
    ["other", null],
    ["V2.chat", null],
    [null, null],
  ] as const
) {
  Deno.test(`of the subprotocols ${JSON.stringify(offered)} a server of v2.chat and v1.chat chooses ${chosen}`, async () => {
    await using server = await ProgramServer.start({
      command: "cat",
      subprotocol: ["v2.chat", "v1.chat"],
    });
    const headers = { "Sec-WebSocket-Protocol": offered };
    const answer = await ask(server, { headers });
    assertEquals(answer.status, 101);
    assertEquals(answer.get("sec-websocket-protocol"), chosen);
  });
}

Deno.test("--header adds to 101 and 404, --header-ws to 101, --header-http to 404; all of one name are sent; refusals have none", async () => {
  await using server = await ProgramServer.start({
    command: "cat",
    header: ["X-All: 1", "X-All: 2", "X-Text: grüß\r\nX-Evil: 1"],
    headerWs: ["X-Ws: 1", "Set-Cookie: a=1", "Set-Cookie: b=2"],
    headerHttp: ["X-Http: 1", "Content-Type: text/html"],
  });
  const text = "gr\xc3\xbc\xc3\x9f X-Evil: 1";

  const switched = await ask(server);
  assertEquals(switched.status, 101);
  assertEquals(switched.get("x-all"), "1, 2");
  assertEquals(switched.get("x-text"), text);
  assertEquals(switched.get("x-ws"), "1");
  assertEquals(switched.get("set-cookie"), "a=1, b=2");
  assertEquals(switched.get("x-http"), null);
  assertEquals(switched.get("x-evil"), null);

  const notFound = await ask(
    server,
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
  );
  assertEquals(notFound.status, 404);
  assertEquals(notFound.get("x-all"), "1, 2");
  assertEquals(notFound.get("x-text"), text);
  assertEquals(notFound.get("x-http"), "1");
  assertEquals(notFound.get("x-ws"), null);
  assertEquals(notFound.get("content-type"), "text/html");

  const refused = await ask(server, {
    headers: { "Sec-WebSocket-Version": "7" },
  });
  const added = refused.headers.map(([name]) => name)
    .filter((name) => /^x-(?!content)|^set/.test(name));
  assertEquals(added, []);
});

Deno.test("--header-ws may name a subprotocol for every client, as with the original", async () => {
  await using server = await ProgramServer.start({
    command: "cat",
    headerWs: ["Sec-WebSocket-Protocol: chat"],
  });
  assertEquals((await ask(server)).get("sec-websocket-protocol"), "chat");
});

for (
  const request of [
    "GET / HTTP/1.1",
    "GET /favicon.ico HTTP/1.1",
    "POST / HTTP/1.1",
    "GET / HTTP/1.0",
  ]
) {
  Deno.test(`a plain request "${request}" is answered with 404 and says what is here`, async () => {
    await using server = await ProgramServer.start({ command: "cat" });
    const answer = await ask(
      server,
      `${request}\r\nHost: evil.example\r\n\r\n`,
    );
    assertEquals(answer.status, 404);
    assertMatch(answer.body, /^404 page not found: .*WebSocket.*\n$/);
    assertEquals(answer.get("content-type"), "text/plain; charset=utf-8");
    assertEquals(answer.get("x-content-type-options"), "nosniff");
    const event = await server.next("request");
    assertEquals([event.status, event.message], [404, "NOT FOUND"]);
    assertEquals(event.request.method, request.split(" ")[0]);
  });
}

for (const upgrade of ["h2c", "websockets", ""]) {
  Deno.test(`a request with Upgrade: ${JSON.stringify(upgrade)} is a plain one`, async () => {
    await using server = await ProgramServer.start({ command: "cat" });
    const answer = await ask(server, { headers: { Upgrade: upgrade } });
    assertEquals(answer.status, 404);
    assertEquals(server.of("session.refused"), []);
  });
}

Deno.test("HEAD is answered without a body", async () => {
  await using server = await ProgramServer.start({ command: "cat" });
  using client = await RawClient.connect(server.port);
  await client.write(
    "HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
  );
  const head = await client.head();
  assertEquals(head.status, 404);
  assertEquals(await client.rest(), "");
});

Deno.test("an event of a session tells who asked for what", async () => {
  await using server = await ProgramServer.start({ command: "cat" });
  using client = await RawClient.open(server.port, {
    path: "/a%20b?c=d",
    headers: { Origin: `http://localhost:${server.port}` },
  });
  const { session, pid } = await server.next("session.opened");
  assert(pid !== null && pid > 0);
  const { id, command, ...request } = session;
  assertMatch(id, /^\d{28}$/);
  assertMatch(command.join(" "), /\/cat$/);
  assertEquals(request, {
    remoteAddr: "127.0.0.1",
    remoteHost: "127.0.0.1",
    remotePort: client.localPort,
    method: "GET",
    url: `http://localhost:${server.port}/a%20b?c=d`,
    origin: `http://localhost:${server.port}`,
    user: "",
    authType: "",
    certificate: null,
    requestId: null,
  });
});
