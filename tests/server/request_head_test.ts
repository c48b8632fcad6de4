/** The head of a request: what is read from it, what is refused, and in which bounds of size and time. */
import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import {
  answerBytes,
  type AnswerOptions,
} from "../../lib/server/head/answer_bytes.ts";
import { forwardedHead } from "../../lib/server/head/forwarded_head.ts";
import {
  type Head,
  type HeadRefusal,
  urlOf,
} from "../../lib/server/head/head.ts";
import { HeadReader } from "../../lib/server/head/head_reader.ts";
import {
  readHead,
  type ReadHeadOptions,
} from "../../lib/server/head/read_head.ts";
import { writeRefusal } from "../../lib/server/head/write_refusal.ts";
import type { Duplex } from "../../lib/socket/wire/duplex.ts";
import { eventually, pause, within } from "../helpers/deadline.ts";
import { latin1 } from "../helpers/raw_client.ts";
import { memoryDuplex } from "../wire/memory_duplex.ts";
import { loopback } from "../wire/peer.ts";

const LIMIT = 1 << 15;
const HOST = "Host: a\r\n";

function text(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** Feeds a reader with pieces of these sizes, in turn, until it has a result. */
function read(
  stream: string,
  sizes: readonly number[] = [Infinity],
): Head | HeadRefusal | null {
  const bytes = latin1(stream), reader = new HeadReader();
  try {
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const room = reader.room();
      const size = Math.min(
        sizes[i % sizes.length],
        room.length,
        bytes.length - at,
      );
      room.set(bytes.subarray(at, at + size));
      at += size;
      const found = reader.filled(size);
      if (found !== null) return found;
    }
    return null;
  } finally {
    reader.release();
  }
}

/** The status and the sentence of a refusal, or what was read instead. */
function refusalOf(stream: string): string {
  const found = read(stream);
  if (found === null) return "more is needed";
  return "status" in found
    ? `${found.status} ${found.message}`
    : `a head: ${text(found.raw)}`;
}

/** A head that must be one. */
function headOf(stream: string, sizes?: readonly number[]): Head {
  const found = read(stream, sizes);
  if (found === null || "status" in found) {
    throw new Error(`No head: ${JSON.stringify(found)}`);
  }
  return found;
}

// What is read.

Deno.test("a head of a browser is read as Deno.serve reads it", async () => {
  const stream = [
    "GET /caf\xc3\xa9?a=%20b HTTP/1.1",
    "Host: localhost:8080",
    "Cookie: a=1",
    "Accept:*/*",
    "x-empty:",
    "X-Spaces: \t a  b \t ",
    "X-Latin: gr\xfc\xdf\xa0",
    "Cookie: b=2",
    "X-Two: 1",
    "x-two: 2",
    "Set-Cookie: a",
    "Set-Cookie: b",
    "Connection: close",
    "",
    "",
  ].join("\r\n");
  const asked = Promise.withResolvers<unknown>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen(): void {} },
    ({ method, url, headers }) => {
      asked.resolve([method, url, [...headers]]);
      return new Response();
    },
  );
  const { hostname, port } = server.addr;
  using conn = await Deno.connect({ hostname, port });
  await conn.write(latin1(stream));
  const head = headOf(stream);
  assertEquals(
    [head.method, urlOf(head), [...head.headers]],
    await within(asked.promise, "the request"),
  );
  assertEquals(head.headers.get("cookie"), "a=1; b=2");
  assertEquals(head.headers.get("x-latin"), "gr\xfc\xdf\xa0");
  await rest(conn);
  await server.shutdown();
});

