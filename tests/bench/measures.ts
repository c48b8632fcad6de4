import type { Measured, Turn } from "./bench_case.ts";
import { ClientProcess } from "./client_process.ts";
import { Connection } from "./connection.ts";
import { deadline } from "./deadline.ts";
import { delay } from "./delay.ts";
import type { Job } from "./job.ts";
import { cpuMs, residentKiB } from "./proc.ts";

/** Sessions at once in `measureSessions`: enough to keep two processors busy, few enough to wait for each other nowhere. */
export const LANES = 8;
/** Messages in flight in `measureEcho`. */
export const IN_FLIGHT = 1000;

const PAYLOAD_BYTES = 64;
const LONG_LINE_BYTES = 1000;
// The whole of a start-up takes a hundredth of it.
const STARTUP_DEADLINE_MS = 10_000;

/** One message at a time, there and back: median and p99 in µs. */
export async function measurePingPong(turn: Turn): Promise<Measured> {
  const { rounds, warmupRounds } = turn.sizes;
  await using client = await startClient(turn, {
    kind: "ping-pong",
    rounds,
    warmupRounds,
    payloadBytes: PAYLOAD_BYTES,
  });
  const { report, cpuUs } = await nextStage(turn, client);
  expectCounts(report, { messages: rounds, bytes: rounds * PAYLOAD_BYTES });
  return {
    values: [report.medianUs, report.p99Us],
    cpuUs: each(cpuUs, rounds),
  };
}

/** Sessions of `echo hi` from connect to the end of the connection: how many a second. */
export async function measureSessions(turn: Turn): Promise<Measured> {
  const { sessions, warmupSessions } = turn.sizes;
  await using client = await startClient(turn, {
    kind: "sessions",
    sessions,
    warmupSessions,
    lanes: LANES,
  });
  const { report, cpuUs } = await nextStage(turn, client);
  expectCounts(report, { messages: sessions, bytes: sessions * "hi".length });
  return { values: [rate(sessions, report.ms)], cpuUs: each(cpuUs, sessions) };
}

/** The output of `seq`: lines a second. */
export async function measureLines(turn: Turn): Promise<Measured> {
  const { lines } = turn.sizes;
  await using client = await startClient(turn, { kind: "stream" });
  const { report, cpuUs } = await nextStage(turn, client);
  expectCounts(report, { messages: lines, bytes: digitsUpTo(lines) });
  return { values: [rate(lines, report.ms)], cpuUs: each(cpuUs, lines) };
}

/** The file of long lines: payload bytes a second. */
export async function measureBytes(turn: Turn): Promise<Measured> {
  const { longLines } = turn.sizes;
  await using client = await startClient(turn, { kind: "stream" });
  const { report, cpuUs } = await nextStage(turn, client);
  expectCounts(report, {
    messages: longLines,
    bytes: longLines * LONG_LINE_BYTES,
  });
  return {
    values: [rate(report.bytes, report.ms)],
    cpuUs: each(cpuUs, longLines),
  };
}

/** Clients that do nothing: the server's memory for each in KiB, before any has sent a message and after each has had one echoed. */
export async function measureIdle(turn: Turn): Promise<Measured> {
  const { sizes: { idleClients, settleMs }, server } = turn;
  // One client first: what the server loads for any client at all is not what a client costs.
  await using first = await startClient(turn, { kind: "idle", clients: 1 });
  await first.next();
  await first.next();
  const before = await settledKiB(server.pid, settleMs);
  await using client = await startClient(turn, {
    kind: "idle",
    clients: idleClients,
  });
  const { report, cpuUs } = await nextStage(turn, client);
  expect("connections", report.opened, idleClients);
  const opened = await settledKiB(server.pid, settleMs);
  expect("messages", (await client.next()).messages, idleClients);
  const echoed = await settledKiB(server.pid, settleMs);
  return {
    values: [
      each(minus(opened, before), idleClients),
      each(minus(echoed, before), idleClients),
    ],
    cpuUs: each(cpuUs, idleClients),
  };
}

/** A constant number of messages in flight: echoes a second. */
export async function measureEcho(turn: Turn): Promise<Measured> {
  const { echoMs: sendMs, echoWarmupMs: warmupMs } = turn.sizes;
  await using client = await startClient(turn, {
    kind: "echo",
    inFlight: IN_FLIGHT,
    sendMs,
    warmupMs,
    payloadBytes: PAYLOAD_BYTES,
  });
  const { report, cpuUs } = await nextStage(turn, client);
  expectCounts(report, {
    messages: report.sent,
    bytes: report.sent * PAYLOAD_BYTES,
  });
  return {
    values: [rate(report.sent, report.ms)],
    cpuUs: each(cpuUs, report.sent),
  };
}

