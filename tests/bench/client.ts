/**
 * The client of every measure, a process of its own so that it shares no thread with the harness. Argument: a job as JSON. It prints one JSON line for
 * each stage (the first says that it is warm and ready) and goes on when it is sent a byte; the end of its stdin ends it.
 */

import { Connection } from "./connection.ts";
import { concatBytes, FrameCounter, serverFrame, textFrame } from "./frames.ts";
import { delay } from "./delay.ts";
import { openFan } from "./fan_client.ts";
import type {
  EchoJob,
  FanOutJob,
  IdleJob,
  Job,
  PingPongJob,
  SessionsJob,
} from "./job.ts";

type Stages = AsyncGenerator<Record<string, number>, void, void>;

// 1 MiB: a read then takes all that the kernel holds for a fast sender, which is what makes the reader faster than any server.
const STREAM_BUFFER = 1 << 20;
// For connections that carry one short message at a time; 500 of them are open at once.
const SMALL_BUFFER = 4096;
// So many connections at once stay below the backlog of any server (128 was the least seen).
const OPENING_AT_ONCE = 16;

const encoder = new TextEncoder();

function stages(job: Job): Stages {
  switch (job.kind) {
    case "stream":
      return stream(job.port);
    case "plain":
      return plain(job.port);
    case "ping-pong":
      return pingPong(job.port, job);
    case "sessions":
      return sessions(job.port, job);
    case "echo":
      return echo(job.port, job);
    case "idle":
      return idle(job.port, job);
    case "fan-out":
      return fanOut(job.port, job);
  }
}

async function* stream(port: number): Stages {
  warmUp();
  const buffer = new Uint8Array(STREAM_BUFFER);
  yield {};
  const startedAt = performance.now();
  using connection = await Connection.open(port, buffer);
  const { counter } = connection;
  // The end of the connection is waited for but not timed: only one of the servers ends with a handshake.
  let lastAt = performance.now();
  for (
    let messages = counter.messages;
    await connection.receive();
    messages = counter.messages
  ) {
    if (counter.messages !== messages) lastAt = performance.now();
  }
  yield {
    messages: counter.messages,
    bytes: counter.bytes,
    ms: lastAt - startedAt,
  };
}

async function* plain(port: number): Stages {
  const buffer = new Uint8Array(STREAM_BUFFER);
  yield {};
  const startedAt = performance.now();
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  let bytes = 0;
  for (
    let size = await conn.read(buffer);
    size !== null;
    size = await conn.read(buffer)
  ) bytes += size;
  yield { bytes, ms: performance.now() - startedAt };
}

async function* pingPong(
  port: number,
  { rounds, warmupRounds, payloadBytes }: PingPongJob,
): Stages {
  using connection = await Connection.open(port, new Uint8Array(SMALL_BUFFER));
  const { counter } = connection;
  const frame = textFrame(line(payloadBytes));
  const roundsUs = new Float64Array(rounds);
  await run(warmupRounds);
  yield {};
  await run(rounds);
  roundsUs.sort();
  yield {
    messages: counter.messages - warmupRounds,
    bytes: counter.bytes - warmupRounds * payloadBytes,
    medianUs: roundsUs[Math.floor(rounds * 0.5)],
    p99Us: roundsUs[Math.floor(rounds * 0.99)],
  };

  async function run(count: number): Promise<void> {
    for (let round = 0; round < count; round++) {
      const sentAt = performance.now();
      const next = counter.messages + 1;
      await connection.send(frame);
      await connection.receiveUntil(next);
      roundsUs[round] = (performance.now() - sentAt) * 1000;
    }
  }
}

async function* sessions(
  port: number,
  { sessions, warmupSessions, lanes }: SessionsJob,
): Stages {
  await run(warmupSessions);
  yield {};
  const startedAt = performance.now();
  const { messages, bytes, firstMs } = await run(sessions);
  const ms = performance.now() - startedAt;
  firstMs.sort();
  yield { messages, bytes, ms, firstMedianMs: firstMs[firstMs.length >> 1] };

  async function run(
    count: number,
  ): Promise<{ messages: number; bytes: number; firstMs: Float64Array }> {
    let begun = 0;
    let messages = 0;
    let bytes = 0;
    const firstMs = new Float64Array(count);
    async function lane(): Promise<void> {
      const buffer = new Uint8Array(SMALL_BUFFER);
      while (begun < count) {
        const index = begun++;
        const openedAt = performance.now();
        using connection = await Connection.open(port, buffer);
        await connection.receiveUntil(1);
        firstMs[index] = performance.now() - openedAt;
        // To the very end, so that no session is still being ended while a later one is measured.
        await connection.receiveAll();
        messages += connection.counter.messages;
        bytes += connection.counter.bytes;
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane));
    return { messages, bytes, firstMs };
  }
}