for (
  const [line, method, target, version] of [
    ["GET / HTTP/1.1", "GET", "/", "1.1"],
    ["GET / HTTP/1.0", "GET", "/", "1.0"],
    ["get // HTTP/1.1", "get", "//", "1.1"],
    ["M-SEARCH /../..%2f?#x HTTP/1.1", "M-SEARCH", "/../..%2f?#x", "1.1"],
    ['POST /"<>\\^`{|} HTTP/1.1', "POST", '/"<>\\^`{|}', "1.1"],
    ["GET /\xe2\x82\xac HTTP/1.1", "GET", "/€", "1.1"],
    ["OPTIONS * HTTP/1.1", "OPTIONS", "*", "1.1"],
    ["GET http://a/b?c HTTP/1.1", "GET", "http://a/b?c", "1.1"],
    ["GET HTTPS://A.:80/ HTTP/1.1", "GET", "HTTPS://A.:80/", "1.1"],
    ["GET http://a HTTP/1.1", "GET", "http://a", "1.1"],
  ] as const
) {
  Deno.test(`the line ${JSON.stringify(line)} asks for ${target}`, () => {
    const head = headOf(`${line}\r\n${HOST}\r\n`);
    assertEquals([head.method, head.target, head.version], [
      method,
      target,
      version,
    ]);
  });
}

for (
  const [target, host, url] of [
    ["/a?b", "example.org:80", "http://example.org:80/a?b"],
    ["/a?b", "", "http://localhost/a?b"],
    ["*", "a", "http://a/*"],
    ["http://a/b", "a", "http://a/b"],
  ] as const
) {
  Deno.test(`the URL of ${target} at "${host}" is ${url}`, () =>
    assertEquals(urlOf({ target, headers: new Headers({ host }) }), url));
}

Deno.test("the URL of a request on an encrypted connection begins with https", () =>
  assertEquals(
    urlOf({ target: "/", headers: new Headers({ host: "a" }) }, "https"),
    "https://a/",
  ));

for (
  const [lines, size] of [
    ["", 0],
    ["Content-Length: 0\r\n", 0],
    ["Content-Length: 999999999999999\r\n", 999_999_999_999_999],
    ["Transfer-Encoding: chunked\r\n", Infinity],
    ["transfer-encoding:\tCHUNKED \r\n", Infinity],
    ["Expect: 100-continue\r\nContent-Length: 5\r\n", 5],
    ["Upgrade: h2c\r\nContent-Length: 5\r\n", 5],
    ["Upgrade: websocket\r\nContent-Length: 0\r\n", 0],
  ] as const
) {
  Deno.test(`a body of ${size} bytes is announced by ${JSON.stringify(lines)}`, () =>
    assertEquals(
      headOf(`POST / HTTP/1.1\r\n${HOST}${lines}\r\n`).bodySize,
      size,
    ));
}

Deno.test("HTTP/1.0 may lack a Host", () =>
  assertEquals([...headOf("GET / HTTP/1.0\r\n\r\n").headers], []));

Deno.test("one empty line may come before a request, and is part of the head", () => {
  const stream = `\r\nGET / HTTP/1.1\r\n${HOST}\r\n`;
  assertEquals(text(headOf(stream).raw), stream);
});

Deno.test("what comes behind a head is kept apart", () => {
  const head = `GET / HTTP/1.1\r\n${HOST}\r\n`;
  const { raw, early } = headOf(`${head}\x81\x00\r\n\r\nmore`);
  assertEquals([text(raw), text(early)], [head, "\x81\x00\r\n\r\nmore"]);
});

Deno.test("the preface of HTTP/2 is known, whatever comes behind it", () => {
  const { method, version, raw, early } = headOf(
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0",
  );
  assertEquals([method, version, text(raw), text(early)], [
    "PRI",
    "2.0",
    "PRI * HTTP/2.0\r\n\r\n",
    "SM\r\n\r\n\0",
  ]);
});

Deno.test("a head is not changed by the heads of connections that come later", () => {
  const first = headOf(`GET /first HTTP/1.1\r\n${HOST}\r\nbehind`);
  for (let i = 0; i < 50; i++) {
    headOf(`GET /later/${i} HTTP/1.1\r\n${HOST}\r\n`);
  }
  assertEquals(
    [text(first.raw), text(first.early)],
    [`GET /first HTTP/1.1\r\n${HOST}\r\n`, "behind"],
  );
});

// What is refused.

const LINE = "400 The first line of a request is: METHOD TARGET HTTP/1.1";
const ENDING = "400 A line of a request ends with CR and LF";
const TARGET = "400 The target of a request is a path: /path?query";

