/**
 * What the server's own process uses, under the names that every Prometheus
 * client library gives to it.
 *
 * @module
 */
import { builtin } from "../../builtin.ts";
import { counter, type Family, gauge } from "./prometheus.ts";

/** Looks at this process. What the system does not tell is left out: open files are for Linux only. Never rejects. */
export async function processMetrics(): Promise<Family[]> {
  const { user, system } = builtin("node:process").cpuUsage();
  const [open, most] = await Promise.all([openFiles(), mostFiles()]);
  return [
    gauge(
      "process_start_time_seconds",
      "When the server was started, in seconds since 1970",
      performance.timeOrigin / 1000,
    ),
    counter(
      "process_cpu_seconds_total",
      "Processor time of the server itself, without the programs",
      (user + system) / 1e6,
    ),
    gauge(
      "process_resident_memory_bytes",
      "Memory of the server itself, without the programs",
      Deno.memoryUsage().rss,
    ),
    ...(open === null ? [] : [
      gauge(
        "process_open_fds",
        "Files, sockets and pipes that the server has open",
        open,
      ),
    ]),
    ...(most === null ? [] : [
      gauge(
        "process_max_fds",
        "Files, sockets and pipes that the server may have open (ulimit -n)",
        most,
      ),
    ]),
  ];
}

async function openFiles(): Promise<number | null> {
  const path = "/proc/self/fd";
  try {
    // Linux 6.2 and up count by themselves: 0.3 ms with 10,000 open files, where reading takes 40.
    const { size } = await Deno.stat(path);
    if (size > 0) return size;
    let count = 0;
    for await (const _ of Deno.readDir(path)) count++;
    return count;
  } catch {
    return null;
  }
}

async function mostFiles(): Promise<number | null> {
  try {
    const limits = await Deno.readTextFile("/proc/self/limits");
    const [, soft] = /^Max open files +(\S+)/m.exec(limits)!;
    return soft === "unlimited" ? Infinity : Number(soft);
  } catch {
    return null;
  }
}
