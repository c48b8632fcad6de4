#!/usr/bin/env python3
"""Counts to three, one number a second. Each line is a message to the client;
when the program ends, so does the connection, with close code 1000.

deno run -A main.ts --port=8080 python3 ./examples/python/counter.py
"""

import time

for i in range(1, 4):
    # Without flush, Python keeps what goes into a pipe until 8 KiB have come
    # together. The server also sets PYTHONUNBUFFERED=1, see --unbuffer.
    print(i, flush=True)
    time.sleep(1)
