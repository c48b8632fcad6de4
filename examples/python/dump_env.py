#!/usr/bin/env python3
"""Shows what the program knows about the client: all of its environment.
(LC_CTYPE is Python's own.)

deno run -A main.ts --port=8080 python3 ./examples/python/dump_env.py
"""

import os

for name, value in sorted(os.environ.items()):
    print(f"{name}={value}")
