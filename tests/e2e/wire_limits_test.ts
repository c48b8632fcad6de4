/** What clients of the wire engine can make it hold, whatever they send. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { constants, deflateRawSync } from "node:zlib";
import { concat, frame as zeroMasked, OPCODE } from "../helpers/bulk_client.ts";
import { eventually } from "../helpers/deadline.ts";
import { Growth, warmUp } from "../helpers/memory.ts";
import { childrenOf } from "../helpers/processes.ts";
import {
  type Closed,
  frame,
  handshake,
  latin1,
  RawClient,
} from "../helpers/raw_client.ts";
import { type ServerProcess, startServer } from "../helpers/server.ts";

const ignore = Deno.build.os !== "linux";

const MIB = 1 << 20;
/** Frames that a message may come in. */
const MAX_FRAGMENTS = 1 << 17;
/** What a process grows by for no reason of the test's, in MiB: code, garbage not yet collected, the system's mood. */
const SLACK_MIB = 32;

const TOO_LARGE: Closed = {
  code: 1009,
  reason: `message of ${
    MIB + 1
  } bytes is over the limit of ${MIB} (--maxframesize)`,
};

/** Serves `cat`, or another program, with a limit of 1 MiB. */
async function start(
  args: readonly string[] = ["cat"],
): Promise<ServerProcess> {
  return await startServer([
    "--engine=wire",
    "--maxframesize=1048576",
    ...args,
  ]);
}

/** Serves `cat` and waits until it is up to speed. */
async function startWarm(
  flags: readonly string[] = [],
): Promise<ServerProcess> {
  const server = await start([...flags, "cat"]);
  await warmUp(server.port);
  return server;
}

/** Writes the same bytes again and again until the server closes; says how it did. */
async function writeUntilClosed(
  client: RawClient,
  bytes: Uint8Array,
): Promise<Closed> {
  let isClosed = false;
  const ending = client.all().finally(() => isClosed = true);
  ending.catch(() => {}); // It is awaited further down.
  while (!isClosed && await client.tryWrite(bytes));
  const { code, reason, messages } = await ending;
  assertEquals(messages, []);
  return { code, reason };
}

/** Waits until no session is left. */
async function allLeft(server: ServerProcess): Promise<void> {
  await eventually(
    () => childrenOf(server.pid).length === 0,
    () => `${childrenOf(server.pid).length} programs to end`,
  );
}

function opened(port: number, count: number): Promise<RawClient[]> {
  return Promise.all(
    Array.from({ length: count }, () => RawClient.open(port)),
  );
}

function disposeAll(clients: readonly RawClient[]): void {
  for (const client of clients) client[Symbol.dispose]();
}

Deno.test({
  name: `a message may come in ${MAX_FRAGMENTS} fragments; one more is 1009`,
  ignore,
  async fn(): Promise<void> {
    await using server = await start();
    const fragments = concat([
      zeroMasked(OPCODE.TEXT, "a", false),
      ...Array(MAX_FRAGMENTS - 2).fill(
        zeroMasked(OPCODE.CONTINUATION, "", false),
      ),
    ]);
    using right = await RawClient.open(server.port);
    await right.write(fragments);
    await right.write(zeroMasked(OPCODE.CONTINUATION, "z"));
    assertEquals(await right.message(), "az");

    using wrong = await RawClient.open(server.port);
    await wrong.write(fragments);
    await wrong.write(zeroMasked(OPCODE.CONTINUATION, "y", false));
    await wrong.write(zeroMasked(OPCODE.CONTINUATION, "z"));
    const { code, reason, messages } = await wrong.all();
    assertEquals(messages, []);
    assertEquals(
      { code, reason },
      {
        code: 1009,
        reason: `a message has more than ${MAX_FRAGMENTS} fragments`,
      },
    );
  },
});

const MANY_FRAGMENTS = /^a message has more than 131072 fragments$/;
const MANY_BYTES =
  /^message of 1\d{6} bytes is over the limit of 1048576 \(--maxframesize\)$/;

