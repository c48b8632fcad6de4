#!/usr/bin/env python3
"""Answers each message with "data: " and the message, until the client leaves.

deno run -A main.ts --port=8080 python3 ./examples/python/greeter.py
"""

import sys

for line in sys.stdin:
    # Without flush, Python keeps what goes into a pipe until 8 KiB have come
    # together. The server also sets PYTHONUNBUFFERED=1, see --unbuffer.
    print("data: " + line.removesuffix("\n"), flush=True)