for (
  const [line, refusal] of [
    ["GET /", LINE],
    ["GET / ", LINE],
    ["GET  / HTTP/1.1", LINE],
    ["GET /  HTTP/1.1", LINE],
    ["GET / HTTP/1.1 ", LINE],
    ["GET /a b HTTP/1.1", LINE],
    ["GET\t/\tHTTP/1.1", LINE],
    ["GET / http/1.1", LINE],
    ["GET / HTTP/11", LINE],
    ["GET / HTTP/1.10", LINE],
    ["G@T / HTTP/1.1", LINE],
    ["GET /\0 HTTP/1.1", LINE],
    ["GET /\x7f HTTP/1.1", LINE],
    ["GET /\rX HTTP/1.1", LINE],
    ["SSH-2.0-OpenSSH_9.2", LINE],
    ["GET / HTTP/1.2", "505 This server speaks HTTP/1.1, not HTTP/1.2"],
    ["GET / HTTP/0.9", "505 This server speaks HTTP/1.1, not HTTP/0.9"],
    ["GET / HTTP/2.0", "505 This server speaks HTTP/1.1, not HTTP/2.0"],
    ["PRI / HTTP/2.0", "505 This server speaks HTTP/1.1, not HTTP/2.0"],
    ["PRI * HTTP/1.1", TARGET],
    ["GET * HTTP/1.1", TARGET],
    ["GET a HTTP/1.1", TARGET],
    ["GET a:80 HTTP/1.1", TARGET],
    ["GET ?a HTTP/1.1", TARGET],
    ["GET ftp://a/ HTTP/1.1", TARGET],
    ["GET http:///a HTTP/1.1", TARGET],
    ["GET http:/a HTTP/1.1", TARGET],
    ["GET /h\xe9 HTTP/1.1", "400 The target of a request is not UTF-8"],
    ...["CONNECT /../../bin/sh", "CONNECT a:80"].map((what) =>
      [
        `${what} HTTP/1.1`,
        "400 This server is no proxy: it does not serve CONNECT",
      ] as const
    ),
  ] as const
) {
  Deno.test(`the line ${JSON.stringify(line)} is refused at its end: ${refusal}`, () =>
    assertEquals(refusalOf(`${line}\r\n`), refusal));
}

for (
  const [what, stream, refusal] of [
    [
      "a TLS ClientHello",
      "\x16",
      "400 This port speaks plain HTTP: use ws:// or http://, or start the server with --ssl",
    ],
    ["a NUL", "\0", "400 This is no HTTP request"],
    ["a space", " ", "400 This is no HTTP request"],
    ["a byte that is not ASCII", "\xff", "400 This is no HTTP request"],
    ["a lone LF", "\n", "400 This is no HTTP request"],
    ["a second empty line", "\r\n\r", "400 This is no HTTP request"],
    ["LF for an end of the first line", "GET / HTTP/1.1\n", ENDING],
    [
      "LF for an end of a header",
      "GET / HTTP/1.1\r\nHost: a\n",
      ENDING,
    ],
    ["LF for an empty line", `GET / HTTP/1.1\r\n${HOST}\n`, ENDING],
    ["CR before the first line", "\rGET / HTTP/1.1\r\n", LINE],
  ] as const
) {
  Deno.test(`${what} is refused as soon as it is there`, () => {
    assertEquals(refusalOf(stream), refusal);
    assertEquals(refusalOf(stream.slice(0, -1)), "more is needed");
  });
}

const FRAMING =
  '400 A request has "Content-Length" or "Transfer-Encoding", not both';
const LENGTH = '400 "Content-Length" is one number';
const CODING = '400 A "Transfer-Encoding" ends with chunked';
const BODY = "400 A WebSocket handshake has no body";

