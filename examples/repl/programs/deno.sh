#!/usr/bin/env bash
#
# A prompt of Deno that can do nothing but compute.
#
#   deno run -A main.ts --port=8080 --auth=token --framing=raw --idle=600 --maxforks=8 --dir=./examples/repl/programs --staticdir=./examples/repl/page

# Seconds of processor time, after which the kernel ends it.
ulimit -t 5

# No --allow flag, and --no-prompt: what is not allowed is refused, not asked for.
export NO_COLOR=1 DENO_NO_UPDATE_CHECK=1
exec deno repl --quiet --no-prompt --no-remote --no-npm --no-config \
  --v8-flags=--max-old-space-size=128 2>&1
