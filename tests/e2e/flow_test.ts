/** Flow control: whoever is slow holds the other back, nothing is lost, and memory stays bounded. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import {
  BulkClient,
  concat,
  OPCODE,
  ResettingClient,
  text,
} from "../helpers/bulk_client.ts";
import { Client } from "../helpers/client.ts";
import { pause, within } from "../helpers/deadline.ts";
import { allGone, peakMiB } from "../helpers/processes.ts";
import { ProgramServer } from "../helpers/program_server.ts";
import { startServer } from "../helpers/server.ts";
import { Stopwatch } from "../helpers/stopwatch.ts";

// Memory is read in /proc.
const ignore = Deno.build.os !== "linux";
/** How long a client does not read. The project promises a minute; that long only where somebody asks for it. */
const SOAK_MS = Number(Deno.env.get("WEBSOCKETD_SOAK_MS") ?? 10_000);
/** What the server may hold, in MiB, its runtime and code included (about 60). */
const MOST_MIB = 150;

/** Bytes of printable text that no two messages share. */
function printable(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0, x = seed + 1; i < size; i++) {
    x = (x * 1103515245 + 12345) & 0x7fffffff;
    bytes[i] = 33 + (x >> 16) % 90;
  }
  return bytes;
}

Deno.test({
  name:
    `a client that stops reading for ${SOAK_MS} ms holds the program back, costs no memory, and then gets every line`,
  ignore,
  async fn(): Promise<void> {
    await using server = await startServer(["seq", "1", "1000000000"]);
    using client = await BulkClient.open(server.port);
    await pause(SOAK_MS);
    const decoder = new TextDecoder();
    for (let line = 1; line <= 500_000; line++) {
      const frame = await client.next();
      if (frame?.opcode === OPCODE.PING) {
        line--;
        continue;
      }
      if (frame === null || decoder.decode(frame.payload) !== `${line}`) {
        throw new Error(`Line ${line} is missing`);
      }
    }
    const peak = peakMiB(server.pid);
    console.log(`    the server's peak: ${peak.toFixed()} MiB`);
    assert(peak < MOST_MIB, `${peak} MiB`);
  },
});

for (
  const { what, count, sizes } of [
    {
      what: "200 MB in messages of 64 KiB to 200 KB",
      count: 1480,
      sizes: [65_536, 100_000, 200_000, 131_071, 131_072, 180_000, 140_000],
    },
    {
      what: "2,000,000 messages of a few bytes",
      count: 2_000_000,
      sizes: [1, 2, 3, 10, 5, 0, 7, 40, 20, 8],
    },
  ]
) {
  Deno.test({
    name:
      `a client that sends ${what} to a program that sleeps first: all of it arrives, and costs no memory`,
    ignore,
    async fn(): Promise<void> {
      const messages = sizes.map(printable);
      const batch = Math.max(1, Math.floor(1000 / sizes.length));
      const newline = Uint8Array.of(10);
      const hash = createHash("sha256");
      let size = 0;
      for (let i = 0; i < count; i++) {
        const message = messages[i % sizes.length];
        hash.update(message).update(newline);
        size += message.length + 1;
      }
      const expected = hash.digest("hex");
      await using server = await startServer([
        "bash",
        "-c",
        `sleep 3; head -c ${size} | sha256sum; cat`,
      ]);
      using client = await BulkClient.open(server.port);
      const begin = performance.now();
      const frames = messages.map((message) => text(message));
      const all = concat(new Array(batch).fill(frames).flat());
      const perBatch = batch * sizes.length;
      const send = async () => {
        for (let sent = 0; sent < count; sent += perBatch) {
          await client.write(
            count - sent >= perBatch ? all : concat(
              Array.from(
                { length: count - sent },
                (_, i) => frames[i % sizes.length],
              ),
            ),
          );
        }
      };
      const [answer] = await within(
        Promise.all([client.nextText(60_000), send()]),
        "everything to be sent and read",
        60_000,
      );
      assertEquals(answer?.slice(0, 64), expected);
      const peak = peakMiB(server.pid);
      const ms = performance.now() - begin;
      console.log(
        `    ${
          (size / 1e6).toFixed()
        } MB in ${ms.toFixed()} ms; the server's peak: ${peak.toFixed()} MiB`,
      );
      assert(peak < MOST_MIB, `${peak} MiB`);
      await client.write(text("still here"));
      assertEquals(await client.nextText(), "still here");
    },
  });
}

