#!/usr/bin/env python3
"""Streams moving pictures as JPEGs, each with its length before it.

deno run -A main.ts --port=8080 --framing=length32 --maxforks=8 --staticdir=./examples/video/page python3 ./examples/video/stream.py
"""

import os
import select
import signal
import struct
import subprocess
import sys
import threading
import urllib.parse

SOURCES = {
    "clock": "testsrc=size=640x360:rate=15",
    "colors": "testsrc2=size=640x360:rate=15",
    "life": "life=size=320x180:rate=15:mold=10:life_color=#60c0ff:death_color=#203050,scale=640:360:flags=neighbor",
    "mandelbrot": "mandelbrot=size=640x360:rate=15",
}

# The server interrupts what has not ended 100 ms after its stdin: no reason for a traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

query = urllib.parse.parse_qs(os.environ.get("QUERY_STRING", ""))
name = query.get("source", ["clock"])[0]
if name not in SOURCES:
    sys.exit(f"No such source: {name!r}")

ffmpeg = subprocess.Popen(
    ["ffmpeg", "-hide_banner", "-loglevel", "error"]
    # -re: no faster than it would be watched.
    + ["-re", "-f", "lavfi", "-i", SOURCES[name]]
    # JPEGs with their length in a head before each, as HTTP has it.
    + ["-c:v", "mjpeg", "-q:v", "5", "-f", "mpjpeg", "pipe:1"],
    stdin=subprocess.DEVNULL,
    stdout=subprocess.PIPE,
)


def end_with_client():
    while sys.stdin.buffer.read1(4096):
        pass
    ffmpeg.terminate()


threading.Thread(target=end_with_client, daemon=True).start()

length = 0
while line := ffmpeg.stdout.readline():
    header, _, value = line.partition(b":")
    if header.lower() == b"content-length":
        length = int(value)
    elif line == b"\r\n" and length > 0:
        picture = ffmpeg.stdout.read(length)
        # Whoever is behind misses one, instead of seeing ever older ones.
        _, writable, _ = select.select([], [sys.stdout], [], 0)
        if writable and len(picture) == length:
            sys.stdout.buffer.write(struct.pack(">I", length) + picture)
            sys.stdout.buffer.flush()
        length = 0
