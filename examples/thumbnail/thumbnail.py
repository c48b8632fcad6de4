#!/usr/bin/env python3
"""Reads pictures, answers with thumbnails, by way of ImageMagick.

deno run -A main.ts --port=8080 --framing=length32 --maxframesize=10485760 --maxforks=8 --staticdir=./examples/thumbnail/page python3 ./examples/thumbnail/thumbnail.py
"""

import json
import signal
import struct
import subprocess
import sys

# ImageMagick is told which of these it is, so that nobody can make it run MVG,
# MSL, or an address.
FORMATS = {
    b"\xff\xd8\xff": "jpeg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"GIF8": "gif",
    b"RIFF": "webp",
}

# A picture of 32 megapixels, at 8 bytes each, and nothing on disk.
LIMITS = {
    "width": "16KP",
    "height": "16KP",
    "area": "32MP",
    "memory": "256MiB",
    "map": "0",
    "disk": "0",
    "thread": "1",
}
SECONDS = 20


def read_message():
    """The next message, or None when the client has left."""
    head = sys.stdin.buffer.read(4)
    if len(head) < 4:
        return None
    (length,) = struct.unpack(">I", head)
    return sys.stdin.buffer.read(length)


def write_message(data):
    sys.stdout.buffer.write(struct.pack(">I", len(data)) + data)
    sys.stdout.buffer.flush()


def answer(**fields):
    write_message(json.dumps(fields).encode())


def make_thumbnail(picture, format):
    limits = [word for name, most in LIMITS.items() for word in ("-limit", name, most)]
    # [0] is the first picture of an animation.
    command = ["convert", *limits, f"{format}:-[0]"]
    command += ["-auto-orient", "-thumbnail", "320x320>", "-strip"]
    command += ["-background", "white", "-flatten", "-quality", "85", "jpeg:-"]
    return subprocess.run(command, input=picture, capture_output=True, timeout=SECONDS)


# The server interrupts what has not ended 100 ms after its stdin: no reason for a traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

while (picture := read_message()) is not None:
    format = next((name for start, name in FORMATS.items() if picture.startswith(start)), None)
    if format is None:
        answer(error="Neither JPEG nor PNG, GIF or WebP")
        continue
    try:
        done = make_thumbnail(picture, format)
    except subprocess.TimeoutExpired:
        answer(error=f"It would take longer than {SECONDS} seconds")
        continue
    if done.returncode != 0 or not done.stdout:
        # For whoever runs the server: it may name files. The client learns less.
        sys.stderr.buffer.write(done.stderr)
        answer(error="Broken, or larger than 32 megapixels")
        continue
    answer(format=format, bytes=len(done.stdout))
    write_message(done.stdout)