Deno.test({
  name:
    "200 MB through cat to a client that reads only after a while: no deadlock, nothing lost, and it costs no memory",
  ignore,
  async fn(): Promise<void> {
    const count = 1600, size = 125_000;
    const message = printable(size, 0);
    await using server = await startServer(["cat"]);
    using client = await BulkClient.open(server.port);
    let sent = 0;
    const send = async () => {
      for (; sent < count; sent++) {
        message.set(new TextEncoder().encode(`${sent}:`.padEnd(8, "-")));
        await client.write(text(message));
      }
    };
    const sending = send();
    sending.catch(() => {}); // if the test fails first
    await pause(2000);
    // The client has been held back: much less than all fits in the buffers on the way.
    assert(sent < count / 2, `${sent} messages`);
    const begun = new TextDecoder();
    const tail = message.slice(8);
    for (let i = 0; i < count; i++) {
      const frame = await client.next();
      if (
        frame?.payload.length !== size ||
        !begun.decode(frame.payload.subarray(0, 8)).startsWith(`${i}:`) ||
        Buffer.compare(frame.payload.subarray(8), tail) !== 0
      ) {
        throw new Error(
          `Message ${i} is another: ${frame?.opcode} ${frame?.payload.length} ${
            begun.decode(frame?.payload.subarray(0, 40))
          }`,
        );
      }
    }
    await within(sending, "the last message to be sent");
    const peak = peakMiB(server.pid);
    console.log(`    the server's peak: ${peak.toFixed()} MiB`);
    assert(peak < MOST_MIB, `${peak} MiB`);
  },
});

/** Sends until the server takes no more and a write waits. */
async function fill(
  client: { write(bytes: Uint8Array): Promise<void> },
): Promise<void> {
  const message = text(printable(100_000, 1));
  let sent = 0;
  const send = async () => {
    for (; sent < 1000; sent++) await client.write(message);
  };
  // It ends with the connection.
  send().catch(() => {});
  for (let before = -1; before < sent; before = sent, await pause(150));
  assert(sent < 1000, "nothing holds the client back");
}

for (
  const { way, connect } of [
    {
      way: "closes its connection",
      async connect(port: number): Promise<() => void> {
        const client = await BulkClient.open(port);
        await client.nextText();
        await fill(client);
        return () => client.drop();
      },
    },
    {
      way: "resets its connection",
      async connect(port: number): Promise<() => void> {
        const client = await ResettingClient.open(port);
        await fill(client);
        return () => client.reset();
      },
    },
  ]
) {
  Deno.test({
    name:
      `a client that ${way} while the program does not read and everything is full: seen within a few pings, program gone`,
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.bash("echo; exec sleep 1000", {
        pingMs: 500,
      });
      const leave = await connect(server.port);
      const watch = new Stopwatch();
      leave();
      const { code, pid } = await server.next("session.closed");
      assertLess(watch.ms, 4000);
      assertEquals(code, 1006);
      await allGone([pid!]);
    },
  });
}

Deno.test({
  name:
    "--pingms=200 never cuts a client that lives and is held back because its program does not read for 2 s",
  ignore,
  async fn(): Promise<void> {
    await using server = await startServer([
      "--pingms=200",
      "bash",
      "-c",
      "sleep 2; head -c 8000000 | wc -c; cat",
    ]);
    await using client = await Client.open(server.url);
    const message = "x".repeat(79_999);
    for (let i = 0; i < 100; i++) client.send(message);
    client.send("still here");
    assertEquals(await client.message(0), "8000000");
    assertEquals(await client.message(1), "still here");
  },
});

Deno.test({
  name:
    "--pingms=200 never cuts a client that answers, nor one that sends messages and answers nothing",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({
      command: "cat",
      pingMs: 200,
    });
    await using answers = await Client.open(server.url);
    using talks = await BulkClient.open(server.port);
    for (let i = 0; i < 10; i++) {
      await talks.write(text(`${i}`));
      await pause(100);
    }
    answers.send("still here");
    assertEquals(await answers.message(0), "still here");
    assertEquals(server.of("session.closed"), []);
  },
});

for (
  const [what, script] of [
    ["is silent", "cat"],
    ["prints all the time", "while echo x; do sleep 0.02; done"],
  ]
) {
  Deno.test({
    name:
      `--pingms=200 cuts a client that answers no ping after 400 ms, while its program ${what}`,
    ignore,
    async fn(): Promise<void> {
      await using server = await ProgramServer.bash(script, { pingMs: 200 });
      using client = await BulkClient.open(server.port);
      const watch = new Stopwatch();
      let pings = 0;
      await client.readToEnd(({ opcode }) => {
        if (opcode === OPCODE.PING) pings++;
      }, { answersPings: false }).catch(() => {}); // it is not waited for
      const { wallMs, ms } = watch;
      assert(wallMs > 350 && ms < 2000, `${wallMs} ms`);
      assertEquals(pings, 1);
      const closed = await server.next("session.closed");
      assertEquals([closed.code, closed.reason], [1006, "no answer to a ping"]);
    },
  });
}

Deno.test({
  name: "--pingms=0 pings nobody and cuts nobody",
  ignore,
  async fn(): Promise<void> {
    await using server = await ProgramServer.start({
      command: "cat",
      pingMs: 0,
    });
    using client = await BulkClient.open(server.port);
    await pause(700);
    await client.write(text("still here"));
    assertEquals(await client.nextText(), "still here");
  },
});
