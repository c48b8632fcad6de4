#!/usr/bin/env python3
"""Prints what this machine is doing, one JSON object a line, once a second. A
number that the client sends is the new time between two lines, in seconds.

deno run -A main.ts --port=8080 --staticdir=./examples/system_monitor/page python3 ./examples/system_monitor/monitor.py
"""

import json
import os
import select
import signal
import sys
import time


def read_cpu_times():
    """(busy, all) of each processor, in ticks since the start."""
    times = []
    with open("/proc/stat") as file:
        for line in file:
            name, *fields = line.split()
            if name.startswith("cpu") and name != "cpu":
                # user, nice, system, idle, iowait, irq, softirq, steal; what
                # follows is counted in user already.
                ticks = [int(field) for field in fields[:8]]
                times.append((sum(ticks) - ticks[3] - ticks[4], sum(ticks)))
    return times


def read_memory():
    with open("/proc/meminfo") as file:
        kib = {name: int(rest.split()[0]) for name, rest in (line.split(":") for line in file)}
    total = kib["MemTotal"] * 1024
    return {"total": total, "used": total - kib["MemAvailable"] * 1024}


def read_load():
    with open("/proc/loadavg") as file:
        return [float(number) for number in file.read().split()[:3]]


def read_network():
    """Bytes (received, sent) since the start, by all interfaces but the loopback."""
    received = sent = 0
    with open("/proc/net/dev") as file:
        for line in file.readlines()[2:]:
            name, counters = line.split(":")
            if name.strip() != "lo":
                fields = counters.split()
                received += int(fields[0])
                sent += int(fields[8])
    return received, sent


def percent(before, now):
    ticks = now[1] - before[1]
    return round(100 * (now[0] - before[0]) / ticks, 1) if ticks > 0 else 0.0


def wait_for_client(seconds):
    """Waits that long, or until the client has sent something: the new time."""
    readable, _, _ = select.select([sys.stdin], [], [], seconds)
    if not readable:
        return seconds
    # All that there is: select does not see what sys.stdin.readline keeps for later.
    lines = os.read(sys.stdin.fileno(), 65536).splitlines()
    if not lines:
        sys.exit()
    try:
        return min(max(float(lines[-1]), 0.2), 60.0)
    except ValueError:
        return seconds


def main():
    # The server interrupts what has not ended 100 ms after its stdin: no reason for a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    seconds = 1.0
    cpu, network, at = read_cpu_times(), read_network(), time.monotonic()
    while True:
        seconds = wait_for_client(seconds)
        before_cpu, before_network, before = cpu, network, at
        cpu, network, at = read_cpu_times(), read_network(), time.monotonic()
        rates = [round((b - a) / (at - before)) for a, b in zip(before_network, network)]
        state = {
            "cpu": [percent(a, b) for a, b in zip(before_cpu, cpu)],
            "memory": read_memory(),
            "load": read_load(),
            "network": {"received": rates[0], "sent": rates[1]},
        }
        print(json.dumps(state), flush=True)


main()