for (
  const { what, size, reason } of [
    { what: "empty fragments", size: 0, reason: MANY_FRAGMENTS },
    { what: "fragments of 64 bytes", size: 64, reason: MANY_BYTES },
    { what: "fragments of 64 KiB", size: 1 << 16, reason: MANY_BYTES },
  ]
) {
  Deno.test({
    name:
      `${what} without end, from eight clients at once: 1009, in bounded memory`,
    ignore,
    async fn(): Promise<void> {
      await using server = await startWarm();
      const one = zeroMasked(OPCODE.CONTINUATION, "x".repeat(size), false);
      const many = concat(
        Array(Math.ceil((1 << 18) / one.length)).fill(one),
      );
      const clients = await opened(server.port, 8);
      const growth = new Growth(server.pid);
      try {
        const ends = await Promise.all(clients.map(async (client) => {
          await client.write(zeroMasked(OPCODE.TEXT, "x", false));
          return await writeUntilClosed(client, many);
        }));
        for (const end of ends) {
          assertEquals(end.code, 1009);
          assertMatch(end.reason, reason);
        }
      } finally {
        disposeAll(clients);
      }
      assert(growth.peak < 8 * 1.0625 + SLACK_MIB, `${growth.peak} MiB`);
      await allLeft(server);
    },
  });
}

/** A masked header with a length in 64 bits, and no payload. */
function header64(length: bigint): Uint8Array {
  const bytes = new Uint8Array(14);
  bytes[0] = 0x80 | OPCODE.BINARY;
  bytes[1] = 0x80 | 127;
  new DataView(bytes.buffer).setBigUint64(2, length);
  return bytes;
}

for (
  const [length, code] of [
    [2n ** 64n - 1n, 1002],
    [2n ** 63n, 1002],
    [2n ** 63n - 1n, 1009],
    [2n ** 53n + 1n, 1009],
    [2n ** 32n + 5n, 1009],
    [2n ** 31n, 1009],
    [BigInt(MIB) + 1n, 1009],
    [65_535n, 1002],
    [5n, 1002],
    [0n, 1002],
  ] as const
) {
  Deno.test({
    name:
      `a frame that says in 64 bits that it has ${length} bytes: ${code}, before any of them`,
    ignore,
    async fn(): Promise<void> {
      await using server = await start(["--framing=length32", "cat"]);
      using client = await RawClient.open(server.port);
      await client.write(header64(length));
      const { code: got, messages } = await client.all();
      assertEquals({ got, messages }, { got: code, messages: [] });
      assert(await client.ends());
    },
  });
}

Deno.test({
  name: "a client that sends pings and reads no pong costs nothing",
  ignore,
  async fn(): Promise<void> {
    await using server = await startWarm();
    using client = await RawClient.open(server.port);
    const pings = concat(
      Array(2000).fill(zeroMasked(OPCODE.PING, "p".repeat(125))),
    );
    const growth = new Growth(server.pid);
    // 64 MiB: all of them are taken, and most are not answered.
    for (let sent = 0; sent < 64 * MIB; sent += pings.length) {
      await client.write(pings);
    }
    assert(growth.peak < SLACK_MIB, `${growth.peak} MiB`);
    await client.send("read on");
    for (;;) {
      const { opcode, payload } = (await client.frame())!;
      if (opcode === OPCODE.TEXT) {
        assertEquals(new TextDecoder().decode(payload), "read on");
        break;
      }
      assertEquals([opcode, payload.length], [OPCODE.PONG, 125]);
    }
    assertEquals((await client.leave()).code, 1000);
  },
});

/** Opens a WebSocket with permessage-deflate. */
async function openDeflating(port: number): Promise<RawClient> {
  const client = await RawClient.connect(port);
  const head = await client.ask(latin1(handshake(port, {
    headers: { "Sec-WebSocket-Extensions": "permessage-deflate" },
  })));
  assertEquals(head.get("sec-websocket-extensions"), "permessage-deflate");
  return client;
}

/** A compressed message of so many times the letter x. */
function bomb(size: number): Uint8Array {
  return deflateRawSync(new Uint8Array(size).fill(120), {
    finishFlush: constants.Z_SYNC_FLUSH,
  }).subarray(0, -4);
}

