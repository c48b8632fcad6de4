#!/bin/sh
#
# A prompt of Node.js. Whoever reaches it may do everything that the server may.
#
#   deno run -A main.ts --port=8080 --auth=token --framing=raw --idle=600 --maxforks=8 --dir=./examples/repl/programs --staticdir=./examples/repl/page

# -i: there is no terminal, and a prompt is wanted all the same.
exec node -i 2>&1