async function* echo(
  port: number,
  { inFlight, sendMs, warmupMs, payloadBytes }: EchoJob,
): Stages {
  warmUp();
  using connection = await Connection.open(port, new Uint8Array(STREAM_BUFFER));
  const { counter } = connection;
  const frameSize = textFrame(line(payloadBytes)).length;
  // Twice what may be in flight, so that any number of frames that may be sent lies in one piece behind any position in the first half.
  const frames = concatBytes(
    Array.from({ length: 2 * inFlight }, () => textFrame(line(payloadBytes))),
  );
  await run(warmupMs);
  const before = { messages: counter.messages, bytes: counter.bytes };
  yield {};
  const startedAt = performance.now();
  const sent = await run(sendMs);
  const ms = performance.now() - startedAt;
  yield {
    sent,
    messages: counter.messages - before.messages,
    bytes: counter.bytes - before.bytes,
    ms,
  };

  async function run(sendMs: number): Promise<number> {
    const first = counter.messages;
    const until = performance.now() + sendMs;
    let sent = 0;
    while (performance.now() < until) {
      const count = inFlight - (sent - (counter.messages - first));
      const from = sent % inFlight;
      await connection.send(
        frames.subarray(from * frameSize, (from + count) * frameSize),
      );
      sent += count;
      await connection.receiveUntil(counter.messages + 1);
    }
    await connection.receiveUntil(first + sent);
    return sent;
  }
}

async function* fanOut(
  port: number,
  { clients, warmupMs, readMs }: FanOutJob,
): Stages {
  const report = await openFan(port, clients);
  await delay(warmupMs);
  yield {};
  const startedAt = performance.now();
  Object.assign(report, { lines: 0, ages: [] });
  await delay(readMs);
  const { lines, wrong, ended, ages } = report;
  const ms = performance.now() - startedAt;
  ages.sort((one, other) => one - other);
  yield {
    ...{ lines, wrong, ended, ms },
    p50Ms: ages[Math.floor(ages.length * 0.5)] ?? 0,
    p99Ms: ages[Math.floor(ages.length * 0.99)] ?? 0,
  };
}

async function* idle(port: number, { clients }: IdleJob): Stages {
  using held = new DisposableStack();
  yield {};
  const connections = await inGroups(
    clients,
    async () =>
      held.use(await Connection.open(port, new Uint8Array(SMALL_BUFFER))),
  );
  yield { opened: connections.length };
  const frame = textFrame(line(64));
  await inGroups(clients, async (index) => {
    await connections[index].send(frame);
    await connections[index].receiveUntil(1);
  });
  yield {
    messages: connections.reduce(
      (sum, connection) => sum + connection.counter.messages,
      0,
    ),
  };
}

async function inGroups<T>(
  count: number,
  each: (index: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  while (results.length < count) {
    const size = Math.min(OPENING_AT_ONCE, count - results.length);
    results.push(
      ...await Promise.all(
        Array.from({ length: size }, (_, i) => each(results.length + i)),
      ),
    );
  }
  return results;
}

/** Lets the counting loop be compiled before the clock runs: the fastest streams last a tenth of a second. */
function warmUp(): void {
  const frames = concatBytes(
    Array.from(
      { length: 50_000 },
      (_, i) => serverFrame(encoder.encode(String(i))),
    ),
  );
  for (let i = 0; i < 40; i++) {
    new FrameCounter().feed(frames, frames.length - i);
  }
}

function line(size: number): Uint8Array {
  return encoder.encode(
    "0123456789abcdef".repeat(Math.ceil(size / 16)).slice(0, size),
  );
}

if (import.meta.main) {
  const job = JSON.parse(Deno.args[0]) as Job;
  const deadline = setTimeout(
    () => fail(`no end after ${job.deadlineMs} ms`),
    job.deadlineMs,
  );
  try {
    for await (const report of stages(job)) {
      console.log(JSON.stringify(report));
      if (await Deno.stdin.read(new Uint8Array(1)) === null) break;
    }
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
  clearTimeout(deadline);
}

function fail(reason: string): never {
  console.log(JSON.stringify({ error: reason }));
  Deno.exit(1);
}