for (
  const [lines, refusal] of [
    ["X: a\r\n b", "400 Header line 3 begins with a space: fold no headers"],
    ["X: a\r\n\tb", "400 Header line 3 begins with a space: fold no headers"],
    [" X: a", "400 Header line 2 begins with a space: fold no headers"],
    ["X : a", "400 Header line 2 has a space before its colon"],
    ["X\t: a", "400 Header line 2 has a space before its colon"],
    ["X", "400 Header line 2 is no header: write Name: value"],
    [": a", "400 Header line 2 is no header: write Name: value"],
    ["X Y: a", "400 Header line 2 is no header: write Name: value"],
    ["X(: a", "400 Header line 2 is no header: write Name: value"],
    ["\xe9: a", "400 Header line 2 is no header: write Name: value"],
    ["X: a\0b", "400 Header line 2 has a control character in it"],
    ["X: a\rb", "400 Header line 2 has a control character in it"],
    ["X: a\r", "400 Header line 2 has a control character in it"],
    ["X: a\x1b", "400 Header line 2 has a control character in it"],
    ["X: a\x7f", "400 Header line 2 has a control character in it"],
    ["X\0: a", "400 Header line 2 has a control character in it"],
    ["Host: a", '400 A request has the header "Host" once'],
    ["hOST:", '400 A request has the header "Host" once'],
    ["Content-Length: 1\r\nContent-Length: 2", LENGTH],
    ["Content-Length: 1\r\nContent-Length: 1", LENGTH],
    ["Content-Length: 1, 1", LENGTH],
    ["Content-Length:", LENGTH],
    ["Content-Length: -1", LENGTH],
    ["Content-Length: +1", LENGTH],
    ["Content-Length: 0x1", LENGTH],
    ["Content-Length: 1 2", LENGTH],
    ["Content-Length: 1000000000000000", LENGTH],
    ["Content-Length: \xb2", LENGTH],
    ["Content-Length: 5\r\nTransfer-Encoding: chunked", FRAMING],
    ["Transfer-Encoding: chunked\r\nContent-Length: 0", FRAMING],
    ["Transfer-Encoding:", CODING],
    ["Transfer-Encoding: identity", CODING],
    ["Transfer-Encoding: chunked, identity", CODING],
    ["Transfer-Encoding: xchunked", CODING],
    ['Transfer-Encoding: "chunked"', CODING],
    ["Transfer-Encoding: chunked;q=1", CODING],
    [
      "Transfer-Encoding: \x0bchunked",
      "400 Header line 2 has a control character in it",
    ],
    ["Transfer-Encoding: \xa0chunked", CODING],
    [
      "Transfer-Encoding: gzip, chunked",
      '501 The only "Transfer-Encoding" here is chunked',
    ],
    [
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
      '501 The only "Transfer-Encoding" here is chunked',
    ],
    ["Upgrade: websocket\r\nContent-Length: 1", BODY],
    ["Upgrade: h2c, WebSocket\r\nTransfer-Encoding: chunked", BODY],
  ] as const
) {
  Deno.test(`a head with ${JSON.stringify(lines)} is refused: ${refusal}`, () =>
    assertEquals(
      refusalOf(`POST / HTTP/1.1\r\n${HOST}${lines}\r\n\r\n`),
      refusal,
    ));
}

for (
  const [what, stream, refusal] of [
    [
      "HTTP/1.1 without a Host",
      "GET / HTTP/1.1\r\n\r\n",
      '400 A request needs the header "Host"',
    ],
    [
      "two Hosts in HTTP/1.0",
      `GET / HTTP/1.0\r\n${HOST}${HOST}\r\n`,
      '400 A request has the header "Host" once',
    ],
    [
      "chunks in HTTP/1.0",
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
      '400 HTTP/1.0 has no "Transfer-Encoding"',
    ],
    [
      "a preface of HTTP/2 with headers",
      `PRI * HTTP/2.0\r\n${HOST}\r\n`,
      "400 The preface of HTTP/2 has no headers",
    ],
  ] as const
) {
  Deno.test(`${what}: refused`, () => assertEquals(refusalOf(stream), refusal));
}

Deno.test("a target that is a whole URL may name another host than Host, as for a proxy", () => {
  const head = headOf(`GET http://b/c?d HTTP/1.1\r\n${HOST}\r\n`, [Infinity]);
  assertEquals([head.target, head.headers.get("host")], ["http://b/c?d", "a"]);
});

Deno.test("a refusal repeats nothing that the client has sent", () => {
  for (const line of ["X\x1b[2J", "<b>: a", "secret"]) {
    assertMatch(
      refusalOf(`GET / HTTP/1.1\r\n${HOST}${line}\r\n\r\n`),
      /^400 Header line 2 [\w :]+$/,
    );
  }
});

// Limits.

