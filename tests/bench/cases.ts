import type { BenchCase } from "./bench_case.ts";
import {
  IN_FLIGHT,
  LANES,
  measureBytes,
  measureEcho,
  measureIdle,
  measureLines,
  measurePingPong,
  measureSessions,
  measureStartup,
  measureStream,
} from "./measures.ts";

/** All cases, in the order in which they are run. */
export const CASES: readonly BenchCase[] = [
  {
    name: "ping-pong",
    metrics: [
      {
        id: "ping-pong median",
        title: "64-byte ping-pong, median",
        unit: "µs",
      },
      { id: "ping-pong p99", title: "64-byte ping-pong, p99", unit: "µs" },
    ],
    operation: "round",
    turnsFactor: 3,
    program: () => ["cat"],
    measure: measurePingPong,
  },
  {
    name: "connect",
    metrics: [{
      id: "connect rate",
      title: `connect, start, first message (${LANES} at once)`,
      unit: "/s",
    }],
    operation: "session",
    program: () => ["echo", "hi"],
    measure: measureSessions,
  },
  {
    name: "lines",
    metrics: [{ id: "lines rate", title: "short lines out", unit: "lines/s" }],
    operation: "line",
    program: ({ sizes }) => ["seq", String(sizes.lines)],
    measure: measureLines,
  },
  {
    name: "bytes",
    metrics: [{ id: "bytes rate", title: "1,000-byte lines out", unit: "B/s" }],
    operation: "line",
    program: ({ longLinesPath }) => ["cat", longLinesPath],
    measure: measureBytes,
  },
  {
    name: "idle",
    metrics: [
      { id: "idle memory", title: "memory of an idle client", unit: "KiB" },
      {
        id: "idle memory after echo",
        title: "the same, after one echo each",
        unit: "KiB",
      },
    ],
    operation: "client",
    program: () => ["cat"],
    isFresh: true,
    isWithoutCeiling: true,
    measure: measureIdle,
  },
  {
    name: "echo",
    metrics: [{
      id: "echo rate",
      title: `64-byte echo, ${IN_FLIGHT} in flight`,
      unit: "msg/s",
    }],
    operation: "message",
    program: () => ["cat"],
    measure: measureEcho,
  },
  {
    name: "startup",
    metrics: [
      { id: "startup listening", title: "start-up to listening", unit: "ms" },
      { id: "startup message", title: "start-up to first message", unit: "ms" },
    ],
    operation: "start",
    program: () => ["echo", "hi"],
    isFresh: true,
    measure: measureStartup,
  },
  {
    name: "stream",
    metrics: [{
      id: "stream rate",
      title: "one --binary stream, against socat on plain TCP",
      unit: "B/s",
    }],
    operation: "MiB",
    program: (
      { sizes },
    ) => ["head", "-c", String(sizes.streamBytes), "/dev/zero"],
    flags: ["--binary"],
    rival: "socat",
    engines: ["wire"],
    measure: measureStream,
  },
];
