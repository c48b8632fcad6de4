#!/usr/bin/env bash
# One `top` for everybody who looks, however many: a screen every two seconds.
# Nobody can write to it, and who comes late sees the last screen at once.
#
#   deno run -A main.ts --port=8080 --share --input=none --framing=nul --history=1 bash ./examples/shared/top.sh
export TERM=dumb COLUMNS=${COLUMNS:-100}
while top -b -n 1 -w "$COLUMNS" | head -n 25 && printf '\0'; do
  sleep 2
done