/** A server that has just been started: ms until it accepted a connection and until the first message of `echo hi`. */
export async function measureStartup({ server }: Turn): Promise<Measured> {
  return await deadline(run(), {
    ms: STARTUP_DEADLINE_MS,
    action: "receive the first message",
  });

  async function run(): Promise<Measured> {
    using connection = await Connection.open(server.port, new Uint8Array(4096));
    await connection.receiveUntil(1);
    const messageMs = performance.now() - server.startedAt;
    const cpu = await cpuMs(server.pid);
    await connection.receiveAll();
    expectCounts(connection.counter, { messages: 1, bytes: "hi".length });
    return {
      values: [server.listeningMs, messageMs],
      cpuUs: cpu === undefined ? undefined : cpu * 1000,
    };
  }
}

/** One program that prints numbered lines for many clients: messages a second of all together, how old they are in ms, and the server's memory in KiB. Every client gets every line in order, or the turn does not count. */
export async function measureFanOut(turn: Turn): Promise<Measured> {
  const { fanClients: clients, fanMs, fanWarmupMs } = turn.sizes;
  await using client = await startClient(turn, {
    kind: "fan-out",
    clients,
    warmupMs: fanWarmupMs,
    readMs: fanMs,
  });
  const { report, cpuUs } = await nextStage(turn, client);
  expect("lines out of order", report.wrong, 0);
  expect("ended connections", report.ended, 0);
  return {
    values: [
      rate(report.lines, report.ms),
      report.p50Ms,
      report.p99Ms,
      await residentKiB(turn.server.pid),
    ],
    cpuUs: each(cpuUs, report.lines),
  };
}

/** One long binary stream: bytes a second. */
export async function measureStream(turn: Turn): Promise<Measured> {
  const { streamBytes } = turn.sizes;
  await using client = await startClient(turn, {
    kind: turn.isPlain ? "plain" : "stream",
  });
  const { report, cpuUs } = await nextStage(turn, client);
  expect("bytes", report.bytes, streamBytes);
  // socat serves each client from a process of its own, so that the time of the one that listens says nothing.
  return {
    values: [rate(streamBytes, report.ms)],
    cpuUs: turn.isPlain ? undefined : each(cpuUs, streamBytes / 1024 ** 2),
  };
}

function startClient(
  { server, processes, sizes }: Turn,
  job: DistributiveOmit<Job, "port" | "deadlineMs">,
): Promise<ClientProcess> {
  return ClientProcess.start(processes, {
    ...job,
    port: server.port,
    deadlineMs: sizes.deadlineMs,
  });
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K>
  : never;

/** The client's next stage and the processor time that the server spent in it. */
async function nextStage(
  { server }: Turn,
  client: ClientProcess,
): Promise<{ report: Record<string, number>; cpuUs?: number }> {
  const before = await cpuMs(server.pid);
  const report = await client.next();
  const spentMs = minus(await cpuMs(server.pid), before);
  return { report, cpuUs: spentMs === undefined ? undefined : spentMs * 1000 };
}

/** Resident memory once it has stood still, within a hundredth, for a while. */
async function settledKiB(
  pid: number,
  settleMs: number,
): Promise<number | undefined> {
  // Ten times the wait is enough for a server that never stands still: what it holds then is what it holds.
  const until = performance.now() + 10 * settleMs;
  let still = await residentKiB(pid);
  let now = still;
  let stillSince = performance.now();
  while (
    now !== undefined && performance.now() < until &&
    performance.now() - stillSince < settleMs
  ) {
    await delay(settleMs / 10);
    now = await residentKiB(pid);
    if (
      now === undefined || still === undefined ||
      Math.abs(now - still) <= still / 100
    ) continue;
    still = now;
    stillSince = performance.now();
  }
  return now;
}

function expectCounts(
  report: { readonly messages?: number; readonly bytes?: number },
  expected: { readonly messages: number; readonly bytes: number },
): void {
  expect("messages", report.messages, expected.messages);
  expect("bytes", report.bytes, expected.bytes);
}

function expect(what: string, got: unknown, expected: number): void {
  if (got !== expected) {
    throw new Error(
      `Cannot use the turn: ${got} ${what} arrived instead of ${expected}`,
    );
  }
}

function rate(count: number, ms: number): number {
  return count / (ms / 1000);
}

function each(total: number | undefined, count: number): number | undefined {
  return total === undefined ? undefined : total / count;
}

function minus(
  after: number | undefined,
  before: number | undefined,
): number | undefined {
  return after === undefined || before === undefined
    ? undefined
    : after - before;
}

/** The digits of all numbers from 1 to `last`. */
function digitsUpTo(last: number): number {
  let digits = 0;
  for (let first = 1; first <= last; first *= 10) digits += last - first + 1;
  return digits;
}
