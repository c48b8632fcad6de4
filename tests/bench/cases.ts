import { fileURLToPath } from "node:url";
import type { BenchCase } from "./bench_case.ts";
import {
  IN_FLIGHT,
  LANES,
  measureBytes,
  measureEcho,
  measureFanOut,
  measureIdle,
  measureLines,
  measurePingPong,
  measureSessions,
  measureStartup,
  measureStream,
} from "./measures.ts";

/** Lines a second that one program prints for many clients. */
const FAN_RATE = 10_000;
const PRINT_LINES = fileURLToPath(new URL("./print_lines.ts", import.meta.url));

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
    name: "fan-out",
    metrics: [
      {
        id: "fan-out rate",
        title: `${FAN_RATE} lines a second to 1,000 clients of one program`,
        unit: "messages/s",
      },
      { id: "fan-out p50", title: "age of a line, median", unit: "ms" },
      { id: "fan-out p99", title: "age of a line, p99", unit: "ms" },
      { id: "fan-out memory", title: "memory of the server", unit: "KiB" },
    ],
    operation: "message",
    program: () => [
      Deno.execPath(),
      "run",
      "--no-config",
      PRINT_LINES,
      String(FAN_RATE),
    ],
    // Nobody is closed: what cannot be carried shows in the rate.
    flags: ["--share", "--slow=wait"],
    rival: "none",
    engines: ["wire"],
    isFresh: true,
    isWithoutCeiling: true,
    measure: measureFanOut,
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