for (
  const { what, size } of [
    { what: "1 MiB and a byte in 1 KiB", size: MIB + 1 },
    { what: "256 MiB in 260 KiB", size: 256 * MIB },
  ]
) {
  Deno.test({
    name:
      `deflate bombs, ${what}, from eight clients at once: 1009, in bounded memory`,
    ignore,
    async fn(): Promise<void> {
      await using server = await startWarm(["--compress"]);
      const message = frame(OPCODE.TEXT, bomb(size), { rsv: 4 });
      {
        // What is allowed passes, and warms up what inflates.
        using client = await openDeflating(server.port);
        await client.write(frame(OPCODE.TEXT, bomb(MIB), { rsv: 4 }));
        const echo = (await client.frame())!;
        assertEquals([echo.rsv, echo.opcode], [4, OPCODE.TEXT]);
      }
      const growth = new Growth(server.pid);
      const ends = await Promise.all(Array.from({ length: 8 }, async () => {
        using client = await openDeflating(server.port);
        await client.write(message);
        const { code, reason, messages } = await client.all();
        assertEquals(messages, []);
        return { code, reason };
      }));
      assertEquals(ends, Array(8).fill(TOO_LARGE));
      assert(growth.peak < 8 * 1.0625 + SLACK_MIB, `${growth.peak} MiB`);
      await allLeft(server);
    },
  });
}

Deno.test({
  name:
    "compressed blocks without end of which nothing comes: 1009, in bounded memory",
  ignore,
  async fn(): Promise<void> {
    await using server = await startWarm(["--compress"]);
    using client = await openDeflating(server.port);
    const growth = new Growth(server.pid);
    await client.write(frame(OPCODE.TEXT, "", { rsv: 4, fin: false }));
    // Stored blocks of no bytes.
    const nothing = concat(Array(200).fill(Uint8Array.of(0, 0, 0, 255, 255)));
    const { code } = await writeUntilClosed(
      client,
      zeroMasked(OPCODE.CONTINUATION, nothing, false),
    );
    assertEquals(code, 1009);
    assert(growth.peak < SLACK_MIB, `${growth.peak} MiB`);
  },
});

/** Bytes that a process has written so far. */
function writtenBy(pid: number): number {
  return Number(
    /^wchar: (\d+)$/m.exec(Deno.readTextFileSync(`/proc/${pid}/io`))![1],
  );
}

Deno.test({
  name:
    "clients that never read hold their programs back, in bounded memory, compressed or not",
  ignore,
  async fn(): Promise<void> {
    await using server = await start(["--compress", "yes", "0123456789abcdef"]);
    const growth = new Growth(server.pid);
    const clients = [
      ...await opened(server.port, 4),
      ...await Promise.all(
        Array.from({ length: 4 }, () => openDeflating(server.port)),
      ),
    ];
    try {
      const programs = await eventually(() => {
        const pids = childrenOf(server.pid);
        return pids.length === 8 && pids;
      }, "8 programs");
      let before = programs.map(() => -1), quietSince = performance.now();
      await eventually(
        () => {
          const now = programs.map(writtenBy);
          const isQuiet = now.every((count, i) => count === before[i]);
          if (!isQuiet) quietSince = performance.now();
          before = now;
          return performance.now() - quietSince > 1000;
        },
        () => `a second in which no program prints; so far ${before}`,
        60_000,
      );
      // A program's pipe, a batch, and what the system keeps are not the server's memory.
      assert(growth.peak < 8 + 2 * SLACK_MIB, `${growth.peak} MiB`);
    } finally {
      disposeAll(clients);
    }
    await allLeft(server);
  },
});

/** Whether nothing is on its way between the clients of a port and its server: all of it has been read. */
function isAllRead(port: number): boolean {
  const end = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = Deno.readTextFileSync("/proc/net/tcp").split("\n");
  return rows.map((row) => row.trim().split(/\s+/)).every(
    ([, local, remote, , queues]) =>
      !(local?.endsWith(end) || remote?.endsWith(end)) ||
      queues === "00000000:00000000",
  );
}

