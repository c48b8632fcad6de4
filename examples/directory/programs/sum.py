#!/usr/bin/env python3
"""Adds up whole numbers, and answers each with the sum so far. Anything else
ends it with exit status 1, which is close code 4001.

deno run -A main.ts --port=8080 --dir=./examples/directory/programs --staticdir=./examples/directory/page
"""

import sys

total = 0
for line in sys.stdin:
    try:
        # So short that nobody can make it busy with numbers of a million digits.
        total += int(line[:20])
    except ValueError:
        print("not a whole number", flush=True)
        sys.exit(1)
    print(total, flush=True)