/** A head of so many bytes. */
function headOfSize(size: number): string {
  const lines = `GET / HTTP/1.1\r\n${HOST}X: `;
  return `${lines}${"x".repeat(size - lines.length - 4)}\r\n\r\n`;
}

for (const sizes of [[Infinity], [1], [1000]]) {
  Deno.test(`a head has at most 32768 bytes, in pieces of ${sizes}`, () => {
    assertEquals(headOf(headOfSize(LIMIT), sizes).raw.length, LIMIT);
    assertEquals(read(headOfSize(LIMIT + 1), sizes), {
      status: 431,
      message: "The head of a request has at most 32768 bytes here",
    });
    assertEquals(read(headOfSize(LIMIT).slice(0, -1), sizes), null);
  });

  Deno.test(`a head has at most 100 header lines, in pieces of ${sizes}`, () => {
    const head = `GET / HTTP/1.1\r\n${HOST}${"X:\r\n".repeat(99)}`;
    assertEquals([...headOf(`${head}\r\n`, sizes).headers].length, 2);
    assertEquals(read(`${head}X:\r\n`, sizes), {
      status: 431,
      message: "A request has at most 100 header lines here",
    });
  });

  Deno.test(`the first line has at most 16384 bytes, in pieces of ${sizes}`, () => {
    const line = (size: number) =>
      `GET /${"x".repeat(size - "GET / HTTP/1.1".length)} HTTP/1.1`;
    assertEquals(
      headOf(`${line(16384)}\r\n${HOST}\r\n`, sizes).target.length,
      16384 - "GET  HTTP/1.1".length,
    );
    const refusal = {
      status: 414,
      message: "The first line of a request has at most 16384 bytes here",
    } as const;
    assertEquals(read(`${line(16385)}\r\n`, sizes), refusal);
    assertEquals(read("x".repeat(16386), sizes), refusal);
    assertEquals(read("x".repeat(16385), sizes), null);
  });
}

// Cuts and random bytes.

/** A head that is mostly right. */
const stream: fc.Arbitrary<string> = fc.tuple(
  fc.constantFrom("", "", "", "\r\n", "\r\n\r\n", "\n"),
  fc.constantFrom(
    "GET / HTTP/1.1",
    "POST /a?b HTTP/1.1",
    "GET /caf\xc3\xa9 HTTP/1.0",
    "GET /\xe9 HTTP/1.1",
    "PRI * HTTP/2.0",
    "CONNECT a:1 HTTP/1.1",
    `GET /${"x".repeat(9000)} HTTP/1.1`,
  ),
  fc.array(
    fc.oneof(
      {
        weight: 8,
        arbitrary: fc.constantFrom(
          "Host: a",
          "Cookie: a=1",
          "X: \xe9",
          "Accept: */*",
          `X-Long: ${"x".repeat(3000)}`,
        ),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "X : a",
          " a",
          "X: \0",
          "Upgrade: websocket",
          "Content-Length: 5",
          "Transfer-Encoding: chunked",
          "a\nb: c",
          "a\rb: c",
        ),
      },
    ),
    { maxLength: 12 },
  ),
  fc.constantFrom("\r\n\r\n", "\r\n\r\nearly", "\r\n", "\n\n"),
).map(([before, line, lines, end]) =>
  before + [line, ...lines].join("\r\n") + end
);

const sizes = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 30 }) },
    fc.integer({ min: 1, max: 6000 }),
  ),
  { minLength: 1, maxLength: 8 },
);

/** What is left when the cuts are forgotten: how much came with the last bytes of the head. */
function withoutEarly(found: Head | HeadRefusal | null): unknown {
  if (found === null || "status" in found) return found;
  const { early: _, headers, raw, ...rest } = found;
  return { ...rest, headers: [...headers], raw: text(raw) };
}

Deno.test("cuts change nothing of what is read from a head", () =>
  fc.assert(
    fc.property(stream, sizes, (stream, sizes) => {
      const found = read(stream, sizes);
      assertEquals(withoutEarly(found), withoutEarly(read(stream)));
      if (found === null || "status" in found) return;
      const whole = text(found.raw) + text(found.early);
      assertEquals(whole, stream.slice(0, whole.length));
    }),
    { numRuns: 1000 },
  ));

