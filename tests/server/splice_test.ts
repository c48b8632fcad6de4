/** Connections that were accepted here and are answered by the runtime's own server. */
import {
  assert,
  assertEquals,
  assertLess,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectFrom } from "node:net";
import type { Event } from "../../lib/events.ts";
import { readHead } from "../../lib/server/head/read_head.ts";
import { writeRefusal } from "../../lib/server/head/write_refusal.ts";
import { InnerServer } from "../../lib/server/inner_server.ts";
import { splice, type SpliceOptions } from "../../lib/server/splice.ts";
import type { Duplex } from "../../lib/socket/wire/duplex.ts";
import { eventually, pause, within } from "../helpers/deadline.ts";
import { handshake, latin1, RawClient } from "../helpers/raw_client.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";
import { memoryDuplex } from "../wire/memory_duplex.ts";

const MiB = 1 << 20;
const GET = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";

/** What an answer is made from: the request, and the client's port. */
type Handler = (
  request: Request,
  client: number,
  info: Deno.ServeHandlerInfo,
) => Response | Promise<Response>;

/** What is done with a connection: a head is read and one request answered, or all of it is handed on. */
type Mode = "one request" | "everything";

/** A server that accepts connections by itself and leaves the answers to an `InnerServer`. */
class Front implements AsyncDisposable {
  readonly inner: InnerServer<number>;
  readonly events: Event[] = [];
  /** Connections that were accepted, and how often they were closed. */
  accepted = 0;
  closed = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #mode: Mode;
  readonly #running: Promise<unknown>[] = [];

  constructor(mode: Mode, handle: Handler) {
    this.#mode = mode;
    this.inner = new InnerServer(
      (request, info, client) => handle(request, client, info),
      (event) => this.events.push(event),
    );
    this.#running.push(this.#accept());
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Connects, and sends something. */
  async client(text = ""): Promise<RawClient> {
    const client = await RawClient.connect(this.port);
    await client.write(text);
    return client;
  }

  /** Everything that is answered until the connection ends. */
  async ask(text: string): Promise<string> {
    using client = await this.client(text);
    return await client.rest();
  }

  /** Waits until all connections are closed. */
  async rests(): Promise<void> {
    await eventually(
      () => this.closed === this.accepted,
      () => `${this.accepted} connections to be closed, not ${this.closed}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await within(this.inner.shutdown(), "the server to end");
    await within(Promise.all(this.#running), "all connections to be served");
    assertEquals(this.closed, this.accepted);
  }

  async #accept(): Promise<void> {
    try {
      for await (const conn of this.#listener) {
        conn.setNoDelay(true);
        this.accepted++;
        this.#running.push(this.#serve(conn));
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  async #serve(conn: Deno.TcpConn): Promise<void> {
    const { port } = conn.remoteAddr;
    const duplex: Duplex = {
      read: (into) => conn.read(into),
      write: (bytes) => conn.write(bytes),
      closeWrite: () => conn.closeWrite(),
      close: () => {
        this.closed++;
        conn.close();
      },
    };
    if (this.#mode === "everything") {
      return await this.inner.splice(duplex, new Uint8Array(0), port);
    }
    const head = await readHead(duplex);
    if (head === null) duplex.close();
    else if ("status" in head) {
      await writeRefusal(duplex, new Response(null, { status: head.status }));
    } else await this.inner.answer(duplex, head, port);
  }
}

function bytesOf(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = i * 31 + (i >> 8);
  return bytes;
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const sum = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(sum).toHex();
}

// Requests and answers.

for (const mode of ["one request", "everything"] as const) {
  Deno.test(`${mode}: a GET is answered, and the handler knows the client`, async () => {
    await using front = new Front(
      mode,
      ({ method, url }, client) => new Response(`${method} ${url} ${client}`),
    );
    using client = await front.client(
      "GET /a%2f?b HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n",
    );
    const { localPort } = client;
    const answer = await client.rest();
    assertMatch(answer, /^HTTP\/1\.1 200 OK\r\n/);
    assertStringIncludes(answer, "connection: close\r\n");
    assert(
      answer.endsWith(`\r\n\r\nGET http://example.org/a%2f?b ${localPort}`),
      answer,
    );
  });