Deno.test({
  name:
    "100 clients that hold back the last byte of 1 MiB cost 1 MiB and 64 KiB each, until they leave",
  ignore,
  async fn(): Promise<void> {
    const count = 100;
    await using server = await startWarm();
    const letters = new Uint8Array(MIB - 1).fill(120);
    const whole = zeroMasked(OPCODE.TEXT, new Uint8Array(MIB).fill(120));
    const inOne = whole.subarray(0, -1);
    const inPieces = concat([
      zeroMasked(OPCODE.TEXT, letters.subarray(0, MIB / 2), false),
      zeroMasked(OPCODE.CONTINUATION, letters.subarray(MIB / 2), false),
      zeroMasked(OPCODE.PING, "all of it"),
    ]);
    const clients = await opened(server.port, count);
    const growth = new Growth(server.pid);
    const most = count * (1 + 1 / 16) + SLACK_MIB;
    try {
      for (const [i, client] of clients.entries()) {
        await client.write(i % 2 === 0 ? inOne : inPieces);
      }
      for (const [i, client] of clients.entries()) {
        if (i % 2 === 0) continue;
        assertEquals((await client.frame())!.opcode, OPCODE.PONG);
      }
      await eventually(() => isAllRead(server.port), "all of it to be read");
      // Else this would measure nothing; garbage of before may have made room for some.
      assert(growth.now > count / 2, `only ${growth.now} MiB`);
      assert(growth.peak < most, `${growth.peak} MiB`);

      // Nothing was lost on the way.
      await clients[0].write(whole.subarray(-1));
      await clients[1].write(zeroMasked(OPCODE.CONTINUATION, "x"));
      for (const client of clients.slice(0, 2)) {
        assertEquals((await client.message()).length, MIB);
      }
    } finally {
      disposeAll(clients);
    }
    await allLeft(server);
    await eventually(
      () => growth.now < SLACK_MIB,
      () => `less memory than ${growth.now} MiB`,
    );
  },
});

for (const framing of ["lines", "length32"]) {
  Deno.test({
    name:
      `100 clients of programs that read nothing cost 1 MiB and 64 KiB each: ${framing}`,
    ignore,
    async fn(): Promise<void> {
      const count = 100;
      await using server = await start([
        `--framing=${framing}`,
        "sleep",
        "1000",
      ]);
      const opcode = framing === "lines" ? OPCODE.TEXT : OPCODE.BINARY;
      const message = zeroMasked(opcode, new Uint8Array(MIB).fill(120));
      const clients = await opened(server.port, count);
      const growth = new Growth(server.pid);
      const most = count * (1 + 1 / 16) + SLACK_MIB;
      try {
        for (const client of clients) await client.write(message);
        await eventually(() => isAllRead(server.port), "all of it to be read");
        // What was read has been handed to the programs by the time this one is answered.
        clients.push(...await opened(server.port, 1));
        assert(growth.now > count / 2, `only ${growth.now} MiB`);
        assert(growth.peak < most, `${growth.peak} MiB`);
      } finally {
        disposeAll(clients);
      }
    },
  });
}

for (
  const { where, bytes } of [
    { where: "after a message", bytes: frame(OPCODE.TEXT, "whole") },
    { where: "inside a header", bytes: Uint8Array.of(0x81) },
    {
      where: "inside a message",
      bytes: frame(OPCODE.TEXT, "half", { length: 1000 }),
    },
    {
      where: "between fragments",
      bytes: frame(OPCODE.TEXT, "half", { fin: false }),
    },
  ]
) {
  Deno.test({
    name:
      `a client that ends its half ${where} is answered with a close frame, and gone`,
    ignore,
    async fn(): Promise<void> {
      await using server = await start();
      using client = await RawClient.open(server.port);
      await client.write(bytes);
      await client.closeWrite();
      let next = await client.next();
      if (next === "whole") next = await client.next();
      assertEquals(next, { code: 1005, reason: "" });
      assertEquals(await client.frame(), null);
      await allLeft(server);
      await server.logged(/DISCONNECT/);
    },
  });
}

Deno.test({
  name:
    "a client that ends its half while a program prints without end is gone, and so is the program",
  ignore,
  async fn(): Promise<void> {
    await using server = await start(["yes"]);
    using client = await RawClient.open(server.port);
    assertEquals(await client.message(), "y");
    await client.closeWrite();
    assert(await client.ends());
    await allLeft(server);
  },
});