Deno.test("random bytes are a head, or refused, or need more; and never anything else", () =>
  fc.assert(
    fc.property(
      fc.constantFrom("", "GET / HTTP/1.1\r\n", `GET / HTTP/1.1\r\n${HOST}`),
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }).map(text),
        fc.array(fc.constantFrom("\r", "\n", "\r\n", ":", " ", "a", "\0"), {
          maxLength: 60,
        }).map((parts) => parts.join("")),
      ),
      sizes,
      (before, garbage, sizes) => {
        const found = read(before + garbage, sizes);
        assertEquals(
          withoutEarly(found),
          withoutEarly(read(before + garbage)),
        );
        if (found === null) return;
        if ("status" in found) {
          assertEquals([400, 414, 431, 501, 505].includes(found.status), true);
        } else assertEquals(found.headers.get("host"), "a");
      },
    ),
    { numRuns: 2000 },
  ));

// How a head is handed on.

Deno.test("a head is handed on with its lines as they came, without what is about the connection, and ends it", () => {
  const head = headOf([
    "\r\nGET /caf\xc3\xa9 HTTP/1.1",
    "hOsT: a",
    "Connection: keep-alive, X-Kept",
    "X-Kept:  \xe9  ",
    "UPGRADE: h2c",
    "Keep-Alive: timeout=5",
    "Proxy-Connection: keep-alive",
    "HTTP2-Settings: AAA",
    "Connection: upgrade",
    "Upgrades: 1",
    "X-Kept: 2\xa0",
    "",
    "behind",
  ].join("\r\n"));
  assertEquals(
    text(forwardedHead(head)),
    [
      "GET /caf\xc3\xa9 HTTP/1.1",
      "hOsT: a",
      "X-Kept:  \xe9  ",
      "Upgrades: 1",
      "X-Kept: 2\xa0",
      "Connection: close",
      "",
      "",
    ].join("\r\n"),
  );
});

Deno.test("a head without headers is handed on", () =>
  assertEquals(
    text(forwardedHead(headOf("GET / HTTP/1.0\r\n\r\n"))),
    "GET / HTTP/1.0\r\nConnection: close\r\n\r\n",
  ));

// Reading from a connection.

/** Both ends of a connection, and a way to look at what is asked of the near one. */
async function connection(): Promise<
  Disposable & { client: Deno.TcpConn; duplex: Duplex; reads: number }
> {
  const [client, conn] = await loopback();
  const closeAll = () => {
    for (const one of [client, conn]) {
      try {
        one.close();
      } catch {
        // The test has.
      }
    }
  };
  const pair = {
    client,
    reads: 0,
    duplex: {
      read(into: Uint8Array): Promise<number | null> {
        pair.reads++;
        return conn.read(into);
      },
      write: (bytes: Uint8Array) => conn.write(bytes),
      closeWrite: () => conn.closeWrite(),
      close: () => conn.close(),
    },
    [Symbol.dispose]: closeAll,
  };
  return pair;
}

function start(
  { duplex }: { duplex: Duplex },
  options: ReadHeadOptions = {},
): Promise<Head | HeadRefusal | null> {
  return within(readHead(duplex, options), "the head to be read");
}

Deno.test("a head that comes at once costs one read, and leaves the connection alone", async () => {
  using pair = await connection();
  await pair.client.write(latin1(`GET /a HTTP/1.1\r\n${HOST}\r\nx`));
  const head = await start(pair) as Head;
  assertEquals([head.target, text(head.early), pair.reads], ["/a", "x", 1]);
  await pair.duplex.write(latin1("y"));
  assertEquals(await pair.client.read(new Uint8Array(9)), 1);
});

Deno.test("a head that comes in pieces is read", async () => {
  using pair = await connection();
  const found = start(pair);
  const head = headOfSize(9000);
  for (let at = 0; at < head.length; at += 1500) {
    await pair.client.write(latin1(head.slice(at, at + 1500)));
    await pause(1);
  }
  assertEquals((await found as Head).raw.length, 9000);
});

Deno.test("a head that was read behind another one costs no read", async () => {
  using pair = await connection();
  const early = latin1(`GET /2 HTTP/1.1\r\n${HOST}\r\n`);
  const head = await start(pair, { early }) as Head;
  assertEquals([head.target, pair.reads], ["/2", 0]);
});