  Deno.test(`${mode}: HEAD is answered without a body`, async () => {
    await using front = new Front(mode, () => new Response("hello"));
    const answer = await front.ask(
      "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    );
    assertMatch(answer, /^HTTP\/1\.1 200 OK\r\n[^]*content-length: 5\r\n/);
    assert(answer.endsWith("\r\n\r\n"), answer);
  });

  Deno.test(`${mode}: a client that asks is told to go on with its body`, async () => {
    await using front = new Front(
      mode,
      async (request) => new Response(await request.text()),
    );
    using client = await front.client(
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
    );
    assertEquals((await client.head()).status, 100);
    await client.write("hello");
    assertMatch(
      await client.rest(),
      /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nhello$/,
    );
  });

  Deno.test(`${mode}: a body in chunks is answered in chunks`, async () => {
    await using front = new Front(
      mode,
      (request) => new Response(request.body),
    );
    assertMatch(
      await front.ask(
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n4;x=y\r\n all\r\n0\r\nX: y\r\n\r\n",
      ),
      /\r\ntransfer-encoding: chunked\r\n[^]*\r\n0\r\n\r\n$/,
    );
  });

  Deno.test(`${mode}: 24 MiB go both ways to a client that reads slowly`, async () => {
    const body = bytesOf(24 * MiB);
    await using front = new Front(
      mode,
      (request) => new Response(request.body),
    );
    const response = await fetch(`http://127.0.0.1:${front.port}/`, {
      method: "POST",
      body,
    });
    const back = new Uint8Array(body.length);
    let size = 0;
    for await (const chunk of response.body!) {
      back.set(chunk, size);
      size += chunk.length;
      if (size >> 22 !== size - chunk.length >> 22) await pause(20);
    }
    assertEquals([size, await digest(back)], [body.length, await digest(body)]);
  });

  Deno.test(`${mode}: an endless answer is held back by a client that does not read`, async () => {
    let made = 0;
    const { promise: left, resolve } = Promise.withResolvers<void>();
    await using front = new Front(mode, () =>
      new Response(
        new ReadableStream({
          pull(controller): void {
            made += 1 << 16;
            controller.enqueue(new Uint8Array(1 << 16));
          },
          cancel: () => resolve(),
        }),
      ));
    using client = await front.client(GET);
    await comesToRest(() => made);
    // What the system holds, for two connections.
    assertLess(made, 64 * MiB);
    client[Symbol.dispose]();
    await within(left, "the answer to be cancelled");
    await front.rests();
  });

  Deno.test(`${mode}: an endless body is held back by a handler that does not read`, async () => {
    const { promise: done, resolve } = Promise.withResolvers<void>();
    await using front = new Front(mode, async () => {
      await done;
      return new Response("enough");
    });
    const conn = await Deno.connect({
      hostname: "127.0.0.1",
      port: front.port,
    });
    await conn.write(
      latin1(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n",
      ),
    );
    let sent = 0;
    const sending = (async () => {
      const chunk = new Uint8Array(1 << 16);
      try {
        for (;;) sent += await conn.write(chunk);
      } catch {
        // The connection is closed.
      }
    })();
    await comesToRest(() => sent);
    assertLess(sent, 64 * MiB);
    // The answer is delivered all the same.
    resolve();
    const answer = new Uint8Array(1000);
    const count = await within(conn.read(answer), "the answer");
    assertMatch(
      new TextDecoder().decode(answer.subarray(0, count!)),
      /^HTTP\/1\.1 200 OK\r\n/,
    );
    conn.close();
    await within(sending, "the sender to end");
    await front.rests();
  });

  Deno.test(`${mode}: 200 clients are served at once, and nothing is left of them`, async () => {
    await using front = new Front(
      mode,
      async (request, client) =>
        new Response(`${client} ${await request.text()}`),
    );
    await Promise.all(Array.from({ length: 200 }, async (_, i) => {
      using client = await front.client(
        `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\n${
          100 + i
        }`,
      );
      const wanted = `${client.localPort} ${100 + i}`;
      const answer = await client.rest();
      assert(answer.endsWith(`\r\n\r\n${wanted}`), answer);
    }));
    await front.rests();
    assertEquals([front.accepted, front.closed], [200, 200]);
  });

  for (
    const [how, leave] of [
      ["closes", (client: RawClient) => client[Symbol.dispose]()],
      ["resets", (client: RawClient) => client.reset()],
      ["ends its half", (client: RawClient) => client.closeWrite()],
    ] as const
  ) {
    Deno.test(`${mode}: the handler sees at once that a client ${how}`, async () => {
      const asked = Promise.withResolvers<AbortSignal>();
      const answered = Promise.withResolvers<Response>();
      await using front = new Front(mode, ({ signal }) => {
        asked.resolve(signal);
        return answered.promise;
      });
      using client = await RawClient.connectResettable(front.port);
      await client.write(GET);
      const signal = await within(asked.promise, "the request");
      const aborted = new Promise((resolve) =>
        signal.addEventListener("abort", resolve)
      );
      await leave(client);
      await within(aborted, "the signal");
      answered.resolve(new Response());
      client[Symbol.dispose]();
      await front.rests();
    });
  }

  Deno.test(`${mode}: a client that leaves in the middle of its body fails the reading of it`, async () => {
    const read = Promise.withResolvers<unknown>();
    await using front = new Front(mode, async (request) => {
      read.resolve(
        await request.text().then(() => "all of it", () => "failed"),
      );
      return new Response();
    });
    using _ = await front.client(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc",
    );
    _[Symbol.dispose]();
    assertEquals(await within(read.promise, "the end of the body"), "failed");
    await front.rests();
  });
}

/** Waits until a number does not grow any more. */
async function comesToRest(number: () => number): Promise<void> {
  let before = -1, since = performance.now();
  await eventually(() => {
    if (number() !== before || before === 0) since = performance.now();
    before = number();
    return performance.now() - since > 500;
  }, () => `${number()} to stay`);
}

// One request, and nothing behind it.

/** The requests that reach the handler, and what is answered, when a client sends this. */
async function seen(
  text: string,
  later?: string,
): Promise<{ urls: string[]; statuses: string[] }> {
  const urls: string[] = [];
  await using front = new Front("one request", async (request) => {
    urls.push(`${request.method} ${new URL(request.url).pathname}`);
    const body = await request.text().catch(() => "broken");
    return new Response(body, {
      headers: { "x-upgrade": `${request.headers.get("upgrade")}` },
    });
  });
  using client = await front.client(text);
  if (later !== undefined) {
    await eventually(() => urls.length > 0, "the first request");
    await client.tryWrite(later);
  }
  const statuses = (await client.rest()).match(/^HTTP\/1\.1 \d+/gm) ?? [];
  client[Symbol.dispose]();
  await front.rests();
  return { urls, statuses };
}

const UPGRADE =
  "GET /hidden HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

for (
  const [what, first] of [
    ["without a body", "GET /first HTTP/1.1\r\nHost: a\r\n\r\n"],
    [
      "that asks to keep the connection",
      "GET /first HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nKeep-Alive: timeout=9\r\n\r\n",
    ],
    [
      "of HTTP/1.0 that asks to keep the connection",
      "GET /first HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    ],
    [
      "with a body",
      "POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    ],
    [
      "with a body in chunks",
      "POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ],
    [
      "that pretends to upgrade to something else",
      "GET /first HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close, Host\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n\r\n",
    ],
  ]
) {
  for (const [hidden, second] of [["GET", GET], ["an upgrade", UPGRADE]]) {
    for (
      const [when, send] of [
        ["in the same write", () => seen(first + second)],
        ["later", () => seen(first, second)],
      ] as const
    ) {
      Deno.test(`${hidden} behind a request ${what}, ${when}, is never seen`, async () => {
        const { urls, statuses } = await send();
        assertEquals(urls, [`${first.split(" ")[0]} /first`]);
        assertMatch(statuses.join(), /^HTTP\/1\.[01] 200$|^$/);
      });
    }
  }
}

for (
  const [what, lines] of [
    ["both lengths", "Content-Length: 5\r\nTransfer-Encoding: chunked"],
    ["two lengths", "Content-Length: 5\r\nContent-Length: 50"],
    ["a coding that is hidden", "Transfer-Encoding: \x0bchunked"],
    ["a space before the colon", "Transfer-Encoding : chunked"],
    ["a folded coding", "Transfer-Encoding:\r\n chunked"],
    ["a coding that nobody knows", "Transfer-Encoding: xchunked"],
    ["a line that ends with LF", "X: y\nTransfer-Encoding: chunked"],
  ]
) {
  Deno.test(`a body with ${what} is refused before anybody sees it`, async () => {
    const { urls, statuses } = await seen(
      `POST /first HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n0\r\n\r\n${UPGRADE}`,
    );
    assertEquals([urls, statuses], [[], ["HTTP/1.1 400"]]);
  });
}

Deno.test("a head of 100 lines is handed on", async () => {
  const lines = `Host: a\r\n${"X: y\r\n".repeat(99)}`;
  const { urls } = await seen(`GET /first HTTP/1.1\r\n${lines}\r\n`);
  assertEquals(urls, ["GET /first"]);
});

Deno.test("an answer that comes before the end of a body is delivered", async () => {
  await using front = new Front(
    "one request",
    () => new Response("too big", { status: 413 }),
  );
  using client = await front.client();
  const answer = await client.ask(
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc",
  );
  assertEquals([answer.status, answer.body], [413, "too big"]);
  client[Symbol.dispose]();
  await front.rests();
});

// Everything.

Deno.test("everything: requests follow each other on one connection", async () => {
  await using front = new Front(
    "everything",
    ({ url }, client) => new Response(`${new URL(url).pathname} ${client}`),
  );
  using client = await front.client();
  for (const path of ["/1", "/2", "/3"]) {
    const answer = await client.ask(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    assertEquals(answer.body, `${path} ${client.localPort}`);
  }
  assertEquals(front.accepted, 1);
});

Deno.test("everything: a WebSocket opens, carries both ways, and closes", async () => {
  await using front = new Front("everything", (request, client) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => {
      if (data === "close") socket.close(4000, "bye");
      else socket.send(`${client} ${data}`);
    };
    return response;
  });
  using client = await RawClient.open(front.port);
  for (const text of ["hello", "x".repeat(MiB)]) {
    await client.send(text);
    assertEquals(await client.message(), `${client.localPort} ${text}`);
  }
  await client.send("close");
  const { code, reason } = await client.all();
  assertEquals([code, reason], [4000, "bye"]);
  client[Symbol.dispose]();
  await front.rests();
});

Deno.test("everything: what was read of a connection comes first", async () => {
  await using front = new Front("everything", ({ url }) => new Response(url));
  const [near, far] = memoryDuplex();
  const done = front.inner.splice(far, latin1("GET /early HT"), 1);
  await near.write(latin1("TP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  assertMatch(await restOf(near), /\r\n\r\nhttp:\/\/a\/early$/);
  near.close();
  await within(done, "the connection to be closed");
});

for (const mode of ["one request", "everything"] as const) {
  Deno.test(`${mode}: HTTP/2 is understood, with as many requests as come`, async () => {
    const clients = new Set<number>();
    await using front = new Front(mode, ({ url }, client) => {
      clients.add(client);
      return new Response(new URL(url).pathname);
    });
    const session = connectHttp2(`http://127.0.0.1:${front.port}`);
    const closed = new Promise<void>((resolve) => session.on("close", resolve));
    try {
      for (const path of ["/1", "/2"]) {
        const request = session.request({ ":path": path });
        request.setEncoding("utf8");
        let body = "";
        request.on("data", (text) => body += text);
        const ended = new Promise((resolve) => request.on("end", resolve));
        request.end();
        await within(ended, "an answer");
        assertEquals(body, path);
      }
      assertEquals([clients.size, front.accepted], [1, 1]);
    } finally {
      session.destroy();
      await within(closed, "the connection to close");
    }
    await front.rests();
  });
}

Deno.test("one request: what only begins like HTTP/2 is refused", async () => {
  const { urls, statuses } = await seen(`PRI * HTTP/2.0\r\n\r\n${UPGRADE}`);
  assertEquals([urls, statuses], [[], ["HTTP/1.1 400"]]);
});

// Strangers.

Deno.test("who connects from elsewhere on this machine is refused, and no handler sees it", async () => {
  let asked = 0;
  await using front = new Front("one request", () => {
    asked++;
    return new Response();
  });
  const { port } = front.inner.addr;
  using client = await RawClient.connect(port);
  for (const request of [GET, handshake(port)]) {
    const answer = await client.ask(request);
    assertEquals([answer.status, answer.body], [
      403,
      "This port is the server's own: use the other one\n",
    ]);
  }
  assertEquals(asked, 0);
});

Deno.test({
  name: "the port of a connection that has ended is a stranger's again",
  ignore: Deno.build.os !== "linux",
  async fn(): Promise<void> {
    const ports: number[] = [];
    await using front = new Front("everything", (_, __, { remoteAddr }) => {
      ports.push((remoteAddr as Deno.NetAddr).port);
      return new Response();
    });
    await front.ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    await front.rests();
    const stranger = connectFrom({
      host: "127.0.0.1",
      port: front.inner.addr.port,
      localPort: ports[0],
    });
    let answer = "";
    stranger.setEncoding("utf8").on("data", (text) => answer += text);
    const ended = new Promise<void>((resolve, reject) =>
      stranger.on("end", resolve).on("error", reject)
    );
    const closed = new Promise<void>((resolve) =>
      stranger.on("close", () => resolve())
    );
    stranger.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    await within(ended, "an answer");
    stranger.destroy();
    await within(closed, "the connection to close");
    assertMatch(answer, /^HTTP\/1\.1 403 /);
    assertEquals(ports.length, 1);
  },
});

/** Has the next connections made in another way. */
function connecting(
  connect: (
    original: () => Promise<Deno.TcpConn>,
    count: number,
  ) => Promise<Deno.TcpConn>,
): Disposable {
  const original = Deno.connect;
  let count = 0;
  Deno.connect =
    ((options: Deno.ConnectOptions) =>
      connect(() => original(options), count++)) as typeof Deno.connect;
  return {
    [Symbol.dispose](): void {
      Deno.connect = original;
    },
  };
}

Deno.test("a request that somebody left behind on the port of a new connection is not taken for a client's", async () => {
  const asked: string[] = [];
  await using front = new Front("one request", ({ url }) => {
    asked.push(new URL(url).pathname);
    return new Response();
  });
  using stranger = await Deno.connect({
    hostname: "127.0.0.1",
    port: front.inner.addr.port,
  });
  const [near, far] = memoryDuplex();
  await near.write(latin1(GET));
  const head = await readHead(far);
  assert(head !== null && !("status" in head));
  let done: Promise<void>;
  {
    using _ = connecting(async (original, count) => {
      const conn = await original();
      if (count > 0) return conn;
      // As if the stranger's port were the one that the system has chosen for this connection.
      const { port } = stranger.localAddr;
      Object.defineProperty(conn, "localAddr", { value: { port } });
      await stranger.write(latin1("GET /strange HTTP/1.1\r\nHost: a\r\n\r\n"));
      return conn;
    });
    done = front.inner.answer(far, head, 1);
    // The client's own request comes from another port than the one that is known now.
    assertMatch(await restOf(near), /^HTTP\/1\.1 403 /);
  }
  near.close();
  await within(done, "the connection to be closed");
  assertEquals(asked, []);
});

Deno.test("when somebody else listens on the port, a client is refused, and its request stays secret", async () => {
  await using front = new Front("one request", () => new Response());
  let stolen = "";
  const thief = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen(): void {} },
    ({ url }) => {
      stolen += url;
      return new Response();
    },
  );
  {
    const { hostname, port } = thief.addr;
    const { connect } = Deno;
    using _ = connecting(() => connect({ hostname, port }));
    const [near, far] = memoryDuplex();
    await near.write(latin1(GET));
    const head = await readHead(far);
    assert(head !== null && !("status" in head));
    const done = front.inner.answer(far, head, 1);
    assertMatch(
      await restOf(near),
      /^HTTP\/1\.1 503 [^]*\r\nretry-after: 1\r\n[^]*\r\n\r\nThis server is busy: try again\n$/,
    );
    near.close();
    await within(done, "the connection to be closed");
  }
  assertMatch(stolen, /^http:\/\/localhost:\d+\/[-0-9a-f]{36}$/);
  await thief.shutdown();
});

Deno.test("when the port was lost meanwhile, a client is refused, whoever answers by then", async () => {
  const finished = Promise.withResolvers<void>();
  const servers: Deno.HttpServer[] = [];
  const { serve } = Deno;
  // A server that ends by itself, as when no file is left to open.
  Deno.serve = ((options: Deno.ServeTcpOptions, handle: Deno.ServeHandler) => {
    const server = serve(options, handle);
    servers.push(server);
    return { ...server, addr: server.addr, finished: finished.promise };
  }) as typeof Deno.serve;
  let asked = 0;
  const inner = new InnerServer<number>(() => {
    asked++;
    return new Response();
  }, () => {});
  Deno.serve = serve;
  const [near, far] = memoryDuplex();
  await near.write(latin1(GET));
  {
    using _ = connecting((original, count) => {
      if (count === 1) finished.reject(new Error("Too many open files"));
      return original();
    });
    const done = inner.splice(far, new Uint8Array(0), 1);
    assertMatch(await restOf(near), /^HTTP\/1\.1 503 /);
    near.close();
    await within(done, "the connection to be closed");
  }
  assertEquals(asked, 0);
  await within(inner.shutdown(), "the server to end");
  await servers[0].shutdown();
});

Deno.test("when no connection can be made, a client is refused", async () => {
  await using front = new Front("one request", () => new Response());
  using _ = connecting(() => Promise.reject(new Error("Too many open files")));
  const [near, far] = memoryDuplex();
  const done = front.inner.splice(far, new Uint8Array(0), 1);
  assertMatch(await restOf(near), /^HTTP\/1\.1 503 /);
  near.close();
  await within(done, "the connection to be closed");
});

// The end.

Deno.test("an answer on its way gets a second when the server ends, and one that takes longer is cut", async () => {
  for (
    const [ms, answer] of [[300, /\r\n\r\nlate$/], [5000, /^$/]] as const
  ) {
    const asked = Promise.withResolvers<void>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const front = new Front("one request", () => {
      asked.resolve();
      return new Promise((resolve) => {
        timer = setTimeout(() => resolve(new Response("late")), ms);
      });
    });
    using client = await front.client(GET);
    await within(asked.promise, "the request");
    const ended = front[Symbol.asyncDispose]();
    assertMatch(await client.rest(), answer);
    await ended;
    clearTimeout(timer);
  }
});

Deno.test("WebSockets and idle connections are closed when the server ends", async () => {
  const front = new Front(
    "everything",
    (request) =>
      request.headers.has("upgrade")
        ? Deno.upgradeWebSocket(request).response
        : new Response("hello"),
  );
  using webSocket = await RawClient.open(front.port);
  using idle = await front.client();
  assertEquals((await idle.ask(GET)).body, "hello");
  using silent = await front.client();
  const ended = front[Symbol.asyncDispose]();
  for (const client of [webSocket, idle, silent]) assert(await client.ends());
  await ended;
});

Deno.test("after the end a client is refused", async () => {
  const front = new Front("one request", () => new Response());
  await front[Symbol.asyncDispose]();
  const [near, far] = memoryDuplex();
  const done = front.inner.splice(far, new Uint8Array(0), 1);
  assertMatch(await restOf(near), /^HTTP\/1\.1 503 /);
  near.close();
  await within(done, "the connection to be closed");
});

// Copying, without a server.

/** Everything that comes until the end, as text. */
async function restOf(duplex: Duplex): Promise<string> {
  const bytes = new Uint8Array(1 << 16);
  let all = "";
  for (;;) {
    const count = await within(duplex.read(bytes), "the end of an answer");
    if (count === null) return all;
    all += String.fromCharCode(...bytes.subarray(0, count));
  }
}

/** A connection that counts how often it is closed. */
function counted(duplex: Duplex): Duplex & { closed: number } {
  const one = {
    closed: 0,
    read: (into: Uint8Array) => duplex.read(into),
    write: (bytes: Uint8Array) => duplex.write(bytes),
    closeWrite: () => duplex.closeWrite(),
    close(): void {
      one.closed++;
      duplex.close();
    },
  };
  return one;
}

/** A client and a server in the test's hand, joined. */
function joined(
  options?: SpliceOptions,
  capacity?: number,
): {
  client: Duplex;
  server: Duplex;
  near: { closed: number };
  far: { closed: number };
  done: Promise<void>;
} {
  const [client, a] = memoryDuplex(capacity);
  const [b, server] = memoryDuplex(capacity);
  const near = counted(a), far = counted(b);
  return { client, server, near, far, done: splice(near, far, options) };
}

async function send(duplex: Duplex, text: string): Promise<void> {
  await within(duplex.write(latin1(text)), "bytes to be taken");
}

async function receive(duplex: Duplex): Promise<string | null> {
  const bytes = new Uint8Array(1000);
  const count = await within(duplex.read(bytes), "bytes");
  return count === null
    ? null
    : String.fromCharCode(...bytes.subarray(0, count));
}

Deno.test("splice: ends of both directions are passed on, and each connection is closed once", async () => {
  const { client, server, near, far, done } = joined();
  await send(client, "request");
  await client.closeWrite();
  assertEquals([await receive(server), await receive(server)], [
    "request",
    null,
  ]);
  await send(server, "answer");
  assertEquals(await receive(client), "answer");
  assertEquals([near.closed, far.closed], [0, 0]);
  await server.closeWrite();
  assertEquals(await receive(client), null);
  await within(done, "both connections to be closed");
  assertEquals([near.closed, far.closed], [1, 1]);
});

Deno.test("splice: a client may leave a second after the server at most", async () => {
  const { client, server, near, far, done } = joined();
  await server.closeWrite();
  assertEquals(await receive(client), null);
  // It is still listened to.
  await send(client, "late");
  assertEquals(await receive(server), "late");
  const began = performance.now();
  await within(done, "both connections to be closed");
  assert(performance.now() - began > 500);
  assertEquals([near.closed, far.closed], [1, 1]);
});

Deno.test("splice: a client behind its last byte is listened to only to see it leave", async () => {
  const { client, server, done } = joined({ upTo: 5 });
  await send(client, "abc");
  assertEquals(await receive(server), "abc");
  await send(client, "defgh");
  assertEquals(await receive(server), "de");
  await send(client, "ijk");
  await client.closeWrite();
  assertEquals(await receive(server), null);
  await server.closeWrite();
  await within(done, "both connections to be closed");
});

Deno.test("splice: 64 KiB that nobody wants are read, and no more", async () => {
  const { client, server, done } = joined({ upTo: 0 }, 4096);
  let sent = 0;
  const sending = (async () => {
    try {
      for (;;) sent += await client.write(new Uint8Array(4096));
    } catch {
      // The connection has ended.
    }
  })();
  await comesToRest(() => sent);
  assert(sent >= 1 << 16, `${sent}`);
  assertLess(sent, 3 * (1 << 16));
  // The answer is delivered all the same.
  await send(server, "answer");
  assertEquals(await receive(client), "answer");
  await server.closeWrite();
  await within(done, "both connections to be closed");
  client.close();
  await within(sending, "the sender to end");
});

Deno.test("splice: a server that takes no more is heard to its end", async () => {
  const [client, near] = memoryDuplex();
  const [far, server] = memoryDuplex();
  let tries = 0;
  const done = splice(near, {
    ...far,
    write(): Promise<number> {
      tries++;
      return Promise.reject(new Deno.errors.BrokenPipe("closed"));
    },
  });
  await send(client, "abc");
  await send(server, "answer");
  assertEquals(await receive(client), "answer");
  await send(client, "def");
  await server.closeWrite();
  assertEquals(await receive(client), null);
  client.close();
  await within(done, "both connections to be closed");
  assertEquals(tries, 1);
});

for (
  const [who, lose] of [
    ["client", 0],
    ["server", 1],
  ] as const
) {
  Deno.test(`splice: a lost ${who} ends both at once`, async () => {
    const lost = Promise.withResolvers<number>();
    const [client, near] = memoryDuplex();
    const [far, server] = memoryDuplex();
    const ends = [counted(near), counted(far)];
    ends[lose].read = () => lost.promise;
    const done = splice(ends[0], ends[1]);
    lost.reject(new Deno.errors.ConnectionReset("reset"));
    const watch = new Stopwatch();
    await within(done, "both connections to be closed");
    assertLess(watch.ms, 900);
    assertEquals(ends.map(({ closed }) => closed), [1, 1]);
    client.close();
    server.close();
  });
}

Deno.test("splice: a signal ends both at once, also one that was given before", async () => {
  const stop = new AbortController();
  const one = joined({ signal: stop.signal });
  await send(one.client, "abc");
  assertEquals(await receive(one.server), "abc");
  stop.abort();
  const other = joined({ signal: stop.signal });
  for (const { near, far, done } of [one, other]) {
    await within(done, "both connections to be closed");
    assertEquals([near.closed, far.closed], [1, 1]);
  }
});