Deno.test("the begin of a head that was read behind another one is continued", async () => {
  using pair = await connection();
  const head = headOfSize(LIMIT);
  const found = start(pair, { early: latin1(head.slice(0, 10_000)) });
  await pair.client.write(latin1(head.slice(10_000)));
  assertEquals(text((await found as Head).raw), head);
});

Deno.test("a client that says nothing in time gets no answer", async () => {
  using pair = await connection();
  assertEquals(await start(pair, { timeoutMs: 20 }), null);
});

Deno.test("nothing more is read of a head when it is given up", async () => {
  using pair = await connection();
  const found = start(pair, { timeoutMs: 50 });
  await pair.client.write(latin1("GET"));
  assertEquals((await found as HeadRefusal).status, 408);
  const { reads } = pair;
  await pair.client.write(latin1("x"));
  await pause(50);
  assertEquals(pair.reads, reads);
});

Deno.test("a client that dribbles its head has as long as any other", async () => {
  using pair = await connection();
  let isOver = false;
  const dribbling = (async () => {
    for (const byte of latin1(headOfSize(LIMIT))) {
      if (isOver) return;
      await pair.client.write(Uint8Array.of(byte));
      await pause(5);
    }
  })();
  assertEquals(await start(pair, { timeoutMs: 200 }), {
    status: 408,
    message: "The head of a request is complete within 0.2 seconds here",
  });
  isOver = true;
  await dribbling;
  // The answer leaves though the client is still sending.
  const answered = writeRefusal(
    pair.duplex,
    new Response("late", { status: 408 }),
  );
  assertMatch(await rest(pair.client), /^HTTP\/1\.1 408 [^]*\r\n\r\nlate$/);
  pair.client.close();
  await within(answered, "the connection to be closed");
});

for (const what of ["", "GET / HTTP/1.1\r\nHos"]) {
  for (
    const [how, leave] of [
      ["closes", (client: Deno.TcpConn) => client.close()],
      ["ends its half", (client: Deno.TcpConn) => client.closeWrite()],
    ] as const
  ) {
    Deno.test(`a client that ${how} after ${JSON.stringify(what)} is let go`, async () => {
      using pair = await connection();
      const found = start(pair);
      await pair.client.write(latin1(what));
      await leave(pair.client);
      assertEquals(await found, null);
    });
  }
}

Deno.test("reading a head ends when the connection is closed here", async () => {
  using pair = await connection();
  const found = start(pair);
  await pair.client.write(latin1("GET / HT"));
  await eventually(() => pair.reads === 2, "the begin to be read");
  pair.duplex.close();
  assertEquals(await found, null);
});

// Answers.

/** Everything that comes until the end. */
async function rest(client: Deno.TcpConn): Promise<string> {
  let all = "";
  const bytes = new Uint8Array(1 << 16);
  for (;;) {
    const count = await within(client.read(bytes), "the end of an answer");
    if (count === null) return all;
    all += text(bytes.subarray(0, count));
  }
}

const DATE = /date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/;

for (
  const [what, response, options, answer] of [
    [
      "a refusal",
      () => new Response("grüß\n", { status: 400 }),
      {},
      "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain;charset=UTF-8\r\ncontent-length: 7\r\nDATEconnection: close\r\n\r\ngr\xc3\xbc\xc3\x9f\n",
    ],
    [
      "a refusal of HEAD",
      () => new Response("no\n", { status: 405, headers: { allow: "GET" } }),
      { method: "HEAD" },
      "HTTP/1.1 405 Method Not Allowed\r\nallow: GET\r\ncontent-type: text/plain;charset=UTF-8\r\ncontent-length: 3\r\nDATEconnection: close\r\n\r\n",
    ],
    [
      "an answer that another may follow",
      () => new Response(null, { status: 426, headers: { "x-a": "gr\xfc" } }),
      { keepAlive: true },
      "HTTP/1.1 426 Upgrade Required\r\nx-a: gr\xfc\r\ncontent-length: 0\r\nDATE\r\n",
    ],
    [
      "an answer that asks for another protocol",
      () => new Response(null, { status: 426, headers: { upgrade: "a" } }),
      { keepAlive: true },
      "HTTP/1.1 426 Upgrade Required\r\nupgrade: a\r\ncontent-length: 0\r\nDATEconnection: upgrade\r\n\r\n",
    ],
    [
      "the last answer that does",
      () => new Response(null, { status: 426, headers: { upgrade: "a" } }),
      {},
      "HTTP/1.1 426 Upgrade Required\r\nupgrade: a\r\ncontent-length: 0\r\nDATEconnection: upgrade, close\r\n\r\n",
    ],
    [
      "an answer with headers that are not its own business",
      () =>
        new Response("a", {
          status: 299,
          statusText: "Fine",
          headers: [
            ["connection", "keep-alive"],
            ["content-length", "9"],
            ["content-type", "a/b"],
            ["set-cookie", "a"],
            ["set-cookie", "b"],
            ["transfer-encoding", "chunked"],
          ],
        }),
      {},
      "HTTP/1.1 299 Fine\r\ncontent-type: a/b\r\nset-cookie: a\r\nset-cookie: b\r\ncontent-length: 1\r\nDATEconnection: close\r\n\r\na",
    ],
  ] as readonly [string, () => Response, AnswerOptions, string][]
) {
  Deno.test(`${what} is written with what the connection needs`, async () =>
    assertEquals(
      text(await answerBytes(response(), options)).replace(DATE, "DATE"),
      answer,
    ));
}

Deno.test("a refusal reaches a client that goes on sending, and the connection ends", async () => {
  using pair = await connection();
  // More than a head, less than is read of it.
  await pair.client.write(new Uint8Array(60_000));
  const refused = writeRefusal(
    pair.duplex,
    new Response("x".repeat(50_000), { status: 431 }),
  );
  const answer = await rest(pair.client);
  assertMatch(answer.slice(0, 20), /^HTTP\/1\.1 431 /);
  assertEquals(answer.endsWith(`\r\n\r\n${"x".repeat(50_000)}`), true);
  pair.client.close();
  await within(refused, "the connection to be closed");
});

Deno.test("the end of an answer is told before the connection is closed", async () => {
  const [near, far] = memoryDuplex();
  let closed = 0;
  const refused = writeRefusal(
    {
      ...far,
      close(): void {
        closed++;
        far.close();
      },
    },
    new Response(null, { status: 400 }),
  );
  await assertEnds(near);
  assertEquals(closed, 0);
  near.close();
  await within(refused, "the connection to be closed");
  assertEquals(closed, 1);
});

Deno.test("a client that never leaves is left after a second", async () => {
  using pair = await connection();
  const began = performance.now();
  await within(
    writeRefusal(pair.duplex, new Response(null, { status: 400 })),
    "the connection to be closed",
  );
  assertEquals(performance.now() - began >= 990, true);
  assertMatch(await rest(pair.client), /^HTTP\/1\.1 400 /);
});

Deno.test("a client that takes no answer, or sends without end, is left", async () => {
  // 10 bytes fit on their way.
  const [near, far] = memoryDuplex(10);
  await within(
    writeRefusal(far, new Response(null, { status: 400 })),
    "a client that takes nothing to be left",
  );
  await assertEnds(near);
  const [sender, receiver] = memoryDuplex();
  const sending = (async () => {
    let sent = 0;
    try {
      for (;;) sent += await sender.write(new Uint8Array(4096));
    } catch {
      return sent;
    }
  })();
  await within(
    writeRefusal(receiver, new Response(null, { status: 400 })),
    "a client that sends without end to be left",
  );
  sender.close();
  assertEquals(await sending < 2 << 20, true);
});

Deno.test("a refusal for a client that has left is no error", async () => {
  using pair = await connection();
  pair.client.close();
  await within(
    writeRefusal(pair.duplex, new Response("x".repeat(1 << 20))),
    "the connection to be closed",
  );
});

/** Fails unless the connection ends. */
async function assertEnds(duplex: Duplex): Promise<void> {
  const bytes = new Uint8Array(100);
  let count: number | null = 0;
  while (count !== null) count = await within(duplex.read(bytes), "the end");
  assertEquals(count, null);
}
